"""What a shell offers for a word: asked at each press of a key, so nothing is imported that can be done without."""
