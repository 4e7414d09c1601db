"""How often a channel of echoes asks its sockets: each question wakes a device with little CPU."""

import asyncio
import socket
import time
from collections import deque
from collections.abc import Iterator

from tests.fakes.clock import FakeClock
from thongsuot_agent.links.echo import EchoChannel
from thongsuot_agent.links.echo_socket import EchoArrival, EchoSocket
from thongsuot_agent.links.egress import Egress
from thongsuot_agent.links.roundtrip import TransmitTimestamp
from thongsuot_agent.proto.control import ReceivedControl
from thongsuot_agent.proto.icmp import IP4, EchoReply
from thongsuot_schema.result import Family

HERE, THERE = bytes(4), b"\1" * 4
TO = Egress(
    family=Family.IP4,
    interface="lan",
    index=2,
    source="0.0.0.0",
    source_packed=HERE,
    destination="1.1.1.1",
    destination_packed=THERE,
)


class PromptSocket(EchoSocket):
    """A raw socket whose timestamps are there at once, and whose answers at the next reading."""

    def __init__(self) -> None:
        self.is_raw, self.numbers = True, IP4
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ours.setblocking(False)
        self.sent = self.reads = 0
        self.stamps: deque[TransmitTimestamp] = deque()
        self.answers: deque[EchoArrival] = deque()

    @property
    def sender(self) -> int:
        return self.theirs.fileno()

    @property
    def listener(self) -> int:
        return self.ours.fileno()

    def warm(self) -> None:
        """Nothing: no packet of this socket has a timestamp of the kernel."""

    def send(self, egress: Egress, sequence: int, payload: bytes, flow: int = 0) -> int:
        del flow
        number, self.sent = self.sent, self.sent + 1
        stamp_ns = time.time_ns()
        self.stamps.append(TransmitTimestamp(number=number, stamp_ns=stamp_ns))
        self.answers.append(
            EchoArrival(
                message=EchoReply(identifier=0, sequence=sequence, payload=payload),
                control=ReceivedControl(
                    stamp_ns=stamp_ns + 1, interface=egress.index, local=egress.source_packed
                ),
                size_bytes=24,
            )
        )
        self.theirs.send(b"answer")
        return number

    def stamps_and_errors(self) -> Iterator[TransmitTimestamp]:
        self.reads += 1
        while self.stamps:
            yield self.stamps.popleft()
            self.reads += 1

    def arrivals(self) -> Iterator[EchoArrival]:
        while True:
            self.reads += 1
            try:
                self.ours.recv(16)
            except BlockingIOError:
                return
            yield self.answers.popleft()

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


def test_a_channel_reads_each_timestamp_and_each_answer_once_and_no_more() -> None:
    prompt = PromptSocket()

    async def act() -> None:
        channel = EchoChannel(prompt, TO.index)
        await channel.echo(TO, timeout_s=1.0)
        prompt.reads = 0
        for _ in range(3):
            async with asyncio.TaskGroup() as group:
                two = [group.create_task(channel.echo(TO, timeout_s=1.0)) for _ in range(2)]
            assert all(task.result().rtt_s == 1e-9 for task in two)
        channel.close()

    FakeClock().run(act())
    assert prompt.reads == 2 * 6, "a timestamp and an answer for each of six echoes"
