"""Where agents push: authenticate, bound, decode, append to the journal, then acknowledge."""
