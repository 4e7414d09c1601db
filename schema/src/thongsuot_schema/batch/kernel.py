"""
The inner loops as they run here: compiled where ``thongsuot_kernel`` is installed, else in Python.

``IMPLEMENTATION`` names it; programs show it. Decision 0041 has the gain of the compiled ones.
"""

from array import array
from collections.abc import Callable

from thongsuot_schema.batch import loops

unpack: Callable[[bytes, int], "array[int]"]
running_sums: Callable[["array[int]", int, int], "tuple[array[int], int, int] | None"]
scaled_sums: Callable[["array[int]", int, int, float], "array[float] | None"]
scaled_columns: Callable[
    ["array[int]", int, int, tuple[float, ...]], "tuple[array[float], ...] | None"
]
shifted: Callable[["array[int]", int], "tuple[array[int], bool]"]
offsets: Callable[["array[int]", int, int, int, int], bytes]
last_values: Callable[["array[float]", list[int], int, int], tuple[float | None, ...]]

try:
    # By their names: a kernel of another version, without one of them, is refused like none.
    from thongsuot_kernel.loops import (
        last_values,
        offsets,
        running_sums,
        scaled_columns,
        scaled_sums,
        shifted,
        unpack,
    )
except ImportError as error:
    IMPLEMENTATION, NOT_COMPILED_BECAUSE = "python", str(error)
    unpack, running_sums = loops.unpack, loops.running_sums
    scaled_sums, scaled_columns = loops.scaled_sums, loops.scaled_columns
    shifted, offsets, last_values = loops.shifted, loops.offsets, loops.last_values
else:
    IMPLEMENTATION, NOT_COMPILED_BECAUSE = "compiled", ""
