"""NetBox as a source of the inventory: queries, converts, compares, and writes one file."""
