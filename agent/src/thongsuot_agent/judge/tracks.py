"""Tracks: add one run to the observations of its series."""

from collections.abc import Iterable
from math import inf

from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.memory import LinkMemory, ServiceAddress, Track
from thongsuot_agent.judge.reachability import Reachability, is_doubtful, late_rtt_s, own_share_s
from thongsuot_agent.judge.settings import Settings
from thongsuot_schema.catalogue import dns, http, icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding, Series

_DURATIONS = {
    icmp.KIND.name: icmp.RTT.name,
    dns.KIND.name: dns.LOOKUP.name,
    http.KIND.name: http.TOTAL.name,
}
"""The duration of each kind that is compared with the usual one."""
_ADDRESSES = 8
"""Maximum number of remembered addresses of a service."""
_EPISODES = 4
"""Remembered times of failures that followed a success."""
_SLOW_BEYOND_DOUBT_S = {dns.KIND.name: 1.0, http.KIND.name: 10.0}
"""Slow before the usual duration is known: some portals take five seconds for every page."""
_LEARN_SHARE = 0.01
"""
Share of the usual duration by which it moves with each run: +40 ms is usual after some minutes.
"""
_LEARN_FLOOR_S = 0.00005
_LEARNED_PAGES = 2
"""Pages needed to learn the usual duration; at one a minute, five would take too long."""
_QUICK_SHARE = 0.5
"""
Share of the usual duration: consecutive faster runs show that it was learned during a slow time.
"""
_RECENT = 8
"""Latest runs with individually remembered outcomes: 40 s of the ordinary schedule."""
PROMPT_KEPT = 16
"""Remembered starts of prompt pages: a quarter of an hour of the ordinary schedule."""
ECHO = icmp.KIND.name
STALLS = frozenset({Reason.TLS_TIMED_OUT, Reason.RESPONSE_TIMED_OUT})
"""Typical of a path that loses large packets: the connection opens, then no more data arrives."""
SILENT_REASONS = STALLS | {
    Reason.TIMED_OUT,
    Reason.HOST_UNREACHABLE,
    Reason.NETWORK_UNREACHABLE,
    Reason.PACKET_FILTERED,
    Reason.HOP_LIMIT_EXCEEDED,
    Reason.PROXY_SILENT,
    Reason.PROXY_CANNOT_REACH,
}
"""No page was received. A server that refuses, resets or shows a certificate has answered."""
MISSING = frozenset({Reason.NAME_NOT_FOUND, Reason.NAME_WITHOUT_ADDRESS})
"""A name server that answered that the name, or its address, does not exist."""


def track_of(link: LinkMemory, series: Series) -> Track:
    """Return the track of a series, a new one if there is none."""
    key = SeriesKey(series.kind, series.target, series.family)
    track = link.tracks.get(key)
    if track is None:
        track = Track(kind=series.kind, target=series.target, family=series.family)
        link.tracks[key] = track
    return track


def record_run(
    track: Track, started_ns: int, finding: Finding, reachability: Reachability, heard_ns: int
) -> None:
    """
    Record one run that ended at ``heard_ns``.

    Runs of a series may overlap and arrive in any order; they are ordered by their start.
    """
    if reachability is Reachability.UNMEASURED:
        track.tally.unmeasured += 1
        track.unmeasured_ns = started_ns
        track.unmeasured_reason = finding.reason
        return
    if finding.outcome is Outcome.OK:
        track.tally.ok += 1
        _record_success(track, started_ns)
        track.ttl_s = max(track.ttl_s, finding.values.get(dns.TTL.name, 0.0))
    else:
        track.tally.failed += 1
        _record_failure(track, started_ns, finding)
    if reachability is Reachability.ANSWERED:
        _record_answer(track, started_ns)
        _record_recent(track, is_silent=False)
    elif reachability is Reachability.SILENT:
        _record_silence(track, started_ns, heard_ns)
        _record_recent(track, is_silent=True)
    if track.kind == http.KIND.name:
        _record_service(track, started_ns, finding)


def record_duration(
    track: Track,
    started_ns: int,
    finding: Finding,
    settings: Settings,
    *,
    is_disturbed: bool = False,
) -> None:
    """
    Record the duration of a run, and learn from it unless it was slow.

    Nothing is learned from runs with late timers, or on a line with a known fault. But late timers
    only ever add to a page's time: one that loads in time was no slower, and one that took far
    longer than the device can have delayed it was slow (2026-12: half of a portal's packets were
    lost, and a device at load 15 doubted every page).
    """
    value_s, late_s = finding.values.get(_DURATIONS.get(track.kind, "")), late_rtt_s(finding)
    if late_s is not None and finding.outcome is not Outcome.OK:
        # Late is slow: the effect of a queue of seconds on echoes is a delay, whatever their
        # time-out.
        track.value_s, track.value_ns, track.late_ns = late_s, started_ns, started_ns
        _record_slow(track, started_ns)
        return
    if track.kind == http.KIND.name and finding.reason in STALLS and not is_doubtful(finding):
        # The portal was connected, and the page did not load in time: slower than any limit.
        _record_stall(track, started_ns, settings)
        return
    if value_s is None or finding.outcome is not Outcome.OK:
        return
    is_doubted = is_doubtful(finding)
    if is_doubted:
        own_s = own_share_s(finding) if track.kind == http.KIND.name else None
        is_long = own_s is not None and _is_long(track, value_s, settings)
        if own_s is None or (is_long and not _is_long(track, value_s - own_s, settings)):
            return
        value_s -= own_s if is_long else 0.0
    track.value_s, track.value_ns = value_s, started_ns
    if is_slow(track, settings):
        _record_slow(track, started_ns)
        return
    track.slow_runs = 0
    if track.kind == http.KIND.name:
        track.prompt_ns = [*track.prompt_ns[1 - PROMPT_KEPT :], started_ns]
    track.slow_since_ns = None
    # A run this fast changes no limit, whatever part of it the device caused.
    is_quick = settings.slow_factor * value_s <= settings.service_slow_s
    if not is_disturbed and (is_quick or not is_doubted):
        _learn_usual(track, value_s, settings)


def _record_stall(track: Track, started_ns: int, settings: Settings) -> None:
    slowest_s = 2 * max(settings.service_slow_s, settings.slow_factor * (track.usual_s or 0.0))
    track.value_s, track.value_ns = slowest_s, started_ns
    _record_slow(track, started_ns)


def _record_slow(track: Track, started_ns: int) -> None:
    if not track.slow_runs:
        track.slow_episodes_ns = [*track.slow_episodes_ns[1 - _EPISODES :], started_ns]
    track.slow_runs += 1
    if track.slow_since_ns is None:
        track.slow_since_ns = started_ns


def has_spoken(track: Track) -> bool:
    """Return whether a series was ever measured; behind a proxy an echo never is."""
    times = (track.answered_ns, track.silent_ns, track.failed_ns)
    return any(time_ns is not None for time_ns in times)


def is_slow(track: Track, settings: Settings) -> bool:
    """Return whether the latest run took much longer than is usual for its series."""
    return track.value_s is not None and _is_long(track, track.value_s, settings)


def _is_long(track: Track, value_s: float, settings: Settings) -> bool:
    return value_s > slow_limit_s(track, settings)


def slow_limit_s(track: Track, settings: Settings) -> float:
    """Return the duration from which a run of a series is slow, by its usual duration."""
    usual_s = track.usual_s or 0.0
    needed = _LEARNED_PAGES if track.kind == http.KIND.name else settings.learn_runs
    is_learned = track.learned >= needed
    if track.kind == ECHO:
        return usual_s + settings.slow_excess_s if is_learned else inf
    limit_s = settings.lookup_slow_s if track.kind == dns.KIND.name else settings.service_slow_s
    # Before the usual duration is known, only what is certainly slow.
    if not is_learned:
        return _SLOW_BEYOND_DOUBT_S.get(track.kind, limit_s)
    return max(limit_s, settings.slow_factor * usual_s)


def is_new_page(track: Track) -> bool:
    """Return whether a page has been opened once only, so that little is known about it."""
    return track.learned == 1 and track.successes == 1


def _learn_usual(track: Track, value_s: float, settings: Settings) -> None:
    usual_s = track.usual_s if track.usual_s is not None else value_s
    if track.learned < settings.learn_runs:
        track.learned += 1
        track.usual_s = usual_s + (value_s - usual_s) / track.learned
        return
    step_s = usual_s * _LEARN_SHARE + _LEARN_FLOOR_S
    track.usual_s = usual_s + min(step_s, max(-step_s, value_s - usual_s))
    if value_s >= _QUICK_SHARE * usual_s:
        track.quick_runs = 0
        return
    track.quick_runs += 1
    track.quick_s += (value_s - track.quick_s) / track.quick_runs
    if track.quick_runs >= settings.learn_runs:
        track.usual_s, track.quick_runs = track.quick_s, 0


def silent_lately(track: Track) -> tuple[int, int]:
    """Return how many of a series' latest runs were unanswered, and their total."""
    return track.recent.bit_count() - 1, track.recent.bit_length() - 1


def silent_spells_lately(track: Track) -> tuple[int, int]:
    """
    Return how many of a series' latest runs over an established flow were unanswered, and their
    total.

    An echo after an unanswered one uses a new flow, so of a period of unanswered runs only the
    first counts, and the answer that ends it does not (2026-12: with it, a line that lost 58 of a
    hundred showed 37, and the rest seemed to be new flows that the site's router refused).
    """
    _, runs = silent_lately(track)
    bits = track.recent ^ (1 << runs)
    after_silent = (bits >> 1).bit_count()
    return (bits & ~(bits >> 1)).bit_count(), runs - after_silent


def share_silent_lately(tracks: Iterable[Track]) -> float:
    """Return the unanswered share of several series' latest runs; 0 if all were answered."""
    counts = [silent_lately(track) for track in tracks]
    silent, runs = sum(count for count, _ in counts), sum(total for _, total in counts)
    return (silent + 0.5) / (runs + 1.0) if silent else 0.0


def _record_recent(track: Track, *, is_silent: bool) -> None:
    bits = track.recent << 1 | is_silent
    limit = 1 << _RECENT
    track.recent = bits if bits < 2 * limit else bits & limit - 1 | limit


def _record_success(track: Track, started_ns: int) -> None:
    track.worked_ns = max(started_ns, track.worked_ns or started_ns)
    if track.failed_ns is not None and track.failed_ns > started_ns:
        return
    if track.failures or track.worked_since_ns is None:
        track.worked_since_ns = started_ns
    track.successes += 1
    track.failures = 0
    track.statuses, track.other_reason = {}, None
    track.failed_since_ns = None
    track.missing_since_ns = None
    track.known_failing = False


def _record_failure(track: Track, started_ns: int, finding: Finding) -> None:
    track.reason = finding.reason
    track.refused_by = finding.evidence.get("router", "")
    # A run that began before a successful one is outdated: it timed out while the other did not.
    if track.worked_ns is not None and track.worked_ns > started_ns:
        return
    track.failed_ns = max(started_ns, track.failed_ns or started_ns)
    if track.failed_since_ns is None or started_ns < track.failed_since_ns:
        track.failed_since_ns = started_ns
    if finding.reason not in MISSING:
        track.missing_since_ns = None
    elif track.missing_since_ns is None:
        track.missing_since_ns = started_ns
    if not track.failures and track.kind == http.KIND.name:
        track.episodes_ns = [*track.episodes_ns[1 - _EPISODES :], started_ns]
        if finding.reason in SILENT_REASONS:
            track.unanswered_ns = [*track.unanswered_ns[1 - _EPISODES :], started_ns]
    status = finding.values.get(http.STATUS.name)
    if finding.reason is Reason.STATUS_UNEXPECTED and status is not None:
        track.statuses[int(status)] = track.statuses.get(int(status), 0) + 1
    else:
        track.other_reason = finding.reason
    track.failures += 1
    track.successes = 0


def _record_answer(track: Track, started_ns: int) -> None:
    if track.answered_ns is None or started_ns > track.answered_ns:
        track.answered_ns = started_ns
    if track.answered_since_ns is None or started_ns < track.answered_since_ns:
        track.answered_since_ns = started_ns
    track.known_unresponsive = False
    if track.silent_ns is not None and track.silent_ns > started_ns:
        return
    if track.silences:
        track.answered_since_ns = started_ns
    track.silences = 0
    track.silent_since_ns = None


def _record_silence(track: Track, started_ns: int, heard_ns: int) -> None:
    if track.answered_ns is not None and track.answered_ns > started_ns:
        return
    track.silent_ns = max(started_ns, track.silent_ns or started_ns)
    if track.silent_since_ns is None or started_ns < track.silent_since_ns:
        track.silent_since_ns = started_ns
    track.silent_heard_ns = heard_ns
    track.silences += 1


def _record_service(track: Track, started_ns: int, finding: Finding) -> None:
    expires_s = finding.values.get(http.CERTIFICATE_EXPIRY.name)
    if expires_s is not None:
        track.expires_s = expires_s
    track.issuer = finding.evidence.get("issuer", "")
    name = finding.evidence.get("address", "")
    if not name:
        return
    track.is_translated = http.NAT64 in finding.evidence
    # Inserted again at the end, so that the first is the one tried longest ago.
    address = track.addresses.pop(name, None) or ServiceAddress()
    track.addresses[name] = address
    address.tried_ns = started_ns
    if finding.outcome is Outcome.OK:
        if address.failures or not address.worked_ns:
            address.worked_since_ns = started_ns
        address.worked_ns, address.failures, address.is_outlived = started_ns, 0, False
    else:
        if not address.failures:
            address.failed_since_ns = started_ns
        address.failures += 1
        since_ns = address.failed_since_ns
        if any(since_ns < other.worked_ns < started_ns for other in track.addresses.values()):
            address.is_outlived = True
    while len(track.addresses) > _ADDRESSES:
        del track.addresses[next(iter(track.addresses))]
