"""The first page: everything that needs action."""
