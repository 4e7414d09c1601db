"""Namespaces: making them, holding them, entering them."""
