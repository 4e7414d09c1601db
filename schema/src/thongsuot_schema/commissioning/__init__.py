"""Commissioning: an installer proves that each link is the line of its label, cable by cable."""
