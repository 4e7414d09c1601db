"""Settings: holds of notifications, and thresholds of grouping; each with its reason."""

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Ratio = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class IncidentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds of incidents and notification; the ``[incidents]`` table of the configuration."""

    # Holds: the time from detection to notification, so that a larger incident can take precedence.
    hold_s: NotNegative = 3.0
    """
    Agents of one outage report within about five seconds of each other (probes every 5 s, spread).
    Longer than the 2 s after which an agent reports a recovered line as up (2026-11): with the
    former 15 s every outage of a few seconds was notified after its end.
    """
    hold_limit_s: NotNegative = 8.0
    """The hold if a second fault of the same carrier is known: a third would make it an outage."""
    late_s: NotNegative = 20.0
    """
    A report of a dead line with an earlier onset is late: a connected agent reports within seconds.
    Such a line may be up again already.
    """
    late_hold_s: NotNegative = 40.0
    """
    The hold of late reports: a metered line is probed every 20 s, and reported as up some seconds
    after it answers; the agent's backlog may arrive before that.
    """
    degraded_hold_s: NotNegative = 15.0
    """Slow or lossy, not dead: not urgent, and some of these faults pass."""
    slow_hold_s: NotNegative = 45.0
    """
    A slow line: to a device that can ask no box, eight rounds of a transfer's delay look like a
    slow line by chance. It compares one more every five seconds, and takes the verdict back 20 s
    after they differ (2026-12: it took 21 s three times, and the carrier had heard after 15).
    """
    loss_hold_s: NotNegative = 90.0
    """
    A loss of which no run has failed since it was known is held until one does, this long beyond
    its hold at most: a device takes back a loss that has ended within 65 s (2026-12), and over a
    metered line, where its echoes are a third as frequent, within three times as long.
    """
    fading_hold_s: NotNegative = 100.0
    """
    The same for radio: a cell fades for up to a minute, is reported as slow after 15 s and as up
    again up to 45 s after the end; with 75 s one fade a day was still notified to the carrier
    (2026-11).
    """
    slow_radio_hold_s: NotNegative = 300.0
    """
    A slow radio line: fades of up to a minute follow one another, and two of them count as one
    if they are less than half a minute apart. A slowness of five minutes is not a fade.
    """
    own_queue_hold_s: NotNegative = 900.0
    """
    Slow, and it is unknown whether the site's own transfers fill the line: the page says so
    immediately. Most transfers are over within a quarter of an hour, and nobody has to pause them.
    """
    unlocated_hold_s: NotNegative = 75.0
    """
    Dead at an unknown location: a device may need 60 s to determine whether its gateway is alive.
    """
    silence_hold_s: NotNegative = 30.0
    """
    In addition to the 45 s after which an agent counts as silent: a restarting device is back by
    then.
    """
    service_hold_s: NotNegative = 75.0
    """
    A service is broken for a single site: the others probe it once a minute, and their results are
    awaited.
    """
    presume_s: NotNegative = 600.0
    """
    A fault followed by missing batches is presumed to last if nothing more arrives for this long: a
    device's backlog arrives batch by batch.
    """
    release_s: NotNegative = 60.0
    """
    Remaining faults at the end of an outage or planned work are notified after this: lines recover
    one by one.
    """

    # Correlation.
    together_s: Positive = 120.0
    """
    Faults that begin within this time may have one cause: time-outs and intervals spread them.
    """
    faults_per_day: Positive = 0.2
    """
    The rate of independent faults of one link (or one device), to distinguish chance from a common
    cause.
    """
    chance_ratio: Ratio = 1e-5
    """Faults are grouped if a coincidence by chance is rarer than this."""
    ended_ratio: Ratio = 0.1
    """
    An outage has ended when this share of its links is left, or one: the rest is notified
    separately.
    """

    # Updates.
    update_s: Positive = 300.0
    """The wait between two updates of one incident to one party, doubled with each …"""
    update_limit_s: Positive = 3_600.0
    """… up to this."""
    worse_s: NotNegative = 30.0
    """An incident that has become worse is notified after this shorter wait."""

    repeat_s: NotNegative = 86_400.0
    """Minimum time between two requests to a site to pause its transfers over one line."""

    # Memory.
    kept_s: Positive = 3 * 86_400.0
    """A closed incident stays in memory for this long: most late data arrives earlier."""
