"""Watches collectors from another machine, and tells people when nobody judges any more."""
