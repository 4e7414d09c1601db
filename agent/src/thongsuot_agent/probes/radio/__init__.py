"""
The ``radio`` kind: one reading of a modem, from any source.

``at`` and ``vendors`` turn what modems and routers say into a reading and open nothing; ``sources``
ask them, one module a source.
"""
