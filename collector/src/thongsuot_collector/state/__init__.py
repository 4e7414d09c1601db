"""How each site is now and was in the last day, kept from the journal; the same after any crash."""
