"""Statements issued: what they rest on read from the store, every revision kept, and printed."""
