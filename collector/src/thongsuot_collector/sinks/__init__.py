"""Destinations of measurements: one folder for each kind of sink, and their shared parts."""
