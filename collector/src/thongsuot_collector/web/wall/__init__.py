"""The wall: the whole city at a glance, and what is to be done."""
