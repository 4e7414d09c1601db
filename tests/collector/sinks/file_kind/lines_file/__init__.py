"""A kind of sink that speaks no HTTP: lines of text, added to a file."""
