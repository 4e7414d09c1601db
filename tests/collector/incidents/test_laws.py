"""Invariants of incidents in any city, order of events and number of restarts."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.incidents.city import PORTAL, CityFixture, inventory
from tests.collector.timeline.boot_script import (
    CUT,
    LOSSY,
    OUT,
    REFUSES,
    UNPLUGGED,
    UP,
    VerdictTriple,
    wall_ns,
)
from tests.timing import examples
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.notification_log import NotificationKind

SITES = 5
BOOT_S = 45
"""A device that was switched off cannot be measuring again before this."""
LINK_VERDICTS: list[VerdictTriple] = [UP, CUT, OUT, LOSSY, UNPLUGGED]


@dataclass(frozen=True)
class ScriptStep:
    """One thing that happens after a wait."""

    wait_s: int
    action: str
    site: str = "s0"
    link: str = "fiber"
    verdict: VerdictTriple = UP
    length_s: int = 60


script_steps = st.builds(
    ScriptStep,
    wait_s=st.sampled_from([0, 1, 2, 5, 20, 40, 90, 400]),
    action=st.sampled_from(
        ["link", "link", "link", "link", "service", "mute", "speak", "off", "on", "plan", "restart"]
    ),
    site=st.sampled_from([f"s{n}" for n in range(SITES)]),
    link=st.sampled_from(["fiber", "5g"]),
    verdict=st.sampled_from(LINK_VERDICTS),
    length_s=st.sampled_from([30, 200]),
)


class ScriptRunner:
    """A city in which acts are played; ``truth`` is what the agents said last of each link."""

    def __init__(self, *, restarts: bool) -> None:
        self.city = CityFixture(inventory(SITES, ("vnpt", "viettel")))
        self.restarts = restarts
        self.windows: list[MaintenanceWindow] = []
        self.truth: dict[str, VerdictTriple] = {}
        self.off_since_s: dict[str, float] = {}
        self.alarms: list[tuple[str, VerdictTriple]] = []
        self.city.start()

    def play(self, script: Sequence[ScriptStep]) -> None:
        """Play a script, then let all become well, and time pass."""
        for act in script:
            self.run(act.wait_s)
            self.act(act)
        self.run(BOOT_S)
        for site, device in self.city.devices.items():
            if device.is_off:
                self.city.power_on(site)
            for subject in ("fiber", "5g", f"/{PORTAL}"):
                self.truth[f"{site}/{subject}"] = UP
                self.city.report(site, subject, UP)
            if device.is_mute:
                self.city.restore_uplink(site)
        self.run(900)

    def run(self, length_s: float) -> None:
        """Let time pass second by second, and note who is alarmed of what is well."""
        until_s = self.city.now_s + length_s
        while self.city.now_s < until_s:
            count_before = len(self.city.notifications)
            self.city.run(self.city.now_s + 1)
            for event in self.city.notifications[count_before:]:
                if (
                    event.record.kind is NotificationKind.OPENED
                    and event.incident.code == "link_fault"
                ):
                    site = event.incident.members[0].subject.site
                    if not self.city.devices[site].is_mute:
                        key = event.incident.key
                        self.alarms.append((key, self.truth.get(key, UP)))

    def act(self, act: ScriptStep) -> None:
        city, device = self.city, self.city.devices[act.site]
        if act.action == "link" and not device.is_off:
            self.truth[f"{act.site}/{act.link}"] = act.verdict
            city.report(act.site, act.link, act.verdict)
        elif act.action == "service" and not device.is_off:
            city.report(act.site, f"/{PORTAL}", REFUSES if act.verdict is not UP else UP)
        elif act.action == "mute":
            city.cut_uplink(act.site)
        elif act.action == "speak" and device.is_mute and not device.is_off:
            city.restore_uplink(act.site)
        elif act.action == "off":
            self.off_since_s.setdefault(act.site, city.now_s)
            city.power_off(act.site)
        elif (
            act.action == "on" and city.now_s - self.off_since_s.get(act.site, city.now_s) > BOOT_S
        ):
            del self.off_since_s[act.site]
            for link in ("fiber", "5g"):
                self.truth[f"{act.site}/{link}"] = UP
            city.power_on(act.site)
        elif act.action == "plan":
            self.plan(act)
        elif act.action == "restart" and self.restarts:
            city.restart()

    def plan(self, act: ScriptStep) -> None:
        carrier = "vnpt" if act.link == "fiber" else ""
        self.windows.append(
            MaintenanceWindow(
                id=f"w{len(self.windows)}",
                start_ns=wall_ns(self.city.now_s),
                end_ns=wall_ns(self.city.now_s + act.length_s),
                carrier=carrier,
                site="" if carrier else act.site,
            )
        )
        actions.set_windows(self.city.registry, self.windows)


@given(st.lists(script_steps, max_size=14))
@settings(max_examples=examples(60), deadline=None)
def test_nobody_is_ever_notified_twice_or_of_ended_faults_and_everything_is_resolved(
    script: list[ScriptStep],
) -> None:
    stage = ScriptRunner(restarts=True)
    stage.play(script)
    registry = stage.city.registry
    for incident in registry.incidents.values():
        is_told = False
        for number, entry in enumerate(incident.notifications, 1):
            assert entry.number == number
            assert is_told is (entry.kind is not NotificationKind.OPENED)
            is_told = entry.kind is not NotificationKind.RESOLVED
            if number > 1 and entry.kind is not NotificationKind.OPENED:
                assert entry.party == incident.notifications[number - 2].party
        assert not is_told
        assert not incident.is_open
        assert incident.closed_ns is not None
    assert len({event.id for event in stage.city.notifications}) == len(stage.city.notifications)
    assert [key for key, verdict in stage.alarms if verdict is UP] == []


@given(st.lists(script_steps, max_size=14))
@settings(max_examples=examples(30), deadline=None)
def test_restarts_change_nothing(script: list[ScriptStep]) -> None:
    restarted, straight = ScriptRunner(restarts=True), ScriptRunner(restarts=False)
    restarted.play(script)
    straight.play(script)
    assert restarted.city.notification_lines() == straight.city.notification_lines()
    assert restarted.city.incidents() == straight.city.incidents()


@given(st.lists(script_steps, max_size=10))
@settings(max_examples=examples(30), deadline=None)
def test_reading_everything_again_changes_nothing(script: list[ScriptStep]) -> None:
    stage = ScriptRunner(restarts=False)
    stage.play(script)
    city = stage.city
    count_before, incidents = city.notification_lines(), city.incidents()
    for device in city.devices.values():
        for piece in device.script.pieces:
            city.apply_summary(device, piece)
    city.run(city.now_s + 100)
    assert (city.notification_lines(), city.incidents()) == (count_before, incidents)
