"""The lists of the city as pages: dense rows, filtered, sorted, and as files."""
