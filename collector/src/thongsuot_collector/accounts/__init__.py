"""The account of every site's record: the batches that were made, and the place of each."""
