"""The agent's settings file: types, defaults, and what is refused at start."""
