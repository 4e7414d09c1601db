"""A kind of sink whose receiver takes nothing until it is told to."""
