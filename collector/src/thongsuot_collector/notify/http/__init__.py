"""Shared parts of channels over HTTP."""
