"""
Story: faults at service points, played one scene after the other.

Each scene breaks something for real, waits until the pages show it and the responsible party was
notified, prints the party and the delay, repairs the fault, and waits until its end was notified.
It waits for the content of the pages, never for a duration chosen by the fault.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from thongsuot_lab.stack.city import CityStack
from thongsuot_lab.stack.power import FAULT as POWER_CUT
from thongsuot_schema.segment import Party, Segment, party_for
from thongsuot_schema.state import State
from thongsuot_schema.view import PartyNotification, SiteView, SubjectView
from thongsuot_schema.words.headline import headline
from thongsuot_schema.words.states import channel_title, party_title

Views = Mapping[str, SiteView]

SHOWN_WITHIN_S = 90.0
"""How long a scene waits for the pages before it reports a time-out and goes on."""

NOTIFIED_WITHIN_S = 150.0
"""The same for the notification: a silent agent is detected after 45 s, and then held for 30."""

SHOWN_S = 8.0
"""How long a scene stays on the screen once the pages show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoScene:
    """
    One scene.

    ``is_shown`` returns whether the pages show it; the headlines of ``reported_sites`` are printed.
    ``party`` must act, and must be notified.
    """

    title: str
    fault: str
    is_shown: Callable[[Views], bool]
    reported_sites: tuple[str, ...]
    party: Party
    arguments: Mapping[str, object] = field(default_factory=dict)


def _link(views: Views, site: str, link: str) -> SubjectView | None:
    view = views.get(site)
    if view is None:
        return None
    return next((light for light in view.links if light.name == link), None)


def _is_down(site: str, link: str, segment: Segment | None = None) -> Callable[[Views], bool]:
    def seen(views: Views) -> bool:
        light = _link(views, site, link)
        return light is not None and light.state is State.DOWN and segment in {None, light.segment}

    return seen


def _all_down(*lines: tuple[str, str]) -> Callable[[Views], bool]:
    def seen(views: Views) -> bool:
        return all(_is_down(site, link)(views) for site, link in lines)

    return seen


def _service_is_down(service: str, *sites: str) -> Callable[[Views], bool]:
    def seen(views: Views) -> bool:
        return all(
            any(light.name == service and light.state is State.DOWN for light in view.services)
            for site, view in views.items()
            if site in sites
        )

    return seen


def _is_silent(site: str) -> Callable[[Views], bool]:
    def seen(views: Views) -> bool:
        view = views.get(site)
        return view is not None and all(light.state is State.UNKNOWN for light in view.links)

    return seen


DEMO_SCENES: tuple[DemoScene, ...] = (
    DemoScene(
        title="A digger cuts the fibre of s1; its report travels over 5G",
        fault="cut-fibre",
        arguments={"site": "s1"},
        is_shown=_is_down("s1", "fixed", Segment.ACCESS),
        party=Party.CARRIER,
        reported_sites=("s1",),
    ),
    DemoScene(
        title="Carrier Cửu Long fails as a whole: the 5G of s1 and s3 and the fibre of s2",
        fault="carrier-outage",
        arguments={"carrier": "cuu-long"},
        is_shown=_all_down(("s1", "mobile"), ("s2", "fixed"), ("s3", "mobile")),
        party=Party.CARRIER,
        reported_sites=("s1", "s2", "s3"),
    ),
    DemoScene(
        title="The portal Cổng dịch vụ công answers with errors",
        fault="portal-error",
        arguments={"portal": "dichvucong"},
        is_shown=_service_is_down("dichvucong", "s1", "s2", "s3"),
        party=Party.PORTAL,
        reported_sites=("s1", "s2", "s3"),
    ),
    DemoScene(
        title="Someone at s2 pulls the network cable",
        fault="pull-cable",
        arguments={"site": "s2"},
        is_shown=_is_down("s2", "fixed", Segment.LAN),
        party=Party.COMMUNE,
        reported_sites=("s2",),
    ),
    DemoScene(
        title="The power goes at s3",
        fault=POWER_CUT,
        arguments={"site": "s3"},
        is_shown=_is_silent("s3"),
        party=Party.COMMUNE,
        reported_sites=("s3",),
    ),
)
"""In the order of playing; they need three sites."""


def play_story(stack: CityStack, scenes: tuple[DemoScene, ...] = DEMO_SCENES) -> Iterator[str]:
    """
    Yield lines to print, or an empty text once a second while waiting; ends with the last scene.

    A fault that is active when the caller stops is undone with the lab.
    """
    yield from _wait_until(stack, _all_well, "All is well at every site", SHOWN_WITHIN_S)
    for number, scene in enumerate(scenes, start=1):
        yield f"[{number}/{len(scenes)}] {scene.title}"
        started, began_s = time.monotonic(), time.time()
        stack.lab.fault(scene.fault, **scene.arguments)
        yield from _wait_until(
            stack, scene.is_shown, "The pages show it", SHOWN_WITHIN_S, since=started
        )
        yield from _describe(stack, scene)
        if stack.receivers is not None:
            notified = _is_notified(scene, began_s)
            yield from _wait_until(
                stack,
                notified,
                "The responsible party has been notified",
                NOTIFIED_WITHIN_S,
                since=started,
            )
            yield from _describe_notifications(stack, scene, began_s)
        yield from _pause(SHOWN_S)
        stack.lab.heal(scene.fault, **scene.arguments)
        repaired = time.monotonic()
        yield "  repaired"
        yield from _wait_until(stack, _all_well, "All is well again", SHOWN_WITHIN_S)
        if stack.receivers is not None:
            over = _is_over(scene, began_s)
            yield from _wait_until(
                stack, over, "The end has been notified", NOTIFIED_WITHIN_S, since=repaired
            )
    yield "The story is over. Now break something yourself; Ctrl-C ends everything."


def _describe(stack: CityStack, scene: DemoScene) -> Iterator[str]:
    for view in stack.views():
        if view.site in scene.reported_sites:
            heading = headline(view, "en")
            yield f"  {view.site}: {heading.sentence}. {heading.detail}".rstrip()
            for light in (*view.links, *view.services):
                if light.state is State.DOWN and light.segment is not None:
                    yield f"      {light.name}: {light.segment}, for {party_for(light.segment)}"


def _since(view: SiteView, began_s: float) -> list[PartyNotification]:
    return [
        notification
        for notification in view.notifications
        if notification.is_delivered and notification.at_s >= began_s
    ]


def _is_notified(scene: DemoScene, began_s: float) -> Callable[[Views], bool]:
    def told(views: Views) -> bool:
        parties = {
            notification.party
            for site in scene.reported_sites
            if site in views
            for notification in _since(views[site], began_s)
        }
        return scene.party in parties

    return told


def _is_over(scene: DemoScene, began_s: float) -> Callable[[Views], bool]:
    def over(views: Views) -> bool:
        return all(
            site in views and not _since(views[site], began_s) for site in scene.reported_sites
        )

    return over


def _describe_notifications(stack: CityStack, scene: DemoScene, began_s: float) -> Iterator[str]:
    """Yield each notified party once, with the delay and the subject."""
    notifications: dict[tuple[str, str, str], list[tuple[float, str]]] = {}
    for view in stack.views():
        if view.site in scene.reported_sites:
            for notification in _since(view, began_s):
                who = party_title(notification.party, _carrier_of(notification, view), "en")
                key = who, channel_title(notification.channel, "en"), notification.reference
                about = (
                    view.site
                    if notification.about == view.site
                    else f"{notification.about} of {view.site}"
                )
                notifications.setdefault(key, []).append((notification.at_s - began_s, about))
    for (who, channel, reference), deliveries in sorted(notifications.items(), key=_earliest):
        after_s = min(seconds for seconds, _ in deliveries)
        by = f"{channel} {reference}".rstrip()
        about = ", ".join(dict.fromkeys(about for _, about in sorted(deliveries)))
        yield f"  notified after {after_s:.0f} s: {who}, by {by}, about {about}"


def _earliest(item: tuple[object, Sequence[tuple[float, str]]]) -> float:
    return min(seconds for seconds, _ in item[1])


def _carrier_of(notification: PartyNotification, view: SiteView) -> str:
    return next((light.carrier for light in view.links if light.name == notification.about), "")


def _all_well(views: Views) -> bool:
    return bool(views) and all(
        light.state is State.UP
        for view in views.values()
        for light in (*view.links, *view.services)
    )


def _wait_until(
    stack: CityStack,
    until: Callable[[Views], bool],
    awaited: str,
    patience_s: float,
    since: float | None = None,
) -> Iterator[str]:
    started = time.monotonic()
    while not until({view.site: view for view in stack.views()}):
        if time.monotonic() - started > patience_s:
            yield f"  not within {patience_s:.0f} s: {awaited}"
            return
        yield ""
    passed = f", {time.monotonic() - since:.0f} s after" if since is not None else ""
    yield f"  {awaited}{passed}"


def _pause(seconds: float) -> Iterator[str]:
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        yield ""
