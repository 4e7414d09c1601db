"""Throughput: short-lived processes that fill a link, and what their counts mean."""
