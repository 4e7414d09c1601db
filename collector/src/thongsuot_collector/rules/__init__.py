"""Rules that can open an incident: one module each, named by the rule's code, with a ``RULE``."""
