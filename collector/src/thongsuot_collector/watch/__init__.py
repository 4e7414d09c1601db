"""Watches collectors from another machine, and notifies people when none is working any more."""
