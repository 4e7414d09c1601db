"""The pages of incidents: the list, the evidence of one, and its acceptance."""
