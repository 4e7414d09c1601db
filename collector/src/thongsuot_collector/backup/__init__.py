"""Backups: all data needed to continue a collector on another machine."""
