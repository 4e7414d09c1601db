"""Tracks: from one run to what its series has shown so far."""

from thongsuot_agent.judge.memory import RECENT_RUNS, LinkMemory, Track
from thongsuot_agent.judge.plan import track_key
from thongsuot_agent.judge.signs import Sign
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Finding, Series

LETTERS = {Outcome.OK: "o", Outcome.FAILED: "f"}


def track_of(link: LinkMemory, series: Series) -> Track:
    """Return the track of a series, a fresh one when it is new."""
    key = track_key(series.kind, series.target, series.family)
    track = link.tracks.get(key)
    if track is None:
        track = Track(kind=series.kind, target=series.target, family=series.family)
        link.tracks[key] = track
    return track


def record(track: Track, started_ns: int, finding: Finding, sign: Sign) -> None:
    """
    Note one run. Runs of a series may overlap and arrive in any order; what counts is when they
    began.
    """
    if sign is Sign.UNMEASURED:
        track.tally.unmeasured += 1
        track.unmeasured_ns = started_ns
        track.unmeasured_reason = finding.reason
        return
    track.recent = (track.recent + LETTERS[finding.outcome])[-RECENT_RUNS:]
    if finding.outcome is Outcome.OK:
        track.tally.ok += 1
        _record_success(track, started_ns)
    else:
        track.tally.failed += 1
        _record_failure(track, started_ns, finding)
    if sign is Sign.ANSWERED:
        _record_answer(track, started_ns)
    elif sign is Sign.SILENT:
        _record_silence(track, started_ns)


def _record_success(track: Track, started_ns: int) -> None:
    track.worked_ns = max(started_ns, track.worked_ns or started_ns)
    if track.failed_ns is not None and track.failed_ns > started_ns:
        return
    track.successes += 1
    track.failures = 0
    track.failed_since_ns = None


def _record_failure(track: Track, started_ns: int, finding: Finding) -> None:
    track.reason = finding.reason
    track.detail = finding.detail
    # A run that began before one that worked is news of yesterday: it timed out while the other did
    # not.
    if track.worked_ns is not None and track.worked_ns > started_ns:
        return
    track.failed_ns = max(started_ns, track.failed_ns or started_ns)
    if track.failed_since_ns is None or started_ns < track.failed_since_ns:
        track.failed_since_ns = started_ns
    track.failures += 1
    track.successes = 0


def _record_answer(track: Track, started_ns: int) -> None:
    if track.answered_ns is None or started_ns > track.answered_ns:
        track.answered_ns = started_ns
    if track.answered_since_ns is None or started_ns < track.answered_since_ns:
        track.answered_since_ns = started_ns
    track.excused = False
    if track.silent_ns is not None and track.silent_ns > started_ns:
        return
    if track.silences:
        track.answered_since_ns = started_ns
    track.silences = 0
    track.silent_since_ns = None


def _record_silence(track: Track, started_ns: int) -> None:
    if track.answered_ns is not None and track.answered_ns > started_ns:
        return
    track.silent_ns = max(started_ns, track.silent_ns or started_ns)
    if track.silent_since_ns is None or started_ns < track.silent_since_ns:
        track.silent_since_ns = started_ns
    track.silences += 1
