"""Quiet hours: from when to when, over midnight, and for what."""

from datetime import datetime

import msgspec
import pytest

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.notify.dispatch.quiet_hours import QuietHours
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.words.dates import VIETNAM

NIGHT = NotifySettings(quiet_from="22:00", quiet_until="06:30")
NOON = NotifySettings(quiet_from="11:30", quiet_until="13:00")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=VIETNAM).timestamp()) * NS_PER_S


@pytest.mark.parametrize(
    ("settings", "now", "until"),
    [
        (NIGHT, "2026-11-26T21:59:59", ""),
        (NIGHT, "2026-11-26T22:00", "2026-11-27T06:30"),
        (NIGHT, "2026-11-27T06:29:59", "2026-11-27T06:30"),
        (NIGHT, "2026-11-27T06:30", ""),
        (NOON, "2026-11-27T12:00", "2026-11-27T13:00"),
        (NOON, "2026-11-27T13:00", ""),
        (NotifySettings(), "2026-11-27T02:00", ""),
    ],
)
def test_work_that_can_wait_waits_until_their_end(
    settings: NotifySettings, now: str, until: str
) -> None:
    expected_ns = at(until) if until else 0
    assert QuietHours(settings).until_ns(Severity.MINOR, at(now)) == expected_ns


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.MAJOR])
def test_urgent_work_never_waits(severity: Severity) -> None:
    assert QuietHours(NIGHT).until_ns(severity, at("2026-11-27T02:00")) == 0


@pytest.mark.parametrize("clock", ["24:00", "7:00", "quiet", "22:00:00"])
def test_an_invalid_clock_time_is_refused(clock: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"quiet_from": clock}, NotifySettings)
