"""
Site configurations: derived from the inventory for each agent, with the version that each runs.
"""
