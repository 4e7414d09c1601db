"""From a fault to what a real Alertmanager tells: once, whoever restarts, and its end."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.incident_events import (
    carrier_outage,
    city_inventory,
    configured_service,
    cut_fibre,
    restore_fibre,
    steady_city,
)
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import WITHIN_S, eventually
from tests.collector.timeline.boot_script import CUT, UP
from tests.servers import AlertmanagerServer
from thongsuot_collector.notify.channels.alertmanager import Settings
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.settings import NotifySettings

pytestmark = pytest.mark.servers

Make = Callable[..., AlertmanagerServer]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[ReceiverProcess]:
    peer = ReceiverProcess(
        "tests.collector.notify.alert_webhook_receiver", tmp_path / "sink"
    ).start()
    yield peer
    peer.stop()


@pytest.fixture
def alertmanager(own_alertmanager: Make, sink: ReceiverProcess) -> AlertmanagerServer:
    return own_alertmanager(f"http://127.0.0.1:{sink.port}/").start()


def notifying(
    made: CityFixture, path: Path, *servers: AlertmanagerServer
) -> AbstractAsyncContextManager[NotificationService]:
    """Run all of telling with one channel, Alertmanager."""
    channel = Settings(
        kind="alertmanager",
        name="main",
        urls=tuple(server.url for server in servers),
        repeat_s=0.2,
        timeout_s=WITHIN_S,
    )
    settings = NotifySettings(channels=("main",), retry_s=0.02, city="so-khcn")
    return configured_service(made, path, [(load("alertmanager"), channel)], settings)


def statuses(sink: ReceiverProcess, incident: str) -> list[str]:
    """Return what Alertmanager has told of an incident so far, sorted by whom it is for."""
    received = sink.folder.received()
    return sorted(alert["status"] for alert in received if alert["incident"] == incident)


INHIBITION = """\
inhibit_rules:
  - source_matchers: ['severity="critical"']
    target_matchers: ['severity=~"major|minor|warning|indeterminate"']
    equal: [incident, audience]
"""


def severities(sink: ReceiverProcess, incident: str) -> set[str]:
    """Return the severities of what Alertmanager has told of an incident."""
    received = [alert for alert in sink.folder.received() if alert["incident"] == incident]
    return {json.loads(alert["labels"])["severity"] for alert in received}


def muted(alertmanager: AlertmanagerServer, incident: str) -> int:
    """Return how many alerts of an incident another alert keeps silent."""
    return sum(
        alert["labels"]["incident"] == incident and bool(alert["status"]["inhibitedBy"])
        for alert in alertmanager.alerts()
    )


def firing_fingerprints(sink: ReceiverProcess) -> set[str]:
    """Return the alerts whose end has not been told."""
    latest = {alert["fingerprint"]: alert["status"] for alert in sink.folder.received()}
    return {fingerprint for fingerprint, status in latest.items() if status == "firing"}


async def test_a_fault_and_its_end_are_reported_once_to_the_carrier_and_to_the_city(
    alertmanager: AlertmanagerServer, sink: ReceiverProcess, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    async with notifying(made, tmp_path, alertmanager) as dispatcher:
        event = cut_fibre(made)
        dispatcher.enqueue((event,))
        await eventually(lambda: len(statuses(sink, event.incident.id)) == 2)
        assert statuses(sink, event.incident.id) == ["firing", "firing"]
        assert {alert["summary"] for alert in sink.folder.received()} == {
            "[SC] FTTH-0000 mất kết nối 18:07 Phường 1, Điểm 0"
        }
        dispatcher.enqueue((restore_fibre(made),))
        await eventually(lambda: len(statuses(sink, event.incident.id)) == 4)
        await eventually(lambda: not alertmanager.alerts())
    firing, resolved = ["firing"] * 2, ["resolved"] * 2
    assert statuses(sink, event.incident.id) == firing + resolved
    assert len({alert["fingerprint"] for alert in sink.folder.received()}) == 2
    labels = [json.loads(alert["labels"]) for alert in sink.folder.received()]
    assert all(
        alert.items()
        >= {"alertname": "LinkFault", "severity": "major", "segment": "access"}.items()
        for alert in labels
    )


async def test_a_critical_route_is_notified_when_the_site_loses_its_last_line(
    own_alertmanager: Make, sink: ReceiverProcess, tmp_path: Path
) -> None:
    """With the documented inhibition rule: the major alert is muted, not resolved."""
    alertmanager = own_alertmanager(f"http://127.0.0.1:{sink.port}/", INHIBITION).start()
    made = steady_city(city_inventory())
    async with notifying(made, tmp_path, alertmanager) as dispatcher:
        event = cut_fibre(made)
        dispatcher.enqueue((event,))
        await eventually(lambda: len(statuses(sink, event.incident.id)) == 2)
        made.report("s0", "5g", CUT)
        made.run(made.now_s + 120)
        dispatcher.enqueue(tuple(made.notifications[1:]))
        await eventually(lambda: "critical" in severities(sink, event.incident.id))
        await eventually(lambda: muted(alertmanager, event.incident.id) == 2)
        assert "resolved" not in statuses(sink, event.incident.id)
        before = len(made.notifications)
        made.report("s0", "5g", UP)
        made.report("s0", "fiber", UP)
        made.run(made.now_s + 200)
        dispatcher.enqueue(tuple(made.notifications[before:]))
        await eventually(lambda: not alertmanager.alerts())
        await eventually(lambda: firing_fingerprints(sink) == set())


async def test_a_restart_of_the_collector_notifies_nobody_again_and_ends_what_ended_meanwhile(
    alertmanager: AlertmanagerServer, sink: ReceiverProcess, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    event = carrier_outage(made)
    async with notifying(made, tmp_path, alertmanager) as dispatcher:
        dispatcher.enqueue((event,))
        await eventually(lambda: len(statuses(sink, event.incident.id)) == 2)
    async with notifying(made, tmp_path, alertmanager) as dispatcher:
        dispatcher.enqueue((event,))
        await eventually(lambda: len(alertmanager.alerts()) == 2)
    assert statuses(sink, event.incident.id) == ["firing", "firing"]
    for site in made.directory.sites.values():
        if site.links[0].carrier == "vnpt":
            made.report(site.name, "fiber", UP)
    made.run(made.now_s + 200)
    async with notifying(made, tmp_path, alertmanager) as dispatcher:
        dispatcher.enqueue(tuple(made.notifications[-1:]))
        await eventually(lambda: len(statuses(sink, event.incident.id)) == 4)
    assert statuses(sink, event.incident.id)[2:] == ["resolved", "resolved"]


async def test_an_alertmanager_that_forgets_is_reminded_and_repeats_nothing_to_people(
    alertmanager: AlertmanagerServer, sink: ReceiverProcess, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    async with notifying(made, tmp_path, alertmanager) as dispatcher:
        event = cut_fibre(made)
        dispatcher.enqueue((event,))
        await eventually(lambda: len(statuses(sink, event.incident.id)) == 2)
        # Only what it has noted as told does it not tell again when it comes back.
        await eventually(lambda: alertmanager.notified() >= 2)
        alertmanager.stop()
        other = cut_fibre(made, "s4")
        dispatcher.enqueue((other,))
        alertmanager.start()
        await eventually(lambda: len(alertmanager.alerts()) == 4)
        await eventually(lambda: len(statuses(sink, other.incident.id)) == 2)
    assert statuses(sink, event.incident.id) == ["firing", "firing"]


async def test_a_cluster_of_which_one_is_away_still_tells(
    alertmanager: AlertmanagerServer, own_alertmanager: Make, sink: ReceiverProcess, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    other = own_alertmanager(f"http://127.0.0.1:{sink.port}/").start()
    async with notifying(made, tmp_path, alertmanager, other) as dispatcher:
        other.stop()
        event = cut_fibre(made)
        dispatcher.enqueue((event,))
        await eventually(lambda: len(statuses(sink, event.incident.id)) == 2)
        # The message may be there before it is noted that it is.
        await eventually(
            lambda: made.registry.incidents[event.incident.id].notifications[0].is_done
        )
        entry = made.registry.incidents[event.incident.id].notifications[0]
        assert "1 of 2 did not" in entry.deliveries[0].text
