"""
Truth: faults generated from a seed, what they do to people, and what the product says of them.

``grammar`` makes scenarios; ``network`` carries packets through the places of a small city in
simulated time; ``citizen`` opens portals and ``oracle`` says from that who may be told of what.
These four share no code with the product. ``device`` and ``centre`` run the product over the same
network: the real judge, timeline and incidents. ``play`` compares the two.
"""
