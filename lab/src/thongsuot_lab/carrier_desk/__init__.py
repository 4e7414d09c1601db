"""A carrier's ticket system and alarm desk (TMF621, TMF642): small, and strict about states."""
