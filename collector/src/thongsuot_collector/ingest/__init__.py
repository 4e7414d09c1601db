"""
Receives pushes from agents: authenticates, limits, decodes, appends to the journal, then
acknowledges.
"""
