"""
Site configurations: from the inventory to what each agent watches, and which agent runs which
version.
"""
