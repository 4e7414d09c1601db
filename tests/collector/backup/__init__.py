"""The journal: one contract, every back-end."""
