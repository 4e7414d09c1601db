"""Rows by the broken rung; one module per rung, each with its ``ROWS``."""
