"""The pages of incidents: the list, the evidence of one, and taking it on."""
