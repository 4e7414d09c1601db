"""
Truth: faults generated from a seed, their effect on people, and the product's reaction.

``grammar`` makes scenarios; ``network`` carries packets through the places of a small city in
simulated time; ``citizen`` opens portals, and ``oracle`` derives from that which party may be
notified of which fault. These four share no code with the product. ``device`` and ``centre`` run
the product over the same network: the real judge, timeline and incidents. ``play`` compares the
two.
"""
