"""What our figures are compared with: a stack of well-known parts, as its manuals set it up."""
