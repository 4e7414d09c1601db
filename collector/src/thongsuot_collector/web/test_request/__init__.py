"""The page to request a test, and to follow its progress."""
