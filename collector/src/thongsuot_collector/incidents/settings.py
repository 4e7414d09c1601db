"""Settings: how long notifications are held, and what belongs together; each with its reason."""

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Ratio = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class IncidentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds of incidents and notification; the ``[incidents]`` table of the configuration."""

    # Holds: from when a fault is known to when it is told, so that the big picture wins.
    hold_s: NotNegative = 3.0
    """
    Agents of one outage report within about five seconds of each other (probes every 5 s, spread).
    Longer than the 2 s after which an agent calls a line well that is back (2026-11): with 15 s, as
    it was, every outage of a few seconds was told when it was over.
    """
    hold_limit_s: NotNegative = 8.0
    """
    So long where a second fault of the same carrier is known: a third would make it an outage.
    """
    late_s: NotNegative = 20.0
    """
    News of a dead line that began longer ago than this are of the past: an agent that is connected
    tells within seconds. Such a line may live again already.
    """
    late_hold_s: NotNegative = 40.0
    """
    So long is what is late held: a metered line is asked every 20 s, and called well some seconds
    after it answers; what the agent kept may be here before that.
    """
    degraded_hold_s: NotNegative = 15.0
    """Slow or lossy, not dead: nobody drives out for it at once, and some of it passes."""
    fading_hold_s: NotNegative = 100.0
    """
    The same over the air: a cell fades for up to a minute, is called slow after 15 s of it and well
    again up to 45 s after it; with 75 s one fade a day was still told to the carrier (2026-11).
    """
    unlocated_hold_s: NotNegative = 75.0
    """Dead, but not known where: a device may need 60 s to tell whether its gateway lives."""
    silence_hold_s: NotNegative = 30.0
    """
    With the 45 s after which an agent is called silent: a device that restarts is back by then.
    """
    service_hold_s: NotNegative = 75.0
    """One site alone finds a service broken: the others look once a minute, and are asked first."""
    presume_s: NotNegative = 600.0
    """
    A fault after which numbers of the record are missing is believed to go on when nothing more
    of it arrives for so long: what a device has kept comes in a batch after the other.
    """
    release_s: NotNegative = 60.0
    """
    What is left when an outage or planned work ends is told after this: lines come back one by one.
    """

    # Correlation.
    together_s: Positive = 120.0
    """
    Faults that begin within this of each other may be one: timeouts and intervals spread them.
    """
    faults_per_day: Positive = 0.2
    """How often one link (or one device) fails by itself; with it chance is told from cause."""
    chance_ratio: Ratio = 1e-5
    """Faults that fall together by chance are rarer than this before they are called one."""
    ended_ratio: Ratio = 0.1
    """An outage has ended when this share of its links is left, or one: the rest is told alone."""

    # Updates.
    update_s: Positive = 300.0
    """Between two updates of one incident to one party, doubled with each …"""
    update_limit_s: Positive = 3_600.0
    """… up to this."""
    worse_s: NotNegative = 30.0
    """What has become worse is told after this already."""

    # Memory.
    kept_s: Positive = 3 * 86_400.0
    """A closed incident stays in memory for this long: what is late is mostly less late."""
