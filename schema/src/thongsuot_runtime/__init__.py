"""
What both programs need of their process and its machine, and neither may import from the other.

Beside ``thongsuot_schema`` in one distribution, but not part of it: the schema does no I/O.
"""
