"""What holds whatever happens in a town, in whatever order, and however often it is restarted."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
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
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.registry import RegistrySnapshot

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
    said: VerdictTriple = UP
    length_s: int = 60


script_steps = st.builds(
    ScriptStep,
    wait_s=st.sampled_from([0, 1, 2, 5, 20, 40, 90, 400]),
    action=st.sampled_from(
        ["link", "link", "link", "link", "service", "mute", "speak", "off", "on", "plan", "restart"]
    ),
    site=st.sampled_from([f"s{n}" for n in range(SITES)]),
    link=st.sampled_from(["fiber", "5g"]),
    said=st.sampled_from(LINK_VERDICTS),
    length_s=st.sampled_from([30, 200]),
)


class ScriptRunner:
    """A town in which acts are played; ``truth`` is what the agents said last of each link."""

    def __init__(self, *, restarts: bool) -> None:
        self.town = CityFixture(inventory(SITES, ("vnpt", "viettel")))
        self.restarts = restarts
        self.windows: list[MaintenanceWindow] = []
        self.truth: dict[str, VerdictTriple] = {}
        self.off_since_s: dict[str, float] = {}
        self.alarms: list[tuple[str, VerdictTriple]] = []
        self.town.start()

    def play(self, script: Sequence[ScriptStep]) -> None:
        """Play a script, then let all become well, and time pass."""
        for act in script:
            self.run(act.wait_s)
            self.act(act)
        self.run(BOOT_S)
        for site, device in self.town.devices.items():
            if device.is_off:
                self.town.power_on(site)
            for subject in ("fiber", "5g", f"/{PORTAL}"):
                self.truth[f"{site}/{subject}"] = UP
                self.town.report(site, subject, UP)
            if device.is_mute:
                self.town.restore_uplink(site)
        self.run(900)

    def run(self, length_s: float) -> None:
        """Let time pass second by second, and note who is alarmed of what is well."""
        until_s = self.town.now_s + length_s
        while self.town.now_s < until_s:
            told = len(self.town.notifications)
            self.town.run(self.town.now_s + 1)
            for event in self.town.notifications[told:]:
                if (
                    event.record.kind is NotificationKind.OPENED
                    and event.incident.code == "link_fault"
                ):
                    site = event.incident.members[0].subject.site
                    if not self.town.devices[site].is_mute:
                        key = event.incident.key
                        self.alarms.append((key, self.truth.get(key, UP)))

    def act(self, act: ScriptStep) -> None:
        town, device = self.town, self.town.devices[act.site]
        if act.action == "link" and not device.is_off:
            self.truth[f"{act.site}/{act.link}"] = act.said
            town.report(act.site, act.link, act.said)
        elif act.action == "service" and not device.is_off:
            town.report(act.site, f"/{PORTAL}", REFUSES if act.said is not UP else UP)
        elif act.action == "mute":
            town.cut_uplink(act.site)
        elif act.action == "speak" and device.is_mute and not device.is_off:
            town.restore_uplink(act.site)
        elif act.action == "off":
            self.off_since_s.setdefault(act.site, town.now_s)
            town.power_off(act.site)
        elif (
            act.action == "on" and town.now_s - self.off_since_s.get(act.site, town.now_s) > BOOT_S
        ):
            del self.off_since_s[act.site]
            for link in ("fiber", "5g"):
                self.truth[f"{act.site}/{link}"] = UP
            town.power_on(act.site)
        elif act.action == "plan":
            self.plan(act)
        elif act.action == "restart" and self.restarts:
            written = msgspec.msgpack.encode(town.registry.snapshot())
            town.registry = town.new_registry()
            town.registry.restore(msgspec.msgpack.decode(written, type=RegistrySnapshot))

    def plan(self, act: ScriptStep) -> None:
        carrier = "vnpt" if act.link == "fiber" else ""
        self.windows.append(
            MaintenanceWindow(
                id=f"w{len(self.windows)}",
                start_ns=wall_ns(self.town.now_s),
                end_ns=wall_ns(self.town.now_s + act.length_s),
                carrier=carrier,
                site="" if carrier else act.site,
            )
        )
        actions.set_windows(self.town.registry, self.windows)


@given(st.lists(script_steps, max_size=14))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_nobody_is_told_twice_nor_of_what_is_over_and_all_is_taken_back(
    script: list[ScriptStep],
) -> None:
    stage = ScriptRunner(restarts=True)
    stage.play(script)
    book = stage.town.registry
    for incident in book.incidents.values():
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
    assert len({event.id for event in stage.town.notifications}) == len(stage.town.notifications)
    assert [key for key, said in stage.alarms if said is UP] == []


@given(st.lists(script_steps, max_size=14))
@settings(max_examples=30, deadline=None)
def test_restarts_change_nothing(script: list[ScriptStep]) -> None:
    restarted, straight = ScriptRunner(restarts=True), ScriptRunner(restarts=False)
    restarted.play(script)
    straight.play(script)
    assert restarted.town.notification_lines() == straight.town.notification_lines()
    assert restarted.town.incidents() == straight.town.incidents()


@given(st.lists(script_steps, max_size=10))
@settings(max_examples=30, deadline=None)
def test_reading_everything_again_changes_nothing(script: list[ScriptStep]) -> None:
    stage = ScriptRunner(restarts=False)
    stage.play(script)
    town = stage.town
    told, incidents = town.notification_lines(), town.incidents()
    for device in town.devices.values():
        for piece in device.script.pieces:
            town.apply_summary(device, piece)
    town.run(town.now_s + 100)
    assert (town.notification_lines(), town.incidents()) == (told, incidents)
