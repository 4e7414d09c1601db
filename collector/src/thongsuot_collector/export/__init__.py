"""Raw results out of the journal into a file, for research and disputes."""
