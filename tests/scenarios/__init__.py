"""The command as people run it, on a real engine."""
