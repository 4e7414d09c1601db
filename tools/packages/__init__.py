"""Packages for real machines: what goes into them, and how they are written."""
