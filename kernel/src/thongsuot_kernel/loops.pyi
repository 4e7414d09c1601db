from array import array
from collections.abc import Sequence

def unpack(planes: bytes, count: int, /) -> array[int]: ...
def running_sums(
    differences: array[int], count: int, start: int, /
) -> tuple[array[int], int, int] | None: ...
def scaled_sums(
    differences: array[int], first: int, count: int, denominator: float, /
) -> array[float] | None: ...
def scaled_columns(
    differences: array[int], first: int, rows: int, denominators: tuple[float, ...], /
) -> tuple[array[float], ...] | None: ...
def offsets(times: array[int], first: int, count: int, base: int, size: int, /) -> bytes: ...
def last_values(
    values: array[float], counts: list[int], first: int, last: int, /
) -> tuple[float | None, ...]: ...
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
