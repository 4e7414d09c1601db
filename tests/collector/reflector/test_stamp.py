"""The reflector on loopback, asked by a plain socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.collector.running import WITHIN_S
from tests.schema.stamp.clock_answer import CLOCK_QUERY, parse_timestamp_information
from thongsuot_collector.cli.tables import reflected_text
from thongsuot_collector.errors import CollectorError
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.reflector.model import ReflectorSettings
from thongsuot_collector.reflector.service import stamp_reflector
from thongsuot_collector.reflector.stamp import ENDS
from thongsuot_schema.stamp.packet import (
    UNAUTHENTICATED_BYTES,
    SenderPacket,
    pack_sender_packet,
    unpack_reflector_packet,
)
from thongsuot_schema.stamp.tlv import pack_tlvs, unpack_tlvs

KEY = "a-key-of-the-city"
WAIT_S = WITHIN_S


class StampClient:
    """A sender with a socket of its own, and what the reflector counted."""

    def __init__(self, port: int, metrics: Metrics, host: str = "127.0.0.1") -> None:
        self.metrics = metrics
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect((host, port))

    async def ask(self, data: bytes) -> bytes:
        self.socket.send(data)
        async with asyncio.timeout(WAIT_S):
            return await asyncio.get_running_loop().sock_recv(self.socket, 9216)

    async def told(self, data: bytes) -> str:
        """Send what gets no answer, and return what became of it."""
        before = {end: self.count(end) for end in ENDS}
        self.socket.send(data)
        async with asyncio.timeout(WAIT_S):
            while True:
                await asyncio.sleep(0)
                for end in ENDS:
                    if self.count(end) > before[end]:
                        return end

    def count(self, end: str) -> float:
        return (
            self.metrics.registry.get_sample_value(
                "thongsuot_collector_reflected_packets_total", {"reason": end}
            )
            or 0.0
        )


Start = Callable[..., AbstractAsyncContextManager[StampClient]]


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o640)
    return str(path)


@asynccontextmanager
async def reflector(host: str = "127.0.0.1", **chosen: object) -> AsyncIterator[StampClient]:
    metrics = Metrics()
    shown = f"[{host}]" if ":" in host else host
    running = stamp_reflector(
        ReflectorSettings(stamp_address=f"{shown}:0", **chosen),  # type: ignore[arg-type]
        metrics,
    )
    asker = StampClient(running.port, metrics, host)
    work = asyncio.create_task(running.run())
    try:
        yield asker
    finally:
        work.cancel()
        await asyncio.wait((work,))
        running.close()
        asker.socket.close()


def request(number: int = 0, session: int = 0, key: str = "") -> bytes:
    return pack_sender_packet(
        SenderPacket(sequence_number=number, timestamp=1 << 40, error_bits=1, session=session),
        key.encode(),
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_allowed_sender_is_answered_in_kind(host: str) -> None:
    async with reflector(host, allow=(host,), clock_error_s=0.001) as asker:
        first = unpack_reflector_packet(await asker.ask(request(0, 77)))
        second = unpack_reflector_packet(await asker.ask(request(9, 77)))
        assert (first.sequence_number, second.sequence_number) == (0, 1)
        assert (first.session, first.sender_timestamp) == (77, 1 << 40)
        assert second.sender_sequence_number == 9
        assert first.hop_limit == 64
        assert first.timestamp >= first.receive_timestamp > 1 << 40
        assert first.error.is_synchronised
        assert 0.001 <= (first.error.error_s or 0) < 0.0011
        assert asker.count("answered") == 2
        assert "2 answered" in reflected_text(asker.metrics)


async def test_a_stranger_is_answered_only_under_seal(key_file: str) -> None:
    async with reflector(key_file=key_file) as asker:
        answer = await asker.ask(request(key=KEY))
        assert unpack_reflector_packet(answer, KEY.encode()).sequence_number == 0
        assert await asker.told(request(key="another key")) == "refused"
        assert await asker.told(request()) == "refused"


async def test_requests_too_short_for_an_answer_of_their_length_are_dropped() -> None:
    async with reflector(allow=("127.0.0.1",)) as asker:
        assert await asker.told(request()[:13]) == "malformed"
        assert await asker.told(request()[:35]) == "too_short"
        assert len(await asker.ask(request()[:41])) == 41


async def test_a_named_twamp_light_sender_is_answered_though_it_sends_less() -> None:
    async with reflector(twamp_light=("127.0.0.1",)) as asker:
        assert len(await asker.ask(request()[:14])) == UNAUTHENTICATED_BYTES
        assert len(await asker.ask(request() + bytes(100))) == UNAUTHENTICATED_BYTES + 100


async def test_extensions_come_back_answered() -> None:
    async with reflector(allow=("127.0.0.1",)) as asker:
        answer = await asker.ask(request() + pack_tlvs((CLOCK_QUERY,), 0))
        (echoed,) = unpack_tlvs(answer[UNAUTHENTICATED_BYTES:])
        source, method = parse_timestamp_information(echoed) or (0, 0)
        assert source in {1, 5}
        assert method == 2


async def test_senders_above_the_rate_are_answered_less_often() -> None:
    async with reflector(allow=("127.0.0.1",), packets_per_s=0.001, packets_burst=3.0) as asker:
        for number in range(3):
            await asker.ask(request(number))
        assert await asker.told(request(3)) == "too_often"


async def test_an_answer_leaves_from_the_address_that_was_asked() -> None:
    """A connected socket receives nothing from any other address."""
    async with reflector("0.0.0.0", allow=("127.0.0.0/8",)) as asker:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            other.connect(("127.0.0.9", asker.socket.getpeername()[1]))
            other.send(request())
            async with asyncio.timeout(WAIT_S):
                assert await asyncio.get_running_loop().sock_recv(other, 100)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(packets=st.lists(st.binary(max_size=300), max_size=20), sealed=st.booleans())
def test_no_packets_stop_the_reflector_or_make_it_amplify(
    key_file: str, packets: list[bytes], sealed: bool
) -> None:
    async def flood() -> None:
        async with reflector(allow=("127.0.0.1",), key_file=key_file, packets_burst=1e6) as asker:
            for data in packets:
                whole = request(key=KEY) + data if sealed else data
                end = await asker.told(whole)
                if end == "answered":
                    async with asyncio.timeout(WAIT_S):
                        got = await asyncio.get_running_loop().sock_recv(asker.socket, 9216)
                    assert len(got) <= len(whole)
            assert unpack_reflector_packet(await asker.ask(request())).sender_timestamp == 1 << 40

    asyncio.run(flood())


def test_an_address_in_use_is_reported() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(CollectorError, match=f"cannot reflect on 127.0.0.1 port {port}"):
            stamp_reflector(ReflectorSettings(stamp_address=f"127.0.0.1:{port}"), Metrics())
