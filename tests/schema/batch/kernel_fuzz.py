"""
Plays the compiled loops against those in Python with made-up arguments, right and wrong ones.

    python -m tests.schema.batch.kernel_fuzz SEED SECONDS

Prints how many calls there were. Ends with an error at the first result that differs; what is read
or written outside of its arguments is found by the sanitizer that this runs under
(``test_kernel_sanitized.py``).
"""

import random
import sys
import time
from array import array
from collections.abc import Callable
from typing import cast

import cramjam

from tests.collector.sinks.remote_write.chains import unchained
from thongsuot_collector.samples.series import EARLIEST_MS, LATEST_MS
from thongsuot_collector.sinks.remote_write.blocks import (
    chained,
    pack_block,
    pack_elements,
)
from thongsuot_collector.sinks.remote_write.protobuf import SAMPLE_HEAD, varint
from thongsuot_schema.batch import kernel, loops, numbers

EDGES = (0, 1, -1, 127, 128, -129, 2**31, 2**62 - 1, -(2**62), 2**63 - 1, -(2**63))
WRONG = (None, "text", -1, 0, 2**40, 2**70, 1.5, b"", b"12345678", [1, 2], (), array("f", [1.0]))
REFUSALS = (ValueError, TypeError, OverflowError, BufferError, ZeroDivisionError, MemoryError)

Arguments = tuple[object, ...]


def integers(rng: random.Random, most: int = 60) -> "array[int]":
    """Numbers, small ones or edges or both."""
    count = rng.randint(0, most)
    if rng.random() < 0.3:
        return array("q", rng.choices(EDGES, k=count))
    bound = rng.choice((300, 2**40, 2**63 - 1))
    return array("q", [rng.randint(-bound, bound) for _ in range(count)])


def unpack_arguments(rng: random.Random) -> Arguments:
    if rng.random() < 0.5:
        members = integers(rng)
        return numbers.pack(members), len(members)
    return rng.randbytes(rng.randint(0, 70)), rng.randint(-1, 20)


def sums_arguments(rng: random.Random) -> Arguments:
    members = integers(rng)
    return members, rng.randint(-1, len(members) + 1), rng.choice(EDGES)


def scaled_arguments(rng: random.Random) -> Arguments:
    members = integers(rng)
    first = rng.randint(-1, len(members) + 1)
    return members, first, rng.randint(-1, len(members) + 1), rng.choice((1.0, 1e9, 3.0))


def columns_arguments(rng: random.Random) -> Arguments:
    members = integers(rng)
    denominators = tuple(rng.choices((1.0, 1e9, 3.0), k=rng.randint(0, 4)))
    return members, rng.randint(-1, len(members) + 1), rng.randint(-1, 20), denominators


def offsets_arguments(rng: random.Random) -> Arguments:
    members = integers(rng)
    places = rng.randint(-1, len(members) + 1), rng.randint(-1, len(members) + 1)
    return members, *places, rng.choice(EDGES), rng.choice((2, 4, 4, 3))


def last_arguments(rng: random.Random) -> Arguments:
    counts = [rng.randint(0, 5) for _ in range(rng.randint(0, 8))]
    first, last = rng.randint(-1, len(counts)), rng.randint(-1, len(counts) + 2)
    values = array("d", [rng.random() for _ in range(sum(counts[max(first, 0) : max(last, 0)]))])
    return values, counts, first, last


def shifted_arguments(rng: random.Random) -> Arguments:
    return integers(rng), rng.choice((*EDGES, rng.randint(-(10**13), 10**13)))


def block_arguments(rng: random.Random) -> Arguments:
    sizes = [rng.choice((0, 1, 4, rng.randint(0, 30))) for _ in range(rng.randint(1, 6))]
    before = [rng.randint(0, 3) for _ in range(rng.randint(0, 3))]
    rows, first_row, metrics = sum(sizes), sum(before), rng.randint(1, 4)
    likely = [rng.randbytes(rng.choice((0, 5, 124, 16_400))) for _ in range(3)]
    names = tuple(rng.choices(likely, k=metrics))
    chain = chained([(*rng.choices(likely, k=rng.choice((2, 2, 3))), SAMPLE_HEAD) for _ in sizes])
    columns = tuple(
        array("d", [rng.choice((0.0, -0.0, rng.random(), 1e308)) for _ in range(rows)])
        for _ in range(metrics - 1)
    )
    total = first_row + rows + rng.randint(0, 2)
    times_ms = array("q", [rng.randint(EARLIEST_MS, LATEST_MS) for _ in range(total)])
    counts = [*before, *sizes]
    return names, chain, counts, len(before), columns, times_ms, first_row, first_row + rows


def unpacked(*arguments: object) -> bytes:
    """What the compiled packing of a block unpacks to."""
    call = cast("Callable[..., tuple[bytes, int]]", pack_elements)
    elements, size_bytes = call(*arguments)
    return bytes(cramjam.snappy.decompress_raw(varint(size_bytes) + elements))


def packed_in_python(metrics: tuple[bytes, ...], chain: bytes, *rest: object) -> bytes:
    """The same by the names that stand in its chain."""
    labels = unchained(chain)
    call: Callable[..., bytes] = pack_block
    return call(tuple(tuple(metric + of for of in labels) for metric in metrics), *rest)


def result_of(call: Callable[..., object], arguments: Arguments) -> object:
    """What a call gives, floats by their bits; ``None`` in a list where it refuses."""
    try:
        result = call(*arguments)
    except REFUSALS:
        return [None]
    parts = result if isinstance(result, tuple) else (result,)
    return tuple(part.tobytes() if isinstance(part, array) else part for part in parts)


PLAYED: tuple[
    tuple[Callable[[random.Random], Arguments], Callable[..., object], Callable[..., object]], ...
] = (
    (unpack_arguments, kernel.unpack, loops.unpack),
    (sums_arguments, kernel.running_sums, loops.running_sums),
    (scaled_arguments, kernel.scaled_sums, loops.scaled_sums),
    (columns_arguments, kernel.scaled_columns, loops.scaled_columns),
    (offsets_arguments, kernel.offsets, loops.offsets),
    (last_arguments, kernel.last_values, loops.last_values),
    (shifted_arguments, kernel.shifted, loops.shifted),
    (block_arguments, unpacked, packed_in_python),
)


def spoiled(rng: random.Random, arguments: Arguments) -> Arguments:
    """Arguments of which one is wrong, or that are too few."""
    if rng.random() < 0.1:
        return arguments[: rng.randint(0, len(arguments))]
    at = rng.randrange(len(arguments))
    wrong: object = rng.choice(WRONG)
    if isinstance(arguments[at], int) and rng.random() < 0.7:
        wrong = rng.choice((*EDGES, rng.randint(-5, 50)))
    argument = arguments[at]
    if isinstance(argument, bytes) and argument and rng.random() < 0.7:
        changed = bytearray(argument)
        for _ in range(rng.randint(1, 3)):
            changed[rng.randrange(len(changed))] = rng.choice((0, 1, 255, rng.randrange(256)))
        wrong = bytes(changed)
    if isinstance(arguments[at], list) and rng.random() < 0.7:
        wrong = [rng.choice(EDGES) for _ in range(rng.randint(0, 6))]
    return (*arguments[:at], wrong, *arguments[at + 1 :])


def play(seed: int, length_s: float) -> int:
    """Call for some time; return how often."""
    rng = random.Random(seed)
    calls, until_s = 0, time.monotonic() + length_s
    while time.monotonic() < until_s:
        make, compiled, reference = rng.choice(PLAYED)
        arguments = make(rng)
        ours, expected = result_of(compiled, arguments), result_of(reference, arguments)
        if ours != expected:
            raise SystemExit(f"{compiled} {arguments!r}\ngives {ours!r}\nnot {expected!r}")
        # What the reference makes of a wrong argument is its own affair; this must not crash.
        result_of(compiled, spoiled(rng, arguments))
        calls += 2
    return calls


if __name__ == "__main__":
    if kernel.IMPLEMENTATION != "compiled":
        raise SystemExit(f"no compiled kernel: {kernel.NOT_COMPILED_BECAUSE}")
    sys.stdout.write(f"{play(int(sys.argv[1]), float(sys.argv[2]))} calls\n")
