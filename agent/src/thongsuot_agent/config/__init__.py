"""The agent's settings file: types, defaults, and checks at start."""
