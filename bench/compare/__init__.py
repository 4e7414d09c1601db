"""Other tools beside ours in one lab: `./run compare`. A file a tool in ``peers/``."""
