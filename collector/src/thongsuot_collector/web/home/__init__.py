"""The first page: what somebody has to act on."""
