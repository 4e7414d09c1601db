"""The inventory from a NetBox."""
