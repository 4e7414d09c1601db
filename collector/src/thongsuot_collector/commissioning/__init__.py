"""Commissioning: the proofs of each site's links from its device, and the report of them."""
