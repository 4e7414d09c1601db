"""A collector with several addresses: any machine that works gets the record."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.agent.uplink.receiver import PushReceiver, ReceivedPush, ScriptedReply
from tests.agent.uplink.test_upload_service import pushing, until
from tests.open_connections import break_off
from tests.ports import free_port
from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.uplink.connection import CollectorEndpoint
from thongsuot_agent.uplink.failover import EndpointOrder, ways_to_try
from thongsuot_schema.batch.push import PATH_BATCHES, PushResponse

A, B, C = (
    CollectorEndpoint(
        url=f"https://{name}.example", host=f"{name}.example", ca_file="", timeout_s=5
    )
    for name in ("a.example", "b.example", "c.example")
)


def closed_port_url() -> str:
    """Return an address of this machine at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@asynccontextmanager
async def silent_server() -> AsyncIterator[tuple[str, list[int]]]:
    """Accept connections and never answer; gives the address, and a mark for each connection."""
    accepted: list[int] = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(1)
        try:
            await reader.read()
        finally:
            # After the client's end the loop no longer refers to the transport.
            writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        sockname = server.sockets[0].getsockname()
        yield f"http://127.0.0.1:{sockname[1]}", accepted
        server.close()
        await break_off(sockname)


async def test_a_dead_machine_is_passed_over_and_the_next_takes_the_record(tmp_path: Path) -> None:
    async with PushReceiver().listening() as receiver:
        urls = (closed_port_url(), receiver.url)
        async with pushing(tmp_path, receiver, urls=urls) as pusher:
            pusher.make(1, 2)
            await receiver.until(lambda: receiver.numbers == [1])
            await until(lambda: pusher.spool.status().waiting_batches == 0)
            assert pusher.uplink.is_reachable is True
            assert pusher.uplink.answering_url == receiver.url


async def test_a_machine_that_accepts_and_says_nothing_holds_up_one_push_alone(
    tmp_path: Path,
) -> None:
    async with silent_server() as (url, accepted), PushReceiver().listening() as receiver:
        async with pushing(tmp_path, receiver, urls=(url, receiver.url), timeout_s=1.0) as pusher:
            pusher.make(1)
            await receiver.until(lambda: receiver.numbers == [1])
            pusher.make(2)
            await receiver.until(lambda: receiver.numbers == [1, 2])
            pusher.make(3)
            await until(lambda: pusher.spool.status().waiting_batches == 0)
        assert len(accepted) == 1 or receiver.longest_pause_s > 0.5, (
            "it rests for longer than these pushes take"
        )


@pytest.mark.parametrize(
    "refusal",
    [
        ScriptedReply(status=503, answer=PushResponse(error="the database is away")),
        ScriptedReply(status=401, answer=PushResponse(error="this token is not known")),
        ScriptedReply(status=502, text=b"<html>Bad Gateway</html>"),
        ScriptedReply(status=200, text=b'{"acknowledged": 1, "answered_boottime_ns": 7}'),
        ScriptedReply(status=200, text=b'{"acknowledged": 1}'),
        ScriptedReply(status=409, text=b"{}"),
    ],
    ids=[
        "busy",
        "does not know us",
        "proxy",
        "answers another push",
        "names a number",
        "a box on the way",
    ],
)
async def test_a_batch_refused_by_one_collector_is_pushed_to_the_next_one_and_kept_until_then(
    tmp_path: Path, refusal: ScriptedReply
) -> None:
    def refuse(_: ReceivedPush) -> ScriptedReply:
        return refusal

    async with (
        PushReceiver(script=refuse).listening() as first,
        PushReceiver().listening() as second,
        pushing(tmp_path, second, urls=(first.url, second.url)) as pusher,
    ):
        pusher.make(1)
        await second.until(lambda: second.numbers == [1])
        await until(lambda: pusher.spool.status().waiting_batches == 0)
        assert pusher.spool.status().rejected_batches == 0
        assert pusher.uplink.answering_url == second.url


async def test_a_site_that_is_told_to_slow_down_does_not_go_to_the_next_machine(
    tmp_path: Path,
) -> None:
    slow_down = ScriptedReply(
        status=429, answer=PushResponse(error="too many"), headers=("Retry-After: 3600",)
    )
    async with (
        PushReceiver(script=lambda _: slow_down).listening() as first,
        PushReceiver().listening() as second,
        pushing(tmp_path, first, urls=(first.url, second.url)) as pusher,
    ):
        pusher.make(1)
        await first.until(lambda: len(first.heard) == 1)
        await until(lambda: pusher.uplink.problem == "too many")
        assert second.heard == []


async def test_a_batch_whose_answer_was_lost_is_pushed_to_the_next_machine_as_it_was(
    tmp_path: Path,
) -> None:
    first = PushReceiver()

    def break_off(heard: ReceivedPush) -> ScriptedReply | None:
        reply = first.take(heard)
        if heard.path == PATH_BATCHES and reply.status == 200:
            raise ConnectionError  # it has taken the batch, and its answer does not come
        return reply

    first.script = break_off
    async with (
        first.listening(),
        PushReceiver().listening() as second,
        pushing(tmp_path, second, urls=(first.url, second.url)) as pusher,
    ):
        pusher.make(1)
        await second.until(lambda: second.numbers == [1])
        assert first.numbers == [1]
        bodies = {
            next(heard.body for heard in receiver.heard if heard.path == PATH_BATCHES)
            for receiver in (first, second)
        }
        assert len(bodies) == 1, "the same bytes under the same number: whoever has them knows it"


def steady() -> float:
    return 0.0


def urls_of(endpoints: Sequence[CollectorEndpoint]) -> str:
    return "".join(endpoint.host[0] for endpoint in endpoints)


def test_an_endpoint_that_fails_again_pauses_longer_and_is_tried_again() -> None:
    order = EndpointOrder((A, B, C), steady)
    assert urls_of(order.at(0)) == "abc"
    now_ns = 0
    for rest_s in (15, 30, 60, 120, 240, 480, 600, 600):
        order.note_failure(A, now_ns)
        assert urls_of(order.at(now_ns)) == "bca"
        assert urls_of(order.at(now_ns + rest_s * NS_PER_S - 1)) == "bca"
        now_ns += rest_s * NS_PER_S
        assert urls_of(order.at(now_ns)) == "abc"
    order.note_answer(A)
    order.note_failure(A, now_ns)
    assert urls_of(order.at(now_ns + 15 * NS_PER_S)) == "abc", "it began anew"


def test_when_every_endpoint_has_failed_they_are_tried_in_the_order_in_which_their_pauses_end() -> (
    None
):
    order = EndpointOrder((A, B, C), steady)
    order.note_failure(A, 2 * NS_PER_S)
    order.note_failure(C, 0)
    order.note_failure(B, 1 * NS_PER_S)
    assert urls_of(order.at(3 * NS_PER_S)) == "cba"


def test_urgent_batches_go_to_the_endpoint_that_answered_last() -> None:
    order = EndpointOrder((A, B), steady)
    order.note_failure(A, 0)
    order.note_answer(B)
    long_after_ns = 3600 * NS_PER_S
    assert urls_of(order.at(long_after_ns)) == "ab"
    assert urls_of(order.at(long_after_ns, is_urgent=True)) == "ba"
    assert order.is_trial(A)
    assert not order.is_trial(B)


def test_no_push_is_a_trial_while_no_endpoint_is_known_to_work() -> None:
    order = EndpointOrder((A, B), steady)
    order.note_failure(A, 0)
    assert not order.is_trial(A)
    order.note_answer(B)
    order.note_failure(B, 0)
    assert not order.is_trial(A)


def test_each_way_is_tried_once_and_the_second_differs_in_link_and_machine() -> None:
    ways = [(link, way.host[0]) for link, way in ways_to_try((A, B, C), lambda _: ("fiber", "5g"))]
    assert ways[:2] == [("fiber", "a"), ("5g", "b")]
    assert sorted(ways) == sorted((link, host) for link in ("fiber", "5g") for host in "abc")


def test_one_address_is_tried_over_one_link_after_the_other() -> None:
    ways = list(ways_to_try((A,), lambda _: ("fiber", "5g", "spare")))
    assert [link for link, _ in ways] == ["fiber", "5g", "spare"]
    assert list(ways_to_try((A, B), lambda _: ())) == []


def test_a_machine_that_no_link_leads_to_is_beside_others() -> None:
    ways = ways_to_try((A, B), lambda way: ("",) if way is A else ("fiber", "5g"))
    assert [(link, way.host[0]) for link, way in ways] == [("", "a"), ("5g", "b"), ("fiber", "b")]
