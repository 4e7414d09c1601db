"""Alertmanager: the contract, what an alert is, and what is repeated."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest

from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.incident_events import (
    carrier_outage,
    city_inventory,
    cut_fibre,
    message_of,
    restore_fibre,
    secret_file,
    steady_city,
)
from tests.collector.notify.receiver_process import WELL, ReceiverProcess
from tests.collector.running import WITHIN_S
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.notify.channels.alertmanager import (
    AlertmanagerChannel,
    Settings,
    alert_name,
    check,
)
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.message import ChannelOutcome, NotificationMessage
from thongsuot_collector.rules.loader import load_all

BEARER = "bearer-of-the-cluster"
TROUBLE = {
    "503": ChannelOutcome.RETRY,
    "400": ChannelOutcome.REJECTED,
    "401": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "404": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "500": ChannelOutcome.UNKNOWN,
    "drop": ChannelOutcome.UNKNOWN,
}


class AlertmanagerFixture:
    failure_outcomes = MappingProxyType(TROUBLE)
    echo = "echo"
    secrets = (BEARER,)
    absent_outcome = ChannelOutcome.RETRY
    deduplicates = True

    def __init__(self, peer: ReceiverProcess, folder: Path) -> None:
        self.peer = peer
        self.behave = peer.folder.behave
        self.settings = Settings(
            kind="alertmanager",
            name="main",
            urls=(f"http://127.0.0.1:{peer.port}/",),
            bearer_file=secret_file(folder, "bearer", BEARER),
            timeout_s=WITHIN_S,
        )

    def start(self) -> None:
        self.peer.start()

    def stop(self) -> None:
        self.peer.stop()

    def channel(self) -> AlertmanagerChannel:
        check(self.settings)
        return AlertmanagerChannel(self.settings)

    def received_kinds(self) -> list[str]:
        return [request["kind"] for request in self.peer.folder.received()]

    def labels(self) -> list[dict[str, str]]:
        return [
            msgspec.json.decode(request["alert"], type=dict[str, str])
            for request in self.peer.folder.received()
        ]


@pytest.fixture
def fixture(tmp_path: Path) -> Iterator[AlertmanagerFixture]:
    peer = ReceiverProcess("tests.collector.notify.alert_receiver", tmp_path / "peer").start()
    yield AlertmanagerFixture(peer, tmp_path)
    peer.stop()


def with_memo(message: NotificationMessage, memo: str | None) -> NotificationMessage:
    assert memo is not None
    return msgspec.structs.replace(message, memo=memo)


def with_severity(message: NotificationMessage, severity: Severity) -> NotificationMessage:
    incident = msgspec.structs.replace(message.incident, severity=severity)
    return msgspec.structs.replace(message, incident=incident)


async def test_labels_stay_from_the_opening_to_the_end_whatever_the_incident_becomes(
    fixture: AlertmanagerFixture,
) -> None:
    made = steady_city(city_inventory())
    opened = message_of(carrier_outage(made), made)
    channel = fixture.channel()
    answer = await channel.send(opened)
    fewer = msgspec.structs.replace(
        opened,
        kind=NotificationKind.RESOLVED,
        document=msgspec.structs.replace(
            opened.document, affected=opened.document.affected[:1], rule="link_fault"
        ),
        memo=answer.memo or "",
    )
    assert (await channel.send(fewer)).outcome is ChannelOutcome.DELIVERED
    await channel.close()
    first, last = fixture.labels()
    assert first == last
    assert fixture.received_kinds() == ["opened", "resolved"]
    assert first["alertname"] == "CarrierOutage"
    assert (first["party"], first["responsible"]) == ("carrier", "vnpt")
    assert (first["carrier"], first["segment"], first["severity"]) == ("vnpt", "access", "critical")
    assert "site" not in first


async def test_an_alert_of_one_link_says_which(fixture: AlertmanagerFixture) -> None:
    made = steady_city(city_inventory())
    channel = fixture.channel()
    await channel.send(message_of(cut_fibre(made, "s3"), made))
    await channel.close()
    (labels,) = fixture.labels()
    assert (
        labels.items()
        >= {
            "alertname": "LinkFault",
            "severity": "major",
            "segment": "access",
            "site": "s3",
            "link": "fiber",
            "carrier": "vnpt",
            "medium": "fiber",
            "audience": "carrier:vnpt",
        }.items()
    )


async def test_a_graver_incident_becomes_a_second_alert_and_both_end_with_it(
    fixture: AlertmanagerFixture,
) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    graver = with_severity(opened, Severity.CRITICAL)
    channel = fixture.channel()
    memo = (await channel.send(opened)).memo
    await channel.resend([with_memo(graver, memo)])
    assert [labels["severity"] for labels in fixture.labels()] == ["major"]
    memo = (await channel.send(with_memo(graver, memo))).memo
    lesser = with_memo(with_severity(opened, Severity.MINOR), memo)
    memo = (await channel.send(lesser)).memo
    assert [labels["severity"] for labels in fixture.labels()] == ["major", "critical"]
    await channel.resend([with_memo(graver, memo)])
    await channel.send(with_memo(message_of(restore_fibre(made), made), memo))
    await channel.close()
    first, second, *ended = fixture.labels()
    assert ended == [first, second]
    assert fixture.received_kinds() == ["opened", "opened", "resolved", "resolved"]
    assert {name for name in first if first[name] != second[name]} == {"severity"}


async def test_a_severity_that_the_settings_name_stays_as_they_name_it(
    fixture: AlertmanagerFixture,
) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    settings = msgspec.structs.replace(fixture.settings, labels={"severity": "page"})
    channel = AlertmanagerChannel(settings)
    memo = (await channel.send(opened)).memo
    await channel.send(with_memo(with_severity(opened, Severity.CRITICAL), memo))
    await channel.close()
    assert [labels["severity"] for labels in fixture.labels()] == ["page"]


async def test_an_alert_of_an_older_collector_ends_under_the_labels_that_it_was_given(
    fixture: AlertmanagerFixture,
) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    old = {"alertname": "link_fault", "incident": opened.incident.id}
    memo = msgspec.json.encode({"labels": old, "starts_ns": opened.incident.opened_ns}).decode()
    channel = fixture.channel()
    await channel.resend([with_memo(opened, memo)])
    await channel.send(with_memo(message_of(restore_fibre(made), made), memo))
    await channel.close()
    assert fixture.labels() == [old, old]
    assert fixture.received_kinds() == ["opened", "resolved"]


def test_every_rule_has_an_alert_name_as_alerts_are_written() -> None:
    names = {alert_name(rule.code) for rule in load_all()}
    assert len(names) == len(load_all())
    assert {"CarrierOutage", "LinkFault", "SitePower"} <= names
    assert all(re.fullmatch("([A-Z][a-z0-9]+)+", name) for name in names)


async def test_a_repetition_that_was_made_before_something_newer_is_not_sent_after_it(
    fixture: AlertmanagerFixture,
) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    channel = fixture.channel()
    memo = (await channel.send(opened)).memo
    fixture.stop()
    (fixture.peer.folder.path / "received.jsonl").unlink()
    fixture.start()  # it has forgotten everything
    assert (await channel.resend([with_memo(opened, memo)])).outcome is ChannelOutcome.DELIVERED
    assert fixture.received_kinds() == ["opened"]
    ended = with_memo(message_of(restore_fibre(made), made), memo)
    await channel.send(ended)
    await channel.resend([with_memo(opened, memo)])
    assert fixture.received_kinds() == ["opened", "resolved"]
    await channel.send(message_of(cut_fibre(made), made))
    await channel.resend([ended])
    assert fixture.received_kinds() == ["opened", "resolved", "opened"]
    await channel.close()


async def test_a_member_of_a_cluster_that_missed_an_end_is_told_of_it_again(
    fixture: AlertmanagerFixture, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    other = ReceiverProcess("tests.collector.notify.alert_receiver", tmp_path / "other").start()
    urls = (*fixture.settings.urls, f"http://127.0.0.1:{other.port}")
    channel = AlertmanagerChannel(msgspec.structs.replace(fixture.settings, urls=urls))
    memo = (await channel.send(message_of(cut_fibre(made), made))).memo
    other.folder.behave("503")
    ended = with_memo(message_of(restore_fibre(made), made), memo)
    assert (await channel.send(ended)).outcome is ChannelOutcome.DELIVERED
    other.folder.behave(WELL)
    assert (await channel.resend([ended])).outcome is ChannelOutcome.DELIVERED
    assert [request["kind"] for request in other.folder.received()] == ["opened", "resolved"]
    # What an older collector ended has no memo: there is nothing to name it by.
    without_memo = msgspec.structs.replace(ended, memo="")
    assert (await channel.resend([without_memo])).text == "nothing to repeat"
    await channel.close()
    other.stop()


async def test_one_member_of_a_cluster_that_has_it_is_enough(
    fixture: AlertmanagerFixture, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    other = ReceiverProcess("tests.collector.notify.alert_receiver", tmp_path / "other").start()
    urls = (*fixture.settings.urls, f"http://127.0.0.1:{other.port}")
    channel = AlertmanagerChannel(msgspec.structs.replace(fixture.settings, urls=urls))
    other.folder.behave("500")
    answer = await channel.send(message_of(cut_fibre(made), made))
    assert answer.outcome is ChannelOutcome.DELIVERED
    assert "1 of 2 did not: 500" in answer.text
    fixture.behave("503")
    answer = await channel.send(message_of(cut_fibre(made, "s3"), made))
    assert answer.outcome is ChannelOutcome.UNKNOWN
    other.folder.behave(WELL)
    await channel.close()
    other.stop()


def test_an_alert_that_would_end_between_two_repetitions_is_refused_at_start() -> None:
    settings = Settings(kind="alertmanager", name="a", urls=("http://a:9093",), lasts_s=100.0)
    with pytest.raises(ValueError, match="lasts_s is 100 s"):
        check(settings)
    assert load("alertmanager").settings is Settings
