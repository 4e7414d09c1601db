"""The sender, against a responder that was written by hand as TWAMP-Light peers behave."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest

from tests.agent.links.device import ANCHOR4, FIXED, anchor, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.train import ReceivedDatagram, TrainResult
from thongsuot_agent.probes.stamp.directions import ReflectedPacket
from thongsuot_agent.probes.stamp.probe import PROBE, ParsedTrain, Settings, finding_from, run
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, QualityFlag
from thongsuot_schema.segment import Segment
from thongsuot_schema.stamp.packet import ReflectorPacket
from thongsuot_schema.stamp.timestamp import UNKNOWN_ERROR, ErrorEstimate

MS = 1_000_000
_NTP_EPOCH_S = 2_208_988_800
KNOWN = ErrorEstimate(is_synchronised=True, error_s=0.0005)
CALL = Settings(count=4)


def journey(count: int = 4, **changed: object) -> TrainResult:
    train = TrainResult(
        left_ns={number: number * 20 * MS for number in range(count)},
        by_kernel=set(range(count)),
    )
    for name, value in changed.items():
        setattr(train, name, value)
    return train


def read(*numbers: int, offset_ms: float = 0, error: ErrorEstimate = KNOWN) -> ParsedTrain:
    """Answers with 10 ms there and 30 ms back, by a reflector whose clock is ahead."""
    train = ParsedTrain(answers=[], packets=[])
    for far, number in enumerate(numbers):
        out_ns = number * 20 * MS
        far_ns = out_ns + round((10 + offset_ms) * MS)
        train.packets.append(
            ReflectedPacket(
                number=number,
                reflector_number=far,
                sent_ns=out_ns,
                reflector_received_ns=far_ns,
                reflector_sent_ns=far_ns,
                received_ns=out_ns + 40 * MS,
            )
        )
        train.answers.append(
            ReflectorPacket(
                sequence_number=far,
                timestamp=0,
                error=error,
                receive_timestamp=0,
                sender_sequence_number=number,
                sender_timestamp=0,
                hop_limit=250,
            )
        )
    return train


def test_delays_of_each_direction_are_reported_with_the_error_of_both_clocks() -> None:
    finding = finding_from(journey(), CALL, read(0, 1, 2, 3), KNOWN, 28)
    assert finding.outcome is Outcome.OK
    assert finding.values["stamp_rtt_seconds"] == pytest.approx(0.04)
    assert finding.values["stamp_delay_up_seconds"] == pytest.approx(0.01)
    assert finding.values["stamp_delay_down_seconds"] == pytest.approx(0.03)
    assert finding.values["stamp_clock_error_seconds"] == pytest.approx(0.001)
    assert finding.values["stamp_loss_ratio"] == 0
    assert finding.values["stamp_hop_limit_up_number"] == 250
    assert finding.values["stamp_mos_number"] > 4.3
    assert finding.cost_bytes == 4 * (44 + 28)


@pytest.mark.parametrize(
    ("own", "far"),
    [
        (UNKNOWN_ERROR, KNOWN),
        (KNOWN, UNKNOWN_ERROR),
        (KNOWN, ErrorEstimate(is_synchronised=True, error_s=None)),
        (KNOWN, ErrorEstimate(is_synchronised=True, error_s=0.05)),
    ],
)
def test_without_two_good_clocks_there_is_no_one_way_delay(
    own: ErrorEstimate, far: ErrorEstimate
) -> None:
    finding = finding_from(journey(), CALL, read(0, 1, 2, 3, error=far), own, 28)
    assert not [name for name in finding.values if "delay" in name or "clock" in name]
    assert finding.values["stamp_rtt_seconds"] == pytest.approx(0.04)
    assert "stamp_jitter_up_seconds" in finding.values


def test_a_delay_that_belies_the_clocks_is_left_out() -> None:
    """The reflector claims an error of 0.5 ms and is 100 ms behind."""
    finding = finding_from(journey(), CALL, read(0, 1, offset_ms=-100), KNOWN, 28)
    assert "stamp_delay_up_seconds" not in finding.values
    just = finding_from(journey(), CALL, read(0, 1, offset_ms=-10.5), KNOWN, 28)
    assert just.values["stamp_delay_up_seconds"] == 0.0


def test_a_wall_clock_that_stepped_measures_nothing() -> None:
    finding = finding_from(journey(has_stepped=True), CALL, read(0, 1, 2, 3), KNOWN, 28)
    assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.CLOCK_STEPPED)
    assert finding.doubts == (QualityFlag.CLOCK_STEPPED,)


def test_no_answer_is_loss_with_a_reason() -> None:
    nothing = ParsedTrain(answers=[], packets=[])
    silent = finding_from(journey(), CALL, nothing, KNOWN, 28)
    assert (silent.reason, silent.values) == (Reason.TIMED_OUT, {"stamp_loss_ratio": 1.0})
    closed = finding_from(journey(error=ConnectionRefusedError(111, "")), CALL, nothing, KNOWN, 28)
    assert closed.reason is Reason.CONNECTION_REFUSED
    sealed = ParsedTrain(answers=[], packets=[], unsealed=4)
    other = finding_from(journey(), CALL, sealed, KNOWN, 28)
    assert (other.reason, other.detail) == (
        Reason.RESPONSE_INVALID,
        "4 answers are sealed with another key",
    )


def test_a_stamp_that_was_not_the_kernels_is_a_doubt() -> None:
    finding = finding_from(journey(by_kernel={0, 1, 2}), CALL, read(0, 1, 2, 3), KNOWN, 28)
    assert finding.doubts == (QualityFlag.SOFTWARE_STAMP,)
    came = [ReceivedDatagram(data=bytes(44), at_ns=0, is_kernel_stamp=False, place=0)]
    assert finding_from(journey(received=came), CALL, read(0), KNOWN, 28).doubts


def test_a_test_that_cannot_be_run_is_refused() -> None:
    cases: list[dict[str, Any]] = [
        {"count": 1},
        {"spacing_s": 0.0},
        {"port": 0},
        {"size_bytes": 43},
    ]
    for wrong in cases:
        with pytest.raises(msgspec.ValidationError, match=next(iter(wrong))):
            msgspec.convert(wrong, Settings)


def test_a_gateway_is_not_a_reflector() -> None:
    assert PROBE.applies(anchor())
    assert not PROBE.applies(anchor("gateway"))
    portal = Target(
        name="portal", role=Role.SERVICE, segment=Segment.SERVICE, url="https://a.example"
    )
    assert not PROBE.applies(portal)


def test_padding_makes_packets_as_long_as_asked_and_never_shorter() -> None:
    assert Settings().packet_bytes == 44
    assert Settings(size_bytes=45).packet_bytes == 48
    assert Settings(size_bytes=200).packet_bytes == 200
    assert Settings(key_file="key").packet_bytes == 112
    assert Settings(key_file="key", size_bytes=200).packet_bytes == 200


class TwampyResponder:
    """
    Answers as nokia/twampy does: 40 bytes, no hop limit, no idea of its clock. It misses packets 2
    to 4 of each train and does not answer packet 6.
    """

    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened
        self._heard = 0
        self.answered = 0
        self.longest_s = 0.0
        """The longest time from a packet of the train to its answer."""

    def serve(self) -> None:
        """Answer until an empty packet comes."""
        while True:
            data, sender = self._opened.recvfrom(2048)
            if not data:
                return
            asked, seconds, fraction = struct.unpack("!3I", data[:12])
            if asked == 0:
                self._heard, self.answered, self.longest_s = 0, 0, 0.0
            if asked in {2, 3, 4}:
                continue
            self._heard += 1
            if asked == 6:
                continue
            now_s = time.time()
            sent_s = seconds - _NTP_EPOCH_S + fraction / (1 << 32)
            moment = (int(now_s) + _NTP_EPOCH_S, int(now_s % 1 * (1 << 32)))
            answer = struct.pack("!I2I2H2I", self._heard - 1, *moment, 0x0001, 0, *moment)
            self._opened.sendto(answer + data[:14] + bytes(2), sender)
            self.longest_s = max(self.longest_s, time.time() - sent_s)
            self.answered += 1


@contextmanager
def responder(lab: Lab) -> Iterator[tuple[int, TwampyResponder]]:
    with lab.node("anchor").socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((ANCHOR4, 0))
        answering = TwampyResponder(opened)
        thread = Thread(target=answering.serve)
        thread.start()
        try:
            yield opened.getsockname()[1], answering
        finally:
            with lab.node("anchor").socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", (ANCHOR4, opened.getsockname()[1]))
            thread.join()


def measure(lab: Lab, settings: Settings, family: Family = Family.IP4) -> Finding:
    async def once(monitor: LinkMonitor) -> Finding:
        return await run(monitor.links["fixed"], anchor(), family, settings)

    return on_device(lab, once, (FIXED,))


def measure_in_time(lab: Lab, port: int, answering: TwampyResponder) -> tuple[Finding, float]:
    """Make a run in which no answer comes too late, as on a busy machine; and how long it took."""
    settings = Settings(port=port, count=10, spacing_s=0.005)
    for _ in range(30):
        began_s = time.monotonic()
        finding = measure(lab, settings)
        waited_s = time.monotonic() - began_s
        if answering.answered == 6 and answering.longest_s < settings.timeout_s / 2:
            return finding, waited_s
    pytest.fail("the responder was late each time")


@pytest.mark.lab
@needs_lab
def test_a_twamp_light_responder_is_measured(lab: Lab) -> None:
    with responder(lab) as (port, answering):
        finding, waited_s = measure_in_time(lab, port, answering)
    assert finding.outcome is Outcome.OK
    assert finding.values["stamp_loss_ratio"] == pytest.approx(0.4)
    assert finding.values["stamp_loss_up_ratio"] == pytest.approx(0.3)
    assert finding.values["stamp_loss_down_ratio"] == pytest.approx(1 / 7)
    assert 0 < finding.values["stamp_rtt_seconds"] < waited_s
    assert "stamp_delay_up_seconds" not in finding.values
    assert "stamp_hop_limit_up_number" not in finding.values
    assert finding.evidence["packets"] == "10 sent, 6 answered"
    assert finding.cost_bytes == 10 * 72 + 6 * 68


@pytest.mark.lab
@needs_lab
def test_where_nobody_listens_the_host_reports_it(lab: Lab) -> None:
    finding = measure(lab, Settings(port=9, count=3, spacing_s=0.005, timeout_s=0.2))
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.CONNECTION_REFUSED)


@pytest.mark.lab
@needs_lab
def test_a_key_that_cannot_be_read_is_reported(lab: Lab, tmp_path: Path) -> None:
    finding = measure(lab, Settings(key_file=str(tmp_path / "none")))
    assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.PERMISSION_DENIED)
