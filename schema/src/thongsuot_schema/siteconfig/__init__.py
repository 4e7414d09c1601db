"""
Site configurations: the inventory's settings for an agent, as sent in the answer to a push.
"""
