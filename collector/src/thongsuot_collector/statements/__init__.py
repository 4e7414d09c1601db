"""Issued statements: reads their data from the store, keeps every revision, and prints them."""
