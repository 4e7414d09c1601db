"""Commissioning: an installer proves, cable by cable, that each link is the line of its label."""
