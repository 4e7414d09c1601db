"""Pushes batches over any working link, fresh ones first, and processes acknowledgements."""
