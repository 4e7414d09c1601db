"""Backups: all that a collector needs to be the same collector on another machine."""
