"""
What the collector computes most, compiled: see ``loops.c`` and ``elements.c``.

Where this cannot be imported the same functions run in Python. ``THONGSUOT_KERNEL=python`` has it
refuse to be imported, to compare the two on one machine.
"""

import os

if os.environ.get("THONGSUOT_KERNEL") == "python":
    raise ImportError("THONGSUOT_KERNEL=python asks for the functions in Python")
