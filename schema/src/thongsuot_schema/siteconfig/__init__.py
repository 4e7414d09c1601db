"""
Site configurations: what the inventory has an agent watch, as it travels in the answer to a push.
"""
