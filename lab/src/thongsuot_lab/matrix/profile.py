"""
Profiles of the matrix: a city, and the settings of its agents and its collector.

``QUICK`` lets a row take seconds: intervals and patience are about a fifth of the agent's defaults;
thresholds, quorums and time-outs of echoes are the agent's own. ``SHIPPED`` is the behaviour of an
agent with an empty configuration. Lines carry a tenth of their rate in the demonstration, so that a
download can fill one through a queue in user space.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import msgspec

from thongsuot_agent.config.profile import COLLECTOR, PROBES
from thongsuot_agent.judge.settings import Hysteresis, Settings
from thongsuot_lab.stack.city import StackOptions
from thongsuot_lab.stack.documents import default_probes
from thongsuot_lab.topology.city import city
from thongsuot_lab.topology.model import Impairment, Topology, Wire
from thongsuot_lab.topology.shapes import shaped_city
from thongsuot_schema.inventory.model import ProbeSchedule

CARRIERS = {
    "song-hong": "Sông Hồng",
    "cuu-long": "Cửu Long",
    "dong-nai": "Đồng Nai",
    "tay-ho": "Tây Hồ",
}
PORTALS = 4
RATE_SHARE = 0.1
BACKGROUND_LOSS_RATIO = {"fiber": 0.0002, "5g": 0.0005, "leased": 0.0002}
"""Loss of a healthy line, one way: an idle radio link loses one echo in a thousand."""

EVERY_S = {"icmp": 1.5, "dns": 3.0, "http": 5.0, "host": 2.0, "fresh_echo": 60.0}
HTTP_TIMEOUT_S = 3.0

REST_BETWEEN_ROWS_S = 16.0
"""
How long a site rests after a row: an outage soon after another one counts as flapping, correctly.
"""

FROM_ROW_TO_ROW_S = 32.0
"""
Minimum time from the beginning of a row to that of the next at the same site, for the same reason.
"""

FLAPPING = {"flap_pair_s": 25.0, "flap_window_s": 45.0, "flap_down_s": 12.0}
"""
A line that flaps every 20 s: two cuts begin 20 s apart and last 10 s. Successive rows on one line
begin at least half a minute apart, which does not count as flapping.
"""

PATIENCE_SHARE = 0.2
"""Share of the agent's own patience and windows."""

_WINDOWS = ("stale_s", "facts_grace_s", "burst_backoff_s", "service_wait_s")
_FLAPS = ("flap_clear_s",)
_SHORTEST_ROUND_S = 1.0
_SHORTEST = {"stale_s": 8.0, "facts_grace_s": 1.0, "service_wait_s": HTTP_TIMEOUT_S + 1.0}


def judge_settings() -> dict[str, object]:
    """Return the ``[judge]`` table: the agent's own settings with a fifth of their patience."""
    own = Settings()
    table: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        value = getattr(own, field.name)
        if isinstance(value, Hysteresis):
            table[field.name] = {
                "confirm_rounds": value.confirm_rounds,
                "confirm_s": value.confirm_s * PATIENCE_SHARE,
                "every_s": max(_SHORTEST_ROUND_S, value.every_s * PATIENCE_SHARE),
                "clear_rounds": value.clear_rounds,
                "clear_s": value.clear_s * PATIENCE_SHARE,
            }
        elif field.name in (*_WINDOWS, *_FLAPS):
            table[field.name] = max(_SHORTEST.get(field.name, 0.0), value * PATIENCE_SHARE)
    return table | FLAPPING


def topology(sites: int) -> Topology:
    """Return a city of four carriers and four portals whose healthy lines are mildly noisy."""
    return _noisy(city(sites, carriers=CARRIERS, portals=PORTALS))


def _noisy(drawn: Topology) -> Topology:
    media = {uplink.access_wire: uplink.medium for site in drawn.sites for uplink in site.uplinks}
    wires = tuple(
        _line(wire, media[wire.name]) if wire.name in media else wire for wire in drawn.wires
    )
    return replace(drawn, wires=wires)


def options(
    ca_file: Path, *, push_every_s: float = 2.0, with_prometheus: bool = False
) -> StackOptions:
    """Return the settings of agents and collector."""
    settings: dict[str, dict[str, object]] = {
        "http": {
            "ca_file": str(ca_file),
            "timeout_s": HTTP_TIMEOUT_S,
            "resolve_timeout_s": HTTP_TIMEOUT_S / 2,
        },
        "dns": {"timeout_s": 1.0},
    }
    return StackOptions(
        with_prometheus=with_prometheus,
        probes=tuple(
            ProbeSchedule(kind=kind, every_s=every_s, settings=settings.get(kind, {}))
            for kind, every_s in EVERY_S.items()
        ),
        push_every_s=push_every_s,
        silent_after_s=8.0,
        judge=judge_settings(),
        # Runs that agents made are compared with those that were stored, so agents log each run.
        is_verbose=True,
    )


def shipped_options(ca_file: Path, *, with_prometheus: bool = False) -> StackOptions:
    """Return the settings of agents and collector with their shipped defaults."""
    return StackOptions(
        with_prometheus=with_prometheus, probes=default_probes(ca_file), is_verbose=True
    )


class OptionsFor(Protocol):
    """How a stack is configured, given the certificate authority of its portals."""

    def __call__(self, ca_file: Path, *, with_prometheus: bool = False) -> StackOptions:
        """Return the options."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixProfile:
    """
    The settings with which a matrix is played.

    ``every_s`` are the probe intervals in which rows express their bounds. ``stretch`` is the
    factor, compared with a fifth of the agent's patience, for everything that depends on patience:
    the time to recover, the wait beyond a bound, the rest between two rows.
    """

    name: str
    options_for: OptionsFor
    every_s: Mapping[str, float]
    stretch: float


QUICK = MatrixProfile(
    name="a fifth of the shipped intervals and patience",
    options_for=options,
    every_s=EVERY_S,
    stretch=1.0,
)
SHIPPED = MatrixProfile(
    name="shipped settings",
    options_for=shipped_options,
    every_s={schedule.kind: schedule.every_s for schedule in PROBES},
    stretch=1.0 / PATIENCE_SHARE,
)
PROFILES = {"fifth": QUICK, "shipped": SHIPPED}
"""By the value of ``--thresholds``."""


_PATH = ProbeSchedule(
    kind="path",
    every_s=10.0,
    settings={"max_hops": 8, "retries": 0, "timeout_s": 0.5, "packet_size": False},
)
"""
Finds the first routers of a path, which tell a site's own routers from its carrier's.
"""


_EGRESS = ProbeSchedule(
    kind="egress", every_s=10.0, targets=(COLLECTOR,), settings={"timeout_s": 4.0}
)
"""
Finds the line that packets leave by, which a device behind a router with two lines
cannot see itself.
"""


@dataclass(frozen=True, slots=True)
class _ShapedOptions:
    """Options for a city of shapes: the default probes that ``QUICK`` leaves out."""

    options_for: OptionsFor

    def __call__(self, ca_file: Path, *, with_prometheus: bool = False) -> StackOptions:
        options = self.options_for(ca_file, with_prometheus=with_prometheus)
        kinds = {schedule.kind for schedule in options.probes}
        more = tuple(schedule for schedule in (_PATH, _EGRESS) if schedule.kind not in kinds)
        return replace(options, probes=(*options.probes, *more))


def shaped_topology(names: Sequence[str]) -> Topology:
    """Return a city with one site of each shape, with mildly noisy healthy lines."""
    return _noisy(shaped_city(names))


def shaped_profile(played: MatrixProfile) -> MatrixProfile:
    """Return the profile for a city of shapes."""
    return replace(played, options_for=_ShapedOptions(played.options_for))


def _line(wire: Wire, medium: str) -> Wire:
    def worse(impairment: Impairment) -> Impairment:
        rate_bps = None if impairment.rate_bps is None else impairment.rate_bps * RATE_SHARE
        return replace(impairment, rate_bps=rate_bps, loss_ratio=BACKGROUND_LOSS_RATIO[medium])

    return replace(wire, a_to_b=worse(wire.a_to_b), b_to_a=worse(wire.b_to_a))
