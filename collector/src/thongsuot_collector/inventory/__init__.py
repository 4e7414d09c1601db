"""The inventory: read from files, asked by name, followed as it changes, filled from a NetBox."""
