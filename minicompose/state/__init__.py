"""What this computer keeps about projects beside their history: who is changing one, and what was taken over."""
