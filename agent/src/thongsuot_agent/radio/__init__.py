"""
The radio: one reading, whichever source it comes from.

``at`` and ``makers`` turn what modems and routers say into a reading and open nothing; ``sources``
ask them, one module a source.
"""
