"""The one file that an agent is told by: types, defaults, and what is refused at start."""
