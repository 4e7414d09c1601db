"""Files of the device image besides Debian's packages and the agent's."""
