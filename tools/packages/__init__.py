"""Packages for real machines: their content, and how they are written."""
