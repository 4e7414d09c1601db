"""Laws of the house: what a change may not break without saying so."""
