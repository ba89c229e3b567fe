"""Files that change while a stack runs, and what is done about it."""
