"""Dashboards, one module a board; each holds one ``BOARD`` (``generated``)."""
