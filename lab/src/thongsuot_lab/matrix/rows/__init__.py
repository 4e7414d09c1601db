"""Rows by the rung that is broken; one module a rung, each with its ``ROWS``."""
