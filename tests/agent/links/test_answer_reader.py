"""Answers that can wait are read together; those of new, slow and silent destinations at once."""

import asyncio
import math
import socket
from collections.abc import Awaitable, Callable

from tests.fakes.clock import FakeClock
from thongsuot_agent.links.answer_reader import (
    AFTER_S,
    GRID_S,
    JOIN_S,
    WITHIN_S,
    AnswerReader,
    ReadingMoments,
)

NEAR, FAR = b"near", b"far"


class Channel:
    """A socket with answers in it, and when they were read."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ours.setblocking(False)
        self.is_waiting = False
        self.rests = 0
        self.read_s: list[float] = []
        self.reader = AnswerReader(self.ours.fileno(), self._read, self._await_rest)

    def _read(self) -> None:
        self.read_s.append(self.clock.monotonic_s())
        try:
            while True:
                self.ours.recv(16)
        except BlockingIOError:
            return

    def _await_rest(self) -> bool:
        self.rests += 1
        return self.is_waiting

    def expect(self, destination: bytes, *, is_alone: bool, timeout_s: float = 1.0) -> bool:
        deadline_s = self.clock.monotonic_s() + timeout_s
        return self.reader.expect_answer(destination, deadline_s, is_alone=is_alone)

    def close(self) -> None:
        self.reader.close()
        self.ours.close()
        self.theirs.close()


def play(act: Callable[[Channel], Awaitable[None]]) -> None:
    clock = FakeClock()

    async def main() -> None:
        channel = Channel(clock)
        try:
            await act(channel)
        finally:
            channel.close()

    clock.run(main())


async def settle() -> None:
    """Let the event loop see what has arrived, without any time passing."""
    for _ in range(3):
        await asyncio.sleep(0)


def test_the_answer_of_a_new_destination_is_read_as_it_arrives() -> None:
    async def act(channel: Channel) -> None:
        channel.expect(NEAR, is_alone=True)
        channel.theirs.send(b"answer")
        await settle()
        assert len(channel.read_s) == 1

    play(act)


def test_the_answers_of_known_destinations_are_read_together_a_moment_later() -> None:
    async def act(channel: Channel) -> None:
        began_s = asyncio.get_running_loop().time()
        channel.reader.note_answer(NEAR, 0.002, is_stamped=True)
        channel.reader.note_answer(FAR, 0.002, is_stamped=True)
        channel.expect(NEAR, is_alone=True)
        channel.expect(FAR, is_alone=False)
        for _ in range(2):
            channel.theirs.send(b"answer")
        await settle()
        assert channel.read_s == []
        await asyncio.sleep(1.0)
        assert len(channel.read_s) == 1
        assert AFTER_S <= round(channel.read_s[0] - began_s, 6) <= AFTER_S + GRID_S

    play(act)


def test_an_answer_that_was_missing_when_it_was_looked_for_is_read_as_it_arrives() -> None:
    async def act(channel: Channel) -> None:
        channel.is_waiting = True
        channel.reader.note_answer(NEAR, 0.002, is_stamped=True)
        channel.expect(NEAR, is_alone=True)
        await asyncio.sleep(1.0)
        channel.theirs.send(b"answer")
        await settle()
        assert len(channel.read_s) == 2

    play(act)


def test_a_time_limit_is_needed_only_where_the_answers_are_not_read_together_before_it() -> None:
    async def act(channel: Channel) -> None:
        assert not channel.expect(NEAR, is_alone=True)
        channel.reader.note_answer(NEAR, 0.002, is_stamped=True)
        assert channel.expect(NEAR, is_alone=True)
        assert not channel.expect(NEAR, is_alone=False, timeout_s=AFTER_S / 2)
        await asyncio.sleep(1.0)
        assert channel.rests == 1

    play(act)


def test_channels_share_the_moment_of_reading() -> None:
    async def act(channel: Channel) -> None:
        other = Channel(channel.clock)
        await asyncio.sleep(GRID_S / 2)
        for each in (channel, other):
            each.reader.note_answer(NEAR, 0.002, is_stamped=True)
            each.expect(NEAR, is_alone=True)
            await asyncio.sleep(GRID_S / 10)
        await asyncio.sleep(1.0)
        other.close()
        assert channel.read_s == other.read_s

    play(act)


def test_the_answers_of_a_fast_and_a_slow_link_are_read_together_whichever_was_asked_first() -> (
    None
):
    async def act(channel: Channel) -> None:
        slow, began_s = Channel(channel.clock), asyncio.get_running_loop().time()
        channel.reader.note_answer(NEAR, 0.002, is_stamped=True)
        slow.reader.note_answer(FAR, 0.06, is_stamped=True)
        for first, second in ((channel, slow), (slow, channel)):
            for each in (first, second):
                each.expect(FAR if each is slow else NEAR, is_alone=True)
            await asyncio.sleep(1.0)
        slow.close()
        assert channel.read_s == slow.read_s
        assert 0.09 <= round(channel.read_s[0] - began_s, 6) <= 0.09 + GRID_S

    play(act)


def test_a_reading_waits_for_slower_answers_no_longer_than_announced() -> None:
    async def act() -> None:
        loop, moments, called_s = asyncio.get_running_loop(), ReadingMoments(), list[float]()
        latest_s = moments.call_after(AFTER_S, lambda: called_s.append(loop.time()))
        began_s, others_s = loop.time(), list[float]()
        for _ in range(10):
            await asyncio.sleep(AFTER_S - GRID_S)
            moments.call_after(AFTER_S, lambda: others_s.append(loop.time()))
        await asyncio.sleep(1.0)
        assert len(called_s) == 1
        assert len(others_s) == 10
        assert called_s[0] <= latest_s + GRID_S / 100
        assert AFTER_S + JOIN_S <= round(latest_s - began_s, 6) <= AFTER_S + JOIN_S + GRID_S

    FakeClock().run(act())


def test_channels_are_read_in_the_turn_of_the_event_loop_in_which_the_moment_comes() -> None:
    """A turn of its own for each channel took longer than the reading (2026-12)."""

    async def act(channel: Channel) -> None:
        loop, read = asyncio.get_running_loop(), list[int]()
        channel.reader.note_answer(NEAR, 0.002, is_stamped=True)
        channel.expect(NEAR, is_alone=True)
        moment_s = math.ceil((loop.time() + AFTER_S) / GRID_S) * GRID_S
        loop.call_at(moment_s, lambda: read.append(len(channel.read_s)))
        await asyncio.sleep(1.0)
        assert read == [1]

    play(act)


def test_a_closed_channel_is_not_read() -> None:
    async def act(channel: Channel) -> None:
        channel.reader.note_answer(NEAR, 0.002, is_stamped=True)
        channel.expect(NEAR, is_alone=True)
        channel.reader.close()
        await asyncio.sleep(1.0)
        assert channel.read_s == []

    play(act)


def test_once_it_answers_in_time_again_it_is_no_longer_listened_to() -> None:
    async def act(channel: Channel) -> None:
        channel.expect(NEAR, is_alone=True)
        channel.reader.note_answer(NEAR, 0.002, is_stamped=True)
        channel.expect(NEAR, is_alone=True)
        channel.theirs.send(b"answer")
        await settle()
        assert channel.read_s == []

    play(act)


def test_while_another_answer_is_awaited_it_is_still_listened_to() -> None:
    async def act(channel: Channel) -> None:
        channel.expect(FAR, is_alone=True)
        channel.reader.note_answer(NEAR, 0.002, is_stamped=True)
        channel.expect(NEAR, is_alone=False)
        channel.theirs.send(b"answer")
        await settle()
        assert len(channel.read_s) == 1

    play(act)


def test_slow_silent_and_unstamped_destinations_are_listened_to() -> None:
    async def act(channel: Channel) -> None:
        def slow() -> None:
            channel.reader.note_answer(NEAR, WITHIN_S, is_stamped=True)

        def unstamped() -> None:
            channel.reader.note_answer(NEAR, 0.002, is_stamped=False)

        def silent() -> None:
            channel.reader.note_silence(NEAR)

        for count, note in enumerate((slow, unstamped, silent), start=1):
            channel.reader.note_answer(NEAR, 0.002, is_stamped=True)
            note()
            channel.expect(NEAR, is_alone=True)
            channel.theirs.send(b"answer")
            await settle()
            assert len(channel.read_s) == count, note.__name__

    play(act)


def test_a_read_that_fails_keeps_neither_its_rest_nor_other_channels_from_being_awaited() -> None:
    async def act(channel: Channel) -> None:
        failures: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: failures.append(context["exception"]))
        other = Channel(channel.clock)

        def fail() -> None:
            raise RuntimeError

        channel.reader = AnswerReader(channel.ours.fileno(), fail, channel._await_rest)
        try:
            for each in (channel, other):
                each.reader.note_answer(NEAR, 0.002, is_stamped=True)
                each.expect(NEAR, is_alone=True)
            await asyncio.sleep(AFTER_S + GRID_S)
            await settle()
            assert (channel.rests, other.rests) == (1, 1)
            assert [type(failure) for failure in failures] == [RuntimeError]
        finally:
            other.close()

    play(act)
