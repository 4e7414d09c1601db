"""Other tools beside ours in one lab: `./run compare`. One file per tool in ``peers/``."""
