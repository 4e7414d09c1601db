"""The wall: the whole city at a glance, and the required actions."""
