"""Receives, keeps, judges across sites, notifies people."""
