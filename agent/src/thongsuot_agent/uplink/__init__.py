"""Batches out, acknowledgements in: by any link that works, fresh ones first."""
