"""What the reference implementation makes of small projects, and what we do."""
