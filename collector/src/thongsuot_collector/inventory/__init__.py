"""The inventory: reads its files, looks up names, follows changes, and imports from a NetBox."""
