"""
Hostile pushes of one site that has a good token: made from valid ones by what they are, not by
bytes alone.

Each is a pure function of its seed and number: what broke something is made again by its number.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import msgspec

from tests.collector.batches import BatchSealer, S, change, icmp_result, usual_results
from tests.schema.batch.json_form import encode_json
from thongsuot_schema.batch import push
from thongsuot_schema.batch.frame import pack, unpack
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.limits import LATEST_MS
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.commissioning.events import CommissioningEvent, EventCode, format_event
from thongsuot_schema.result import Result
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

HOSTILE_TEXTS = (
    "",
    "\x00",
    "\u202e",
    "a\r\nBcc: x",
    "<script>",
    "../../etc/passwd",
    "x" * 5_000,
    "\ud7ff\uffff",
    "{n}",
    "%s%n",
)
HOSTILE_NUMBERS = (0, -1, 1, 2**31, 2**53, 2**63 - 1, -(2**63), 2**64 - 1, 1e308, -0.0)
NOW = 5_000 * S
LATEST_NS = LATEST_MS * 1_000_000


@dataclass(frozen=True, slots=True)
class HostilePush:
    """One request, and how it was made."""

    made: str
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class HostileDevice:
    """A device whose pushes are all a little wrong; ``site`` is what its token is for."""

    def __init__(self, site: str, *, seed: int, epoch_ns: int) -> None:
        self.site = site
        self._seed = seed
        self._epoch_ns = epoch_ns

    def push(self, number: int) -> HostilePush:
        """Return the push of a number."""
        chance = random.Random(f"{self._seed}:{number}")
        sealer = BatchSealer(self.site, epoch_ns=self._epoch_ns, stream=f"{number:016x}")
        mutate = chance.choice(_MUTATIONS)
        return mutate(chance, sealer)


@cache
def _results(seed: int, rounds: int) -> list[Result]:
    """Made once: 10⁶ inputs would otherwise cost more than the collector that answers them."""
    return usual_results(NOW - 15 * S, seed=seed, rounds=rounds)


def _sealed(chance: random.Random, sealer: BatchSealer) -> tuple[bytes, bytes]:
    results = _results(chance.randrange(100), chance.randrange(1, 4))
    changes = [
        change(
            NOW - chance.randrange(15) * S,
            chance.choice(tuple(State)),
            link=chance.choice(("fiber", "5g", f"line-{chance.randrange(1000)}")),
            segment=Segment.ACCESS,
            symptom=Symptom.ACCESS_SILENT,
        )
        for _ in range(chance.randrange(3))
    ]
    return sealer.sealed(sealer.batch(NOW, results, changes=changes))


def _structure(chance: random.Random, sealer: BatchSealer) -> HostilePush:
    """Replace, drop or repeat some members of the unpacked message, wherever they stand."""
    body, _ = _sealed(chance, sealer)
    message = msgspec.msgpack.decode(unpack(body, LIMITS), strict=False)
    for _ in range(chance.randrange(1, 4)):
        message = _with_change(chance, message)
    return _batch("structure", pack(msgspec.msgpack.encode(message)))


def _layout_structure(chance: random.Random, sealer: BatchSealer) -> HostilePush:
    _, layout = _sealed(chance, sealer)
    message = _with_change(chance, msgspec.msgpack.decode(unpack(layout, LIMITS), strict=False))
    return HostilePush(
        "layout structure",
        push.PATH_LAYOUTS,
        pack(msgspec.msgpack.encode(message)),
        {"Content-Type": push.CONTENT_TYPE_LAYOUT},
    )


def _with_change(chance: random.Random, value: object) -> object:
    """Return a message in which one member is another, is gone or is there twice."""
    if isinstance(value, list) and value:
        at = chance.randrange(len(value))
        match chance.randrange(5):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return value[:at] + [value[at]] * chance.choice((2, 100)) + value[at + 1 :]
            case _:
                return [*value[:at], _with_change(chance, value[at]), *value[at + 1 :]]
    if isinstance(value, dict) and value:
        key = chance.choice(sorted(value, key=repr))
        if chance.random() < 0.2:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _with_change(chance, value[key])}
    return chance.choice(
        (
            chance.choice(HOSTILE_TEXTS),
            chance.choice(HOSTILE_NUMBERS),
            None,
            True,
            chance.randbytes(chance.randrange(40)),
            [[[[[]]]]],
            {},
        )
    )


def _bytes_inside(chance: random.Random, sealer: BatchSealer) -> HostilePush:
    """Turn some bits of the message, under a frame that is whole."""
    body, _ = _sealed(chance, sealer)
    return _batch("bytes", pack(_flipped(chance, unpack(body, LIMITS))))


def _frame(chance: random.Random, sealer: BatchSealer) -> HostilePush:
    """Break the frame: turned bits, cut off, two of them, none."""
    body, _ = _sealed(chance, sealer)
    kinds = (_flipped(chance, body), body[: chance.randrange(len(body))], body * 2, b"", b"\x28")
    return _batch("frame", chance.choice(kinds))


def _bomb(chance: random.Random, _sealer: BatchSealer) -> HostilePush:
    return _batch("bomb", _packed_zeros(chance.choice((1 << 20, 1 << 24))))


@cache
def _packed_zeros(count: int) -> bytes:
    return pack(bytes(count))


def _json(chance: random.Random, sealer: BatchSealer) -> HostilePush:
    batch = sealer.batch(NOW, [icmp_result(NOW - S)])
    document = _with_change(chance, msgspec.json.decode(encode_json(batch)))
    try:
        text = msgspec.json.encode(document)
    except (UnicodeError, OverflowError):
        text = encode_json(batch)[: chance.randrange(200)]
    return HostilePush("json", push.PATH_BATCHES, text, {"Content-Type": push.CONTENT_TYPE_JSON})


def _headers(chance: random.Random, sealer: BatchSealer) -> HostilePush:
    """A batch that is good under headers that are not."""
    body, _ = sealer.sealed(sealer.batch(NOW))
    wrong = str(chance.choice((*HOSTILE_NUMBERS, "١٢", "1e9", "9" * 40)))
    headers = {
        push.HEADER_BOOTTIME: wrong.encode().decode("latin-1"),
        push.HEADER_BOOT: chance.choice(("", "b" * 127, "b" * 5_000, "boot:1")),
        push.HEADER_RECORD: chance.choice(("x", "a:1:2," * 100, f"{sealer.stream}:{2**63}:-1")),
        push.HEADER_SITE_CONFIG: chance.choice(("0", "x" * 500, "1:2:3")),
        "Content-Type": chance.choice(
            (push.CONTENT_TYPE_BATCH, push.CONTENT_TYPE_LAYOUT, "text/html", "")
        ),
    }
    names = chance.sample(sorted(headers), chance.randrange(1, 4))
    chosen = {name: headers[name] for name in names}
    return HostilePush("headers", push.PATH_BATCHES, body, chosen)


def _accepted(chance: random.Random, sealer: BatchSealer) -> HostilePush:
    """A batch that is taken: fresh stream, any number, results at any time of the boot."""
    at_ns = chance.choice((0, 1, NOW, NOW * 1_000, LATEST_NS))
    batch = sealer.batch(at_ns, number=chance.choice((1, 2, 7, 2**40, 2**53 - 1)))
    body, _ = sealer.sealed(batch)
    return _batch("accepted", body)


def _notices(chance: random.Random, sealer: BatchSealer) -> HostilePush:
    """A batch of notices that are well-formed, of every code, at any time, by the thousand."""
    streams = [f"{chance.randrange(1 << 64):016x}" for _ in range(16)]
    texts = (
        *HOSTILE_TEXTS[:6],
        f"dropped {streams[0]} 1-{10**14}",
        f"power_cut {sealer.stream} {chance.randrange(1000)}-",
        f"{streams[1]} path fiber",
        "slow",
        *(
            format_event(CommissioningEvent(run=streams[2], event=event, link="fiber", text="x"))
            for event in EventCode
        ),
    )
    notices = [
        Notice(
            code=chance.choice(tuple(NoticeCode)),
            boottime_ns=chance.choice((0, NOW - at * S, NOW, LATEST_NS)),
            text=chance.choice(texts),
            count=chance.choice((0, 1, 2**53)),
            from_boottime_ns=chance.choice((None, 0, NOW, LATEST_NS)),
        )
        for at in range(chance.choice((1, 20, 300)))
    ]
    body, _ = sealer.sealed(sealer.batch(NOW, notices=notices))
    report = ",".join(f"{stream}:{10**12 - 1}:{chance.randrange(10**12)}" for stream in streams)
    headers = {"Content-Type": push.CONTENT_TYPE_BATCH, push.HEADER_RECORD: report}
    return HostilePush("notices", push.PATH_BATCHES, body, headers)


def _batch(made: str, body: bytes) -> HostilePush:
    return HostilePush(made, push.PATH_BATCHES, body, {"Content-Type": push.CONTENT_TYPE_BATCH})


def _flipped(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


_Mutation = Callable[[random.Random, BatchSealer], HostilePush]
_MUTATIONS: tuple[_Mutation, ...] = (
    _structure,
    _structure,
    _structure,
    _layout_structure,
    _bytes_inside,
    _frame,
    _bomb,
    _json,
    _headers,
    _notices,
    _accepted,
)
