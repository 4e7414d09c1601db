"""The pages of statements: the list of a month, one circuit's month, and its files."""
