"""
The ``radio`` kind: one reading of a modem from any source.

``at`` and ``vendors`` parse the answers of modems and routers into a reading, without I/O;
``sources`` query them, one module per source.
"""
