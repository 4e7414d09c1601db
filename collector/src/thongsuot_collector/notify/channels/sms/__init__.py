"""SMS: short messages through a gateway that takes HTTP."""
