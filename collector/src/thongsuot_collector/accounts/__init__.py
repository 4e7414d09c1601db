"""The account of every site's record: what was made, and where each batch of it is."""
