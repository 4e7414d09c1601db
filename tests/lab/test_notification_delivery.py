"""
Faults on real packets, and who is told of them: the right party, once, soon, and not of the past.

What is measured is the time from breaking a thing to the arrival of the signed message.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

import httpx
import pytest

from tests.collector.running import WITHIN_S
from tests.lab.waiting import WAIT_AT_MOST_S, wait_for
from tests.patience import LostTime
from tests.timing import IS_NIGHTLY, MS
from thongsuot_lab.inbox import InboxMessage
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.observe import observe_site
from thongsuot_lab.stack.city import CityStack, StackOptions
from thongsuot_lab.topology.city import city
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State

pytestmark = pytest.mark.lab

SITES = 3
CALM_S = 2.0
SILENT_AFTER_S = 600.0
"""A site that is cut off is not to be told of as silent: late news are what is looked at."""

SINGLE_GOAL_S = 10.0
OUTAGE_GOAL_S = 20.0
SLOW = 1000 * MS
"""Stretches the goals on a slow machine."""

OUTLIER = 2.0
"""How much longer than the goal the worst of several may take."""

CUTS = (
    ("cut-fibre", {"site": "s1"}, "song-hong"),
    ("cut-fibre", {"site": "s2"}, "cuu-long"),
    ("access-black-hole", {"site": "s3", "link": "mobile"}, "cuu-long"),
    ("cut-fibre", {"site": "s3"}, "song-hong"),
    ("access-black-hole", {"site": "s2", "link": "mobile"}, "song-hong"),
    ("cut-fibre", {"site": "s1"}, "song-hong"),
)
"""Faults of one link each: what is broken, where, and whose it is."""

OUTAGES = ("song-hong", "cuu-long")


@dataclass(slots=True)
class NotificationTrial:
    """
    A stack with an inbox, and what was measured on it.

    ``known_s`` is when a device that was cut off knew it, Unix time. What is measured is without
    what the machine ``lost``, but at night, on a machine of its own.
    """

    stack: CityStack
    lost: LostTime
    single_s: list[float] = field(default_factory=list)
    outage_s: list[float] = field(default_factory=list)
    misaddressed: list[InboxMessage] = field(default_factory=list)
    after_the_fact: list[InboxMessage] = field(default_factory=list)
    still_lasting: list[InboxMessage] = field(default_factory=list)
    known_s: float = 0.0
    messages_read: int = 0
    outages: tuple[str, ...] = OUTAGES if IS_NIGHTLY else OUTAGES[:1]

    def messages(self) -> list[InboxMessage]:
        """Return all messages, in the order of their arrival."""
        assert self.stack.receivers is not None
        return self.stack.receivers.messages()

    def play(self, fault: str, arguments: Mapping[str, str], carrier: str) -> float:
        """Break something, wait until its carrier was told, mend it; return how long that took."""
        lost_s = self.lost.since_s()
        began_s = time.time()
        self.stack.lab.fault(fault, **arguments)
        # Of an outage a busy site may know seconds before the others: that is told first, then.
        rule = "carrier_outage" if fault == "carrier-outage" else ""
        first_message = wait_for(
            f"the telling of {fault} {arguments}", lambda: self.opened_message(carrier, rule)
        )
        late_s = lost_s()
        if "site" in arguments:
            site = arguments["site"]
            wait_for(
                f"the page on the LAN of {site} to say so", lambda: self.is_on_device_page(site)
            )
        self.stack.lab.heal(fault, **arguments)
        self.wait_until_healthy()
        self.misaddressed += [
            message
            for message in self.messages()[self.messages_read :]
            if (message.body.audience.party, message.body.audience.name) != (Party.CARRIER, carrier)
        ]
        self.messages_read = len(self.messages())
        took_s = first_message.arrived_s - began_s
        return took_s if IS_NIGHTLY else took_s - late_s

    def opened_message(self, carrier: str, rule: str = "") -> InboxMessage | None:
        """Return the first new message that tells a carrier of a fault, if need be by a rule."""
        return next(
            (
                message
                for message in self.messages()[self.messages_read :]
                if message.body.kind == "opened"
                and message.body.audience.name == carrier
                and rule in ("", message.body.incident.rule)
            ),
            None,
        )

    def is_on_device_page(self, site: str) -> bool:
        """Return whether a device's own page says that somebody was notified."""
        url = f"{self.stack.addresses[f'agent-{site}']}/"
        try:
            page = httpx.get(url, params={"lang": "en"}, timeout=WITHIN_S).raise_for_status().text
        except httpx.TransportError:
            # A device that gets no processor for seconds ends the exchange: not yet, then.
            return False
        return "Who has been told" in page

    def wait_until_healthy(self) -> None:
        """Wait until all is well, and everybody knows it."""
        wait_for("all to be well", self.is_healthy, within_s=2 * WAIT_AT_MOST_S)
        wait_for("the ends to be told", lambda: not open_notifications(self.messages()))

    def is_healthy(self) -> bool:
        """Return whether the pages show that all is well."""
        views = self.stack.views()
        return len(views) == SITES and all(
            light.state is State.UP and not view.backlog_batches
            for view in views
            for light in (*view.links, *view.services)
        )


def open_notifications(messages: list[InboxMessage]) -> Counter[tuple[str, str]]:
    """Return the open notifications of each incident and party."""
    counts: Counter[tuple[str, str]] = Counter()
    for message in messages:
        key = (
            message.body.incident.incident,
            f"{message.body.audience.party}:{message.body.audience.name}",
        )
        if message.body.kind == "opened":
            counts[key] += 1
        elif message.body.kind == "resolved":
            counts[key] -= 1
    return +counts


@pytest.fixture(scope="module")
def trial() -> Iterator[NotificationTrial]:
    """Play everything once."""
    options = StackOptions(
        with_prometheus=False,
        with_receivers=True,
        all_to_inbox=True,
        hold_s=CALM_S,
        silent_after_s=SILENT_AFTER_S,
    )
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-notifications-") as folder,
        Lab(city(SITES)) as lab,
        LostTime() as lost,
    ):
        stack = CityStack(lab, Path(folder), options)
        stack.start()
        made = NotificationTrial(stack, lost)
        try:
            made.wait_until_healthy()
            for fault, arguments, carrier in CUTS if IS_NIGHTLY else CUTS[1:3]:
                made.single_s.append(made.play(fault, arguments, carrier))
            for carrier in made.outages:
                took_s = made.play("carrier-outage", {"carrier": carrier}, carrier)
                made.outage_s.append(took_s)
            made.after_the_fact = _cut_off_and_back(made)
            made.still_lasting = _cut_off_and_half_back(made)
            yield made
        finally:
            stack.stop()


def _cut_off_and_back(made: NotificationTrial) -> list[InboxMessage]:
    """Cut a site off, let it find that, and join it again; return what is told of it then."""
    before = _cut_off(made)
    made.stack.lab.heal("cut-fibre", site="s1")
    made.stack.lab.heal("access-black-hole", site="s1", link="mobile")
    made.wait_until_healthy()
    return made.messages()[before:]


def _cut_off_and_half_back(made: NotificationTrial) -> list[InboxMessage]:
    """The same, but its fibre stays cut; return what is told of it when its news arrive."""
    before = made.messages_read = _cut_off(made)
    made.stack.lab.heal("access-black-hole", site="s1", link="mobile")
    wait_for("the telling of what lasts", lambda: made.opened_message("song-hong"))
    made.stack.lab.heal("cut-fibre", site="s1")
    made.wait_until_healthy()
    return made.messages()[before:]


def _cut_off(made: NotificationTrial) -> int:
    """
    Cut a site off, until its device has found what is wrong with both of its links; return how many
    messages there were before.
    """
    for _ in range(5):
        before = len(made.messages())
        _cut_both(made)
        links = observe_site(made.stack, "s1").collector or {}
        if {state for (link, _), (state, _, _) in links.items() if link} == {State.UP}:
            return before
        # The machine paused between the two, so that the news of the first got out by the second.
        made.stack.lab.heal("cut-fibre", site="s1")
        made.stack.lab.heal("access-black-hole", site="s1", link="mobile")
        made.wait_until_healthy()
    raise AssertionError("the news of the first cut got out each time")


def _cut_both(made: NotificationTrial) -> None:
    # Both within one breath: the news of the first must not get out by the second.
    made.stack.lab.fault("access-black-hole", site="s1", link="mobile")
    made.stack.lab.fault("cut-fibre", site="s1")
    # What fell before may have been so lately that this is flapping at first, and down 45 s later.
    wait_for(
        "the device to find both links down",
        lambda: is_cut_off(made.stack),
        within_s=2 * WAIT_AT_MOST_S,
        shown=lambda: observe_site(made.stack, "s1").agent,
    )
    made.known_s = time.time()


def is_cut_off(stack: CityStack) -> bool:
    """Return whether the device of the first site says that the lines of both links are down."""
    states = observe_site(stack, "s1").agent or {}
    lines = {link: state for (link, service), state in states.items() if link and not service}
    return len(lines) == 2 and all(
        (state, segment) == (State.DOWN, Segment.ACCESS) for state, segment, _ in lines.values()
    )


def test_the_carrier_is_notified_of_one_link_within_seconds(trial: NotificationTrial) -> None:
    assert median(trial.single_s) <= SINGLE_GOAL_S * SLOW, trial.single_s
    assert max(trial.single_s) <= SINGLE_GOAL_S * OUTLIER * SLOW, trial.single_s


def test_the_carrier_is_notified_once_of_an_outage(trial: NotificationTrial) -> None:
    assert max(trial.outage_s) <= OUTAGE_GOAL_S * SLOW, trial.outage_s
    outages_notified = [
        message.body.incident
        for message in trial.messages()
        if message.body.kind == "opened" and message.body.incident.rule == "carrier_outage"
    ]
    assert [incident.responsible.name for incident in outages_notified] == list(trial.outages)


def test_nobody_is_notified_of_the_faults_of_others(trial: NotificationTrial) -> None:
    assert trial.misaddressed == []


def test_nobody_has_two_open_notifications_of_one_incident(trial: NotificationTrial) -> None:
    messages = trial.messages()
    for count in range(len(messages)):
        assert max(open_notifications(messages[: count + 1]).values(), default=0) <= 1
    assert len({message.body.delivery for message in messages}) == len(messages)


def test_a_fault_that_is_over_when_its_report_arrives_alarms_nobody(
    trial: NotificationTrial,
) -> None:
    assert trial.after_the_fact == []


def test_a_fault_that_continues_at_its_late_report_is_notified_with_its_true_beginning(
    trial: NotificationTrial,
) -> None:
    kinds = [(message.body.kind, message.body.audience.name) for message in trial.still_lasting]
    assert kinds == [("opened", "song-hong"), ("resolved", "song-hong")]
    opened, _ = trial.still_lasting
    began = datetime.fromisoformat(opened.body.incident.opened_at)
    assert began.timestamp() < trial.known_s < opened.arrived_s
