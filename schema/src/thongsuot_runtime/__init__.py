"""
Shared by both programs, which may not import from each other: access to the process and machine.

It is in one distribution with ``thongsuot_schema``, but not part of it: the schema does no I/O.
"""
