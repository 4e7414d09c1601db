"""Converts batches to samples of a time-series database: names, labels, true times, bytes."""
