"""Alarms: the contract, the published form, causes and severities of X.733."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import tmf
from tests.collector.notify.carrier_fixture import FAILURE_OUTCOMES, SECRETS, CarrierFixture
from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.incident_events import (
    break_portal,
    carrier_outage,
    city_inventory,
    cut_fibre,
    message_of,
    restore_fibre,
    steady_city,
)
from tests.outside_data import need_file
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.channels.tmf642.alarm import new_alarm
from thongsuot_collector.notify.channels.tmf642.causes import ALARM_CAUSES, alarm_cause
from thongsuot_collector.notify.channels.tmf642.channel import AlarmChannel, Settings
from thongsuot_collector.notify.http.tmf_api import check_tmf
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
    OpenNotification,
)
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom


class AlarmFixture:
    failure_outcomes = FAILURE_OUTCOMES
    echo = "echo"
    secrets = SECRETS
    absent_outcome = ChannelOutcome.RETRY
    deduplicates = True

    def __init__(self, carrier: CarrierFixture) -> None:
        self.carrier = carrier
        self.desk = carrier.desk
        self.start = carrier.start
        self.stop = carrier.stop
        self.behave = carrier.behave
        every = {
            "kind": "tmf642",
            **carrier.credentials(),
            **carrier.callback("http://127.0.0.1:9"),
        }
        self.settings = msgspec.convert(every, Settings)

    def channel(self) -> AlarmChannel:
        check_tmf(self.settings)
        return AlarmChannel(self.settings)

    def alarms(self) -> list[dict[str, Any]]:
        alarms: list[dict[str, Any]] = self.desk.operator_call("GET", "alarms")
        return alarms

    def received_kinds(self) -> list[str]:
        kinds = []
        for alarm in self.alarms():
            kinds.append("opened")
            if alarm["perceivedSeverity"] == "cleared":
                kinds.append("resolved")
        return kinds

    async def tell(self, message: NotificationMessage) -> ChannelResult:
        channel = self.channel()
        try:
            return await channel.send(message)
        finally:
            await channel.close()


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CarrierFixture]:
    desk = CarrierFixture(tmp_path_factory.mktemp("carrier"))
    yield desk
    desk.stop()


@pytest.fixture
def fixture(carrier: CarrierFixture) -> AlarmFixture:
    carrier.clear()
    return AlarmFixture(carrier)


async def test_every_request_and_answer_is_as_published(fixture: AlarmFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    reference = (await fixture.tell(opened)).reference
    await fixture.tell(
        msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference=reference)
    )
    await fixture.tell(message_of(restore_fibre(made), made, reference=reference))
    await fixture.tell(message_of(carrier_outage(made, "viettel"), made))
    await fixture.tell(message_of(break_portal(made), made))
    assert fixture.carrier.check_exchanges() == 10
    assert [alarm["perceivedSeverity"] for alarm in fixture.alarms()] == [
        "cleared",
        "critical",
        "critical",
    ]


async def test_an_alarm_says_what_where_and_how_bad(fixture: AlarmFixture) -> None:
    made = steady_city(city_inventory())
    await fixture.tell(message_of(cut_fibre(made), made))
    (alarm,) = fixture.alarms()
    assert (alarm["alarmType"], alarm["probableCause"]) == (
        "communicationsAlarm",
        "communicationsSubsystemFailure",
    )
    assert alarm["perceivedSeverity"] == "major"
    assert alarm["alarmedObject"] == {"id": "FTTH-0000"}
    assert alarm["alarmRaisedTime"] == "2026-11-18T11:07:10.000Z"
    assert [place["name"] for place in alarm["place"]] == ["Điểm 0"]


async def test_an_outage_is_one_alarm_with_all_its_circuits(fixture: AlarmFixture) -> None:
    made = steady_city(city_inventory())
    await fixture.tell(message_of(carrier_outage(made), made))
    (alarm,) = fixture.alarms()
    assert alarm["alarmedObject"] == {"id": "vnpt"}
    circuits = sorted(service["id"] for service in alarm["affectedService"])
    assert circuits == ["FTTH-0000", "FTTH-0003", "FTTH-0006", "FTTH-0009"]


def test_a_figure_that_decided_is_in_the_alarm() -> None:
    made = steady_city(city_inventory())
    message = message_of(cut_fibre(made), made)
    lossy = Evidence(kind="icmp", metric="icmp_loss_ratio", value=0.05, limit=0.02)
    (shown,) = message.document.subject_evidence
    document = msgspec.structs.replace(
        message.document, subject_evidence=(msgspec.structs.replace(shown, evidence=(lossy,)),)
    )
    alarm = new_alarm(msgspec.structs.replace(message, document=document))
    assert alarm["crossedThresholdInformation"] == {
        "indicatorName": "icmp_loss_ratio",
        "indicatorUnit": "ratio",
        "observedValue": "0.05",
        "direction": "up",
        "thresholdCrossingDescription": "0.05 against 0.02",
    }


async def test_an_alarm_cleared_by_somebody_is_raised_again_with_the_next_update(
    fixture: AlarmFixture,
) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    reference = (await fixture.tell(opened)).reference
    fixture.desk.operator_call("POST", f"alarms/{reference}", {"perceivedSeverity": "cleared"})
    answer = await fixture.tell(
        msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference=reference)
    )
    assert answer.outcome is ChannelOutcome.DELIVERED
    assert answer.reference != reference
    end = message_of(restore_fibre(made), made, reference=reference)
    assert (await fixture.tell(end)).text == "cleared already"


async def test_acknowledgements_of_alarms_are_accepted(fixture: AlarmFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    reference = (await fixture.tell(opened)).reference
    known = [OpenNotification(thread_id=opened.thread_id, reference=reference)]
    channel = fixture.channel()
    assert await channel.poll(known) == []
    asked = {"ackState": "acknowledged", "ackUserId": "trực ca 3"}
    fixture.desk.operator_call("POST", f"alarms/{reference}", asked)
    (news,) = await channel.poll(known)
    assert (news.status, news.text) == ("acknowledged", "trực ca 3")
    fixture.behave("503")
    assert await channel.poll(known) == []
    await channel.close()


def test_every_symptom_of_a_fault_has_a_cause_that_the_standard_knows() -> None:
    assert set(Symptom) - set(ALARM_CAUSES) == {Symptom.NONE, Symptom.NOT_YET_MEASURED}
    assert alarm_cause(Symptom.NONE, State.DOWN).cause == "communicationsSubsystemFailure"
    assert alarm_cause(Symptom.NONE, State.DEGRADED).cause == "degradedSignal"
    assert alarm_cause(Symptom.NONE, State.UNKNOWN).cause == "timeoutExpired"
    file = tmf.FOLDER.parent / "itu-probable-causes.csv"
    need_file(file)
    with file.open(encoding="utf-8") as rows:
        known = {row["name"] for row in csv.DictReader(rows)}
    assert {cause.cause for cause in ALARM_CAUSES.values()} <= known
    assert load("tmf642").settings is Settings


def test_callbacks_without_their_secret_are_refused(fixture: AlarmFixture, tmp_path: Path) -> None:
    broken = msgspec.structs.replace(fixture.settings, callback_token_file="")
    with pytest.raises(ValueError, match="callback_url and callback_token_file belong together"):
        check_tmf(broken)
    nowhere = msgspec.structs.replace(
        fixture.settings, callback_token_file=str(tmp_path / "nowhere")
    )
    with pytest.raises(OSError, match="No such file"):
        check_tmf(nowhere)
