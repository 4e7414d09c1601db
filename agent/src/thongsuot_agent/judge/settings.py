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
    When a fault is confirmed, and when it ends.

    Confirmed: observed in ``confirm_rounds`` consecutive rounds, the last at least ``confirm_s``
    after the first; until then there is a round every ``every_s``. Ended: not observed in
    ``clear_rounds`` consecutive rounds that span ``clear_s``.
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

    # The silent targets that make an outage.
    quorum: Annotated[int, msgspec.Meta(ge=1, le=16)] = 2
    """
    Number of independent targets that must agree; carriers drop or rate-limit ICMP of single hosts.
    """
    silence_nats: Positive = 13.8
    """
    An outage is confirmed when the probability that mere loss explains the unanswered runs is below
    e^-13.8 = 1e-6.
    """
    loss_floor_ratio: Ratio = 0.02
    """
    Minimum loss assumed for that probability: four unanswered runs suffice on a good link.
    """
    round_wait_s: Positive = 3.5
    """
    A round closes this long after its probes: a name server has 2 s, and 1.5 s for the path.
    """
    consecutive_timeouts: Annotated[int, msgspec.Meta(ge=2, le=100)] = 4
    """
    Consecutive unanswered runs, to any targets, that cause a round even after many inconclusive
    ones.
    """
    burst_backoff_s: Positive = 120.0
    """
    After an inconclusive burst the next one waits, twice as long each time, up to half of this
    value; the wait is reset after this time.
    """
    no_answer_wait_s: Positive = 1.2
    """
    A round without any answer closes this early: an echo has 1 s, most answers take 0.2 s.
    """
    stale_runs: Positive = 4.0
    """If there are no measurements for this many of the link's shortest probe intervals …"""
    stale_s: Positive = 15.0
    """… plus this time (the longest time-out and its path), the state is unknown."""
    facts_grace_s: NotNegative = 5.0
    """
    Time for a link with carrier to get its address and route: a DHCP exchange and its first retry.
    """
    boot_grace_s: NotNegative = 30.0
    """The same, for a link that has had neither since the agent started: devices boot together."""
    neighbour_lag_s: Positive = 10.0
    """
    The gateway is probed on the link layer when its last confirmation is older than 5 s, and counts
    as gone 3 s later.
    """

    # Hysteresis.
    silence: Hysteresis = Hysteresis(
        confirm_rounds=1, confirm_s=0.0, every_s=1.0, clear_rounds=3, clear_s=1.0
    )
    """
    No target beyond a rung answers, and the rung below has just answered. It ends sooner than the
    collector's hold time of 3 s for its notification. A line that goes down and up repeatedly is
    flapping.
    """
    gateway_silence: Hysteresis = Hysteresis(
        confirm_rounds=2, confirm_s=0.5, every_s=1.0, clear_rounds=3, clear_s=1.0
    )
    """The gateway does not answer either: a single lost echo to it must not blame the site."""
    partial: Hysteresis = Hysteresis(
        confirm_rounds=2, confirm_s=1.5, every_s=2.0, clear_rounds=4, clear_s=30.0
    )
    """One direction of the Internet, or some destinations, do not answer."""
    family: Hysteresis = Hysteresis(
        confirm_rounds=1, confirm_s=0.0, every_s=1.0, clear_rounds=4, clear_s=30.0
    )
    """One address family stops on a lower rung than the other, which has answered since."""
    slow: Hysteresis = Hysteresis(
        confirm_rounds=4, confirm_s=15.0, every_s=5.0, clear_rounds=4, clear_s=30.0
    )
    """Latency: a page that takes a few seconds is no fault of the link."""
    resolver: Hysteresis = Hysteresis(
        confirm_rounds=2, confirm_s=1.5, every_s=2.0, clear_rounds=3, clear_s=20.0
    )
    """Name servers answer again within seconds after a restart."""

    # Flapping.
    flap_episodes: Annotated[int, msgspec.Meta(ge=2, le=100)] = 3
    """Silences within the window that make a link flapping instead of repeatedly down."""
    flap_pair_s: Positive = 60.0
    """Two silences that begin within this time already count as flapping."""
    flap_window_s: Positive = 300.0
    """
    Long enough for a repair with its follow-up faults; shorter than the interval of a fault every
    few hours.
    """
    flap_clear_s: Positive = 90.0
    """
    Flapping ends after this time without a silence: less than the collector's hold time of 100 s
    for intermittent faults of radio links, so that flapping that has ended produces no
    notification.
    """
    flap_down_s: Positive = 45.0
    """A silence of this length is an outage, even of a flapping link."""

    # Loss: a sequential test (Wald) of the share of lost echoes, 0.4 % against 2 %.
    loss_healthy_ratio: Ratio = 0.004
    """A healthy link loses at most this share; idle radio links reach 0.3 %."""
    loss_degraded_ratio: Ratio = 0.02
    """From this share on TCP and calls suffer; it must be detected."""
    loss_alarm_nats: Positive = 10.0
    """
    Evidence for degraded; on a link with 0.1 % loss it is reached by chance less than once in 10^5
    days.
    """
    loss_clear_nats: Positive = 9.2
    """Evidence for healthy again: 570 echoes without loss, or more with some loss."""
    loss_blip_s: NotNegative = 0.5
    """
    After a loss nothing is counted for this time: a single blip of the line is not a loss ratio.
    """
    dense_probing_every_s: Positive = 1.0
    """
    During a suspicion all anchors are probed at this interval (metered links: a third as often), so
    that 2 % is soon distinguished from 0.
    """
    dense_probing_s: Positive = 480.0
    """Longest continuous dense probing …"""
    dense_probing_share: Ratio = 0.1
    """… and the share of the time that it may take in the long run (metered links: a third)."""

    # Latency.
    slow_excess_s: Positive = 0.150
    """
    Above the link's own learned round-trip time; another route (+40 ms) is a fact, not a fault.
    """
    slow_limit_s: Positive = 0.400
    """Slow regardless of the learned time, for targets inside the country."""
    slow_factor: Positive = 3.0
    """
    Lookups and pages are slow if they take this multiple of the usual time, and longer than their
    limit.
    """
    learn_runs: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 5
    """Runs to learn from before any comparison."""
    busy_ratio: Ratio = 0.7
    """
    Share of the contracted (otherwise of the highest observed) rate from which own traffic explains
    latency.
    """
    busy_floor_bits_per_second: Positive = 1e6
    """Own traffic below this never explains latency."""
    pause_s: Positive = 3600.0
    """
    A delay that may be a transfer of the site's own is the carrier's after so long: the site was
    asked to pause by then, and transfers that follow one another fill a line for half an hour.
    """

    # Equipment: explains a fault; none of these values causes one.
    radio_weak_dbm: float = -110.0
    """
    RSRP of the serving data cell below which the radio explains a fault: makers call this poor, and
    the cells of Vietnam's carriers end there.
    """
    radio_weak_db: float = 0.0
    """SINR below which the radio explains a fault: more noise than signal."""
    radio_well_dbm: float = -105.0
    """RSRP from which on a dead link is not explained by the radio."""

    # Name servers.
    lookup_slow_s: Positive = 0.5
    """A lookup slower than this is slow, if it is unusual."""

    # Services.
    service_wait_s: Positive = 12.0
    """An HTTP run has 10 s; a comparison over all links is awaited for this time."""
    service_failures: Annotated[int, msgspec.Meta(ge=2, le=20)] = 2
    """Consecutive failed runs over one link and family before a service is reported down."""
    service_successes: Annotated[int, msgspec.Meta(ge=1, le=20)] = 2
    """Consecutive successful runs before it is reported up."""
    service_slow_s: Positive = 1.0
    """
    A page slower than this is slow, if it is unusual: people notice waits of more than a second.
    """
    certificate_days: Positive = 14.0
    """A certificate that expires within this many days is reported."""
