"""Queries of pages, API and command line about the city: each list is one typed query."""
