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
shifted: Callable[["array[int]", int], "tuple[array[int], bool]"]

try:
    from thongsuot_kernel import loops as compiled
except ImportError as error:
    IMPLEMENTATION, NOT_COMPILED_BECAUSE = "python", str(error)
    unpack, running_sums = loops.unpack, loops.running_sums
    scaled_sums, shifted = loops.scaled_sums, loops.shifted
else:
    IMPLEMENTATION, NOT_COMPILED_BECAUSE = "compiled", ""
    unpack, running_sums = compiled.unpack, compiled.running_sums
    scaled_sums, shifted = compiled.scaled_sums, compiled.shifted
