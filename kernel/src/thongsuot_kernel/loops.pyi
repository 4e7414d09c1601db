from array import array
from collections.abc import Sequence

def unpack(planes: bytes, count: int, /) -> array[int]: ...
def running_sums(
    differences: array[int], count: int, start: int, /
) -> tuple[array[int], int, int] | None: ...
def scaled_sums(
    differences: array[int], first: int, count: int, denominator: float, /
) -> array[float] | None: ...
def shifted(times: array[int], offset: int, /) -> tuple[array[int], bool]: ...
def pack_elements(
    names: tuple[bytes, ...],
    chain: bytes,
    counts: list[int],
    first_series: int,
    columns: tuple[Sequence[float | None], ...],
    times_ms: array[int],
    first_row: int,
    last_row: int,
    /,
) -> tuple[bytes, int]: ...
