"""Where a person asks for a test, and sees how far it is."""
