"""
Settings: every threshold of the engine, with its reason. None of them is a legal limit (QCVN).
"""

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Rounds = Annotated[int, msgspec.Meta(ge=1, le=1000)]
Ratio = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class Hysteresis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    When a fault is believed, and when it is over.

    Believed: seen in ``confirm_rounds`` rounds in a row, the last at least ``confirm_s`` after the
    first; until then a round is asked for every ``every_s``. Over: not seen in ``clear_rounds``
    rounds in a row that span ``clear_s``.
    """

    confirm_rounds: Rounds
    confirm_s: NotNegative
    every_s: Positive
    clear_rounds: Rounds
    clear_s: NotNegative


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Thresholds, windows and hysteresis of the verdict engine; the ``[judge]`` table of the
    configuration.
    """

    # Who has to be silent before it is an outage.
    quorum: Annotated[int, msgspec.Meta(ge=1, le=16)] = 2
    """Independent targets that must agree; carriers drop or rate-limit ICMP of single hosts."""
    silence_nats: Positive = 13.8
    """
    Believed when the chance that mere loss explains the unanswered runs is below e^-13.8 = 1e-6.
    """
    loss_floor_ratio: Ratio = 0.02
    """
    Loss assumed at least when that chance is computed: four unanswered runs suffice on a good link.
    """
    round_wait_s: Positive = 3.5
    """
    A round is closed this long after it was asked for: a name server has 2 s, and 1.5 s for the
    way.
    """
    consecutive_timeouts: Annotated[int, msgspec.Meta(ge=2, le=100)] = 4
    """
    Silent runs in a row, of any target, that ask for a round even if many were asked for in vain.
    """
    burst_backoff_s: Positive = 120.0
    """
    A burst in vain makes the next wait, twice as long each time, up to half of this; it is
    forgotten after it.
    """
    no_answer_wait_s: Positive = 1.2
    """
    A round in which nothing answers is closed this early: an echo has 1 s, most answers take 0.2 s.
    """
    stale_runs: Positive = 4.0
    """Nothing measured for so many of the link's shortest probe intervals …"""
    stale_s: Positive = 15.0
    """… plus this long (the longest time-out and its way): the state is unknown."""
    facts_grace_s: NotNegative = 5.0
    """
    Time for a link with carrier to get its address and route: a DHCP exchange and its first retry.
    """
    boot_grace_s: NotNegative = 30.0
    """The same, for a link that had neither since the agent started: devices boot together."""
    neighbour_lag_s: Positive = 10.0
    """
    The gateway is asked anew on the link layer when its last proof is older than 5 s, and 3 s pass
    until it is given up.
    """

    # Hysteresis.
    silence: Hysteresis = Hysteresis(
        confirm_rounds=1, confirm_s=0.0, every_s=1.0, clear_rounds=3, clear_s=1.0
    )
    """
    Nothing beyond a rung answers, and the rung below has just answered. It is over sooner than the
    collector tells of it, which holds it for 3 s. A line that comes and goes is flapping.
    """
    gateway_silence: Hysteresis = Hysteresis(
        confirm_rounds=2, confirm_s=0.5, every_s=1.0, clear_rounds=3, clear_s=1.0
    )
    """Not even the gateway answers: one lost echo of it must not blame the site."""
    partial: Hysteresis = Hysteresis(
        confirm_rounds=2, confirm_s=1.5, every_s=2.0, clear_rounds=4, clear_s=30.0
    )
    """One direction of the world, or some of the destinations are silent."""
    family: Hysteresis = Hysteresis(
        confirm_rounds=1, confirm_s=0.0, every_s=1.0, clear_rounds=4, clear_s=30.0
    )
    """One address family stops on a lower rung than the other, which has answered since."""
    slow: Hysteresis = Hysteresis(
        confirm_rounds=4, confirm_s=15.0, every_s=5.0, clear_rounds=4, clear_s=30.0
    )
    """Latency: a page that loads for a few seconds is no fault of the link."""
    resolver: Hysteresis = Hysteresis(
        confirm_rounds=2, confirm_s=1.5, every_s=2.0, clear_rounds=3, clear_s=20.0
    )
    """Name servers answer anew within seconds after a restart."""

    # Flapping.
    flap_episodes: Annotated[int, msgspec.Meta(ge=2, le=100)] = 3
    """Silences in the window that make a link flapping instead of down and up again."""
    flap_pair_s: Positive = 60.0
    """Two silences that begin within this time are flapping already."""
    flap_window_s: Positive = 300.0
    """A repair with its after-tremors fits; a fault every few hours does not."""
    flap_clear_s: Positive = 90.0
    """
    Flapping is over after so long without a silence: less than the 100 s for which the collector
    holds what comes and goes over the air, so that flapping that is over is not told.
    """
    flap_down_s: Positive = 45.0
    """A silence this long is an outage, even of a flapping link."""

    # Loss: a sequential test (Wald) of the share of lost echoes, 0.4 % against 2 %.
    loss_healthy_ratio: Ratio = 0.004
    """At most this is a healthy link; radio links at rest reach 0.3 %."""
    loss_degraded_ratio: Ratio = 0.02
    """From here on TCP and calls suffer; it must be found."""
    loss_alarm_nats: Positive = 10.0
    """
    Evidence for degraded; on a link of 0.1 % loss it is reached by chance less than once in 10^5
    days.
    """
    loss_clear_nats: Positive = 9.2
    """Evidence for healthy again: 570 echoes without a loss, or more with some."""
    loss_blip_s: NotNegative = 0.5
    """After a loss nothing is counted for so long: a blip of the line is no loss rate."""
    dense_probing_every_s: Positive = 1.0
    """
    On suspicion all anchors are asked this often (metered links: a third), so that 2 % is soon told
    from 0.
    """
    dense_probing_s: Positive = 480.0
    """Longest dense probing at a stretch …"""
    dense_probing_share: Ratio = 0.1
    """… and the share of the time that it may take in the long run (metered links: a third)."""

    # Latency.
    slow_excess_s: Positive = 0.150
    """Above the link's own learned round trip; another route (+40 ms) is a fact, not a fault."""
    slow_limit_s: Positive = 0.400
    """Slow whatever was learned, for targets inside the country."""
    slow_factor: Positive = 3.0
    """
    Lookups and pages are slow when they take so many times the usual, and longer than their limit.
    """
    learn_runs: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 5
    """Round trips to learn from before anything is compared with them."""
    busy_ratio: Ratio = 0.7
    """
    Share of the contracted (else of the highest seen) rate from which own traffic explains latency.
    """
    busy_floor_bits_per_second: Positive = 1e6
    """Own traffic below this never explains latency."""

    # Equipment: why a fault is there; none of these makes one.
    radio_weak_dbm: float = -110.0
    """
    RSRP of the cell that carries the data below which the radio explains a fault: what makers call
    poor, and where the cells of Vietnam's carriers end.
    """
    radio_weak_db: float = 0.0
    """SINR below which it does: more noise than signal."""
    radio_well_dbm: float = -105.0
    """RSRP from which on a dead link is not the radio's fault."""

    # Name servers.
    lookup_slow_s: Positive = 0.5
    """A lookup slower than this is slow, if it is unusual."""

    # Services.
    service_wait_s: Positive = 12.0
    """An HTTP run has 10 s; so long a comparison over all links is waited for."""
    service_failures: Annotated[int, msgspec.Meta(ge=2, le=20)] = 2
    """Failed runs in a row over one link and family before a service is called down."""
    service_successes: Annotated[int, msgspec.Meta(ge=1, le=20)] = 2
    """Runs that work in a row before it is called up."""
    service_slow_s: Positive = 1.0
    """
    A page slower than this is slow, if it is unusual: beyond a second people notice that they wait.
    """
    certificate_days: Positive = 14.0
    """A certificate that runs out within so many days is announced."""
