"""One module a rule that can open an incident, its name the rule's code; each holds a ``RULE``."""
