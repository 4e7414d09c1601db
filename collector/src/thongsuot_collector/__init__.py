"""Receives, keeps, judges across sites, tells people."""
