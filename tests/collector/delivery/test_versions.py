"""Which version a receiver gets: 2.0 only from who says that it wrote it, and never nothing."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import cramjam
import pytest

from tests.collector.samples.protobuf_v2 import read
from tests.collector.sinks.receiver import (
    Answer,
    ReceivedRequest,
    Script,
    ScriptedReceiver,
    receiver,
)
from thongsuot_collector.delivery import retrying_client
from thongsuot_collector.delivery.http import HttpEndpoint, HttpTransport
from thongsuot_collector.delivery.http_status import DeliveryAction
from thongsuot_collector.delivery.retrying_client import RetryingClient
from thongsuot_collector.delivery.versions import Versions
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.samples.protobuf import labels_field, samples_in, series

NOW_MS = int(time.time() * 1000)
BODY = series(labels_field({"__name__": "a", "site": "b"}), [(NOW_MS, 1.0), (NOW_MS + 1, 2.0)])
WRITTEN = "X-Prometheus-Remote-Write-Samples-Written"


def is_2(request: ReceivedRequest) -> bool:
    version = request.headers["x-prometheus-remote-write-version"]
    content = request.headers["content-type"]
    says = content == "application/x-protobuf;proto=io.prometheus.write.v2.Request"
    assert says is (version == "2.0.0")
    assert says or (version, content) == ("0.1.0", "application/x-protobuf")
    assert request.headers["content-encoding"] == "snappy"
    return says


def count(request: ReceivedRequest) -> int:
    body = bytes(cramjam.snappy.decompress_raw(request.body))
    if is_2(request):
        return sum(len(one.samples) for one in read(body))
    return len(samples_in(body))


def of_both(request: ReceivedRequest) -> Answer:
    """A receiver of both versions, as the specification wants it."""
    return (204, {WRITTEN: str(count(request))} if is_2(request) else {}, b"")


def of_1_that_checks(request: ReceivedRequest) -> Answer:
    return (415, {}, b"unsupported") if is_2(request) else (204, {}, b"")


def of_1_that_cannot_read(request: ReceivedRequest) -> Answer:
    return (400, {}, b"proto: illegal wireType") if is_2(request) else (204, {}, b"")


def of_1_that_takes_anything(_request: ReceivedRequest) -> Answer:
    """As Prometheus 2.53 and VictoriaMetrics 1.112: of 2.0 it stores nothing, and says nothing."""
    return (204, {}, b"")


@asynccontextmanager
async def versions(
    script: Script, *, newest: bool = True
) -> AsyncIterator[tuple[Versions, ScriptedReceiver]]:
    async with receiver(script) as there:
        wire = HttpTransport(HttpEndpoint(url=there.url, headers={}, timeout_s=30.0))
        asking = RetryingClient("database", wire, Metrics(), timeout_s=30.0)
        try:
            yield Versions("database", asking, newest=newest), there
        finally:
            await asking.close()


async def test_who_offers_2_gets_2() -> None:
    async with versions(of_both) as (asking, there):
        for _ in range(3):
            asked = await asking.ask([BODY, BODY.replace(b"b", b"c")], 4)
            assert (asked.action, asked.written) == (DeliveryAction.DONE, 4)
    assert [is_2(one) for one in there.requests] == [True] * 3


@pytest.mark.parametrize(
    "script", [of_1_that_checks, of_1_that_cannot_read, of_1_that_takes_anything]
)
async def test_who_speaks_only_1_gets_everything_in_1(script: Script) -> None:
    async with versions(script) as (asking, there):
        for _ in range(3):
            asked = await asking.ask([BODY], 2)
            assert (asked.action, asked.written) == (DeliveryAction.DONE, 2)
    assert [is_2(one) for one in there.requests] == [True, False, False, False]
    assert all(count(one) == 2 for one in there.requests)


async def test_who_wrote_a_part_is_not_sent_it_again() -> None:
    def half(request: ReceivedRequest) -> Answer:
        return (400, {WRITTEN: "1"}, b"out of bounds") if is_2(request) else (204, {}, b"")

    async with versions(half) as (asking, there):
        asked = await asking.ask([BODY], 2)
        assert (asked.action, asked.written) == (DeliveryAction.DONE, 1)
        assert "out of bounds" in asked.said
    assert len(there.requests) == 1


async def test_who_speaks_2_and_wrote_nothing_is_asked_for_less() -> None:
    async with versions(of_both) as (asking, there):
        await asking.ask([BODY], 2)
        there.script = lambda _request: (400, {WRITTEN: "0"}, b"bad")
        asked = await asking.ask([BODY], 2)
        assert (asked.action, asked.written) == (DeliveryAction.SPLIT, 0)
    assert [is_2(one) for one in there.requests] == [True, True]


async def test_too_large_says_nothing_of_the_version() -> None:
    async with versions(lambda _request: (413, {}, b"")) as (asking, there):
        assert (await asking.ask([BODY], 2)).action is DeliveryAction.SPLIT
        there.script = of_both
        await asking.ask([BODY], 2)
    assert [is_2(one) for one in there.requests] == [True, True]


async def test_who_was_away_may_have_learned_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying_client, "FIRST_WAIT_S", retrying_client.FIRST_WAIT_S / 100)
    async with versions(of_1_that_checks) as (asking, there):
        await asking.ask([BODY], 2)
        answers = iter([503, 204])
        there.script = lambda _request: (next(answers), {}, b"")
        await asking.ask([BODY], 2)
        there.script = of_both
        await asking.ask([BODY], 2)
    assert [is_2(one) for one in there.requests] == [True, False, False, False, True]


async def test_1_can_be_demanded() -> None:
    async with versions(of_both, newest=False) as (asking, there):
        await asking.ask([BODY], 2)
    assert [is_2(one) for one in there.requests] == [False]
