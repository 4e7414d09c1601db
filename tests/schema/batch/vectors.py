"""
Test vectors of the batch format: ``tests/golden/batch/v1-<name>.layout.bin``, ``.bin`` and
``.json``.

``python -m tests.schema.batch.vectors`` writes those that are not there yet. One that is there is
never written again: what was released once must be read forever.
"""

import json
from pathlib import Path

import msgspec
from msgspec.structs import replace

from tests.schema.batch.json_form import encode_json
from tests.schema.batch.realistic import RealisticDevice
from thongsuot_schema.batch import frame
from thongsuot_schema.batch.decode import decode_batch, decode_layout
from thongsuot_schema.batch.encode import encode_batch, encode_layout, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS
from thongsuot_schema.batch.model import Batch, ClockReading, Layout, Notice, NoticeCode
from thongsuot_schema.catalogue import dns, host, icmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import (
    Family,
    Finding,
    QualityFlag,
    Result,
    Series,
    failed_finding,
    ok_finding,
)

FOLDER = Path(__file__).parents[2] / "golden" / "batch"
NEWER = "v1-newer"
"""Made by hand: it holds words and fields that this version cannot write."""

GATEWAY = Series(kind="icmp", revision=1, link="fiber", target="gateway", family=Family.IP4)
RESOLVER = Series(kind="dns", revision=1, link="fiber", target="resolver", family=Family.IP6)
DEVICE = Series(kind="host", revision=1, link="fiber", target="", family=Family.NONE)
SECOND = 1_000_000_000


def batch(number: int, results: list[Result]) -> Batch:
    return Batch(
        site="ba-dinh-1",
        stream="5d3b0c8fa1e24796",
        number=number,
        boot_id="3f0a7d52-91c4-4b68-8e7d-2ac1905f6b13",
        clock=ClockReading(
            boottime_ns=86_400 * SECOND, wall_ns=1_795_540_000 * SECOND, error_s=0.015
        ),
        previous=b"" if number == 1 else bytes.fromhex("9d71c3a0b4e85f62017dce8a46b9f350"),
        results=tuple(results),
    )


def at(second: float, series: Series, finding: Finding) -> Result:
    start_ns = 86_385 * SECOND + round(second * SECOND)
    return Result(series=series, boottime_ns=start_ns, finding=finding)


def echo(rtt_s: float) -> Finding:
    values = {icmp.RTT: rtt_s, icmp.LOSS: 0.0, icmp.HOP_LIMIT: 64.0}
    return ok_finding(values, cost_bytes=168)


def example() -> Batch:
    """Return the batch of the worked example in docs/reference/batch-format.md."""
    lost = failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0}, cost_bytes=84)
    results = [
        at(
            1.250,
            RESOLVER,
            ok_finding({dns.LOOKUP: 0.002_75, dns.ANSWERS: 2, dns.TTL: 300}, cost_bytes=230),
        ),
        at(2.000, GATEWAY, echo(0.000_612)),
        at(7.001, GATEWAY, echo(0.000_598)),
        at(12.000, GATEWAY, lost),
    ]
    return batch(17, results)


def faults() -> Batch:
    """Return a batch in which everything that can be said of a result is said."""
    device = RealisticDevice(1)
    results = [
        at(
            0.1,
            DEVICE,
            ok_finding({host.CARRIER_UP: 1.0, host.RECEIVED: 2.0**40, host.RESIDENT: 4096.0}),
        ),
        at(
            0.5,
            RESOLVER,
            failed_finding(Reason.NAME_ANSWER_FORGED, {dns.LOOKUP: 0.001, dns.ANSWERS: 1.0}),
        ),
        at(
            1,
            GATEWAY,
            ok_finding({icmp.RTT: 0.002, icmp.LOSS: 0.3333}, doubts=(QualityFlag.TIMER_LATE,)),
        ),
        at(
            2,
            GATEWAY,
            failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0}, evidence={"địa chỉ": "192.0.2.1"}),
        ),
        at(
            3,
            GATEWAY,
            failed_finding(Reason.NO_ROUTE, detail="không có tuyến", doubts=tuple(QualityFlag)[:3]),
        ),
        at(3, GATEWAY, failed_finding(Reason.NO_ROUTE)),
    ]
    notices = (
        Notice(code=NoticeCode.STARTED, boottime_ns=86_380 * SECOND, text="0.1.0"),
        Notice(code=NoticeCode.DROPPED, boottime_ns=86_381 * SECOND, count=512),
        Notice(code=NoticeCode.CLOCK_STEPPED, boottime_ns=86_382 * SECOND, value=-31536000.25),
        Notice(code=NoticeCode.GAP, boottime_ns=86_383 * SECOND, from_boottime_ns=3_600 * SECOND),
    )
    return replace(batch(2, results), changes=(device.change(),), notices=notices)


def newer() -> tuple[Layout, bytes]:
    """Return what a later version may write: appended fields, words that are not known here."""
    layout = sorted_layout([GATEWAY])
    known = batch(
        3, [at(1, GATEWAY, echo(0.001)), at(2, GATEWAY, failed_finding(Reason.TIMED_OUT))]
    )
    change = replace(known, changes=(RealisticDevice(1).change(),))
    arrays = msgspec.msgpack.decode(
        frame.unpack(encode_batch(change, index_layout(layout)), DEFAULT_LIMITS)
    )
    arrays[9][0][2:6] = ["sideways", "beyond", "strange", "up"]
    arrays[10] = [["battery_low", 0, "3 %", 0, None, None, "appended"]]
    arrays[12] = [[[1, "path_on_fire"], [1]]]
    arrays[14] = [[["moon_is_full"], [0]]]
    arrays.append({"appended": True})
    return layout, frame.pack(msgspec.msgpack.encode(arrays))


def vectors() -> dict[str, tuple[Layout, bytes]]:
    """Return every vector by its name: a layout, and the body of a batch that refers to it."""
    bodies = {NEWER: newer()}
    for name, made in (
        ("v1-example", example()),
        ("v1-faults", faults()),
        ("v1-push", RealisticDevice(1).window(15)),
        ("v1-silent", replace(faults(), results=(), changes=())),
    ):
        index = index_layout(sorted_layout(result.series for result in made.results))
        bodies[name] = (index.layout, encode_batch(made, index))
    return bodies


def described(layout_body: bytes, body: bytes) -> dict[str, object]:
    """Return what a vector means, as the ``.json`` beside it holds it."""
    name, layout = decode_layout(layout_body)
    decoded = decode_batch(body, {name: layout}.get)
    means = {
        "layout_id": name.hex(),
        "layout": layout,
        "batch": msgspec.Raw(encode_json(decoded)),
    }
    return msgspec.json.decode(msgspec.json.encode(means), type=dict[str, object])


def main() -> None:
    for name, (layout, body) in vectors().items():
        path = FOLDER / f"{name}.bin"
        if not path.exists():
            layout_body = encode_layout(layout)
            path.write_bytes(body)
            path.with_suffix(".layout.bin").write_bytes(layout_body)
            text = json.dumps(described(layout_body, body), indent=1, ensure_ascii=False)
            path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
