"""Dashboards, one module per board; each has one ``BOARD`` (``generated``)."""
