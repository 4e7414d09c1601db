"""Planned work: converts command-line arguments and forms to windows, and back."""
