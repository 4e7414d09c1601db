"""Play: one scenario through the simulated network, the product, and the oracle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from thongsuot_agent.judge import recording
from thongsuot_lab.truth.assessment import Assessment, SentMessage, VerdictPeriod, assess
from thongsuot_lab.truth.centre import IncidentMessage, messages_of
from thongsuot_lab.truth.device import BOOT_S, NS_PER_S, SimulatedDevice
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.harm import harms_of
from thongsuot_lab.truth.places import Premises
from thongsuot_schema.result import Result
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict, VerdictChange

_NOT_LOOKED = frozenset({Symptom.NONE, Symptom.NOT_YET_MEASURED, Symptom.DEVICE_OVERLOADED})
"""``unknown`` for one of these reasons says nothing about the line."""

MakeDevice = Callable[[Scenario, Premises], SimulatedDevice]


@dataclass(frozen=True, kw_only=True)
class PlayedScenario:
    """An assessment, and its data."""

    assessment: Assessment
    changes: dict[str, list[VerdictChange]]
    messages: tuple[IncidentMessage, ...]
    recordings: dict[str, list[bytes]]
    """The lines of each site's recording, if requested."""


def play(
    scenario: Scenario, make: MakeDevice = SimulatedDevice, *, is_recording: bool = False
) -> PlayedScenario:
    """Play a scenario; ``make`` makes the devices, so that another judge can be tried."""
    harms = harms_of(scenario)
    names = sorted({site for site, _ in harms}) or [site.name for site in scenario.city.sites]
    changes: dict[str, list[VerdictChange]] = {}
    failures: dict[str, list[tuple[int, Result]]] = {}
    recordings: dict[str, list[bytes]] = {}
    for name in names:
        device = make(scenario, scenario.city.site(name))
        device.is_recording = is_recording
        changes[name] = device.run()
        failures[name] = device.failures
        if is_recording:
            recordings[name] = recording_of(device)
    messages = messages_of(scenario, changes, failures)
    return PlayedScenario(
        assessment=assess(
            scenario,
            harms,
            [sent_message(message) for message in messages if message.kind == "opened"],
            [
                period
                for name in names
                for period in verdict_periods_of(name, changes[name], scenario.until_s)
            ],
        ),
        changes=changes,
        messages=messages,
        recordings=recordings,
    )


def recording_of(device: SimulatedDevice) -> list[bytes]:
    """Return the recorded input of a device's judge as lines, for ``thongsuot-agent replay``."""
    header = recording.header_line(device.site_probes, device.settings)
    return [header, *(recording.event_line(event) for event in device.events)]


def write_recordings(played: PlayedScenario, folder: Path) -> list[Path]:
    """Write the recordings, one file per site; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for site, lines in played.recordings.items():
        file = folder / f"{played.assessment.name.replace(':', '-')}-{site}.jsonl"
        file.write_bytes(b"".join(lines))
        files.append(file)
    return files


def verdict_periods_of(
    site: str, changes: Sequence[VerdictChange], until_s: float, *, boot_s: float = -BOOT_S
) -> list[VerdictPeriod]:
    """
    Return the periods in which a subject was reported as faulty.

    ``boot_s`` is the time at which the device's clock was 0, in seconds of the scenario.
    """
    open_: dict[tuple[str, str], tuple[float, Verdict]] = {}
    periods: list[VerdictPeriod] = []

    def close(key: tuple[str, str], at_s: float) -> None:
        begun_s, verdict = open_.pop(key)
        words = f"{verdict.state} {verdict.segment or '-'} {verdict.symptom}"
        periods.append(
            VerdictPeriod(
                site=site, line=key[0], portal=key[1], from_s=begun_s, to_s=at_s, words=words
            )
        )

    for change in changes:
        verdict = change.verdict
        key, at_s = (verdict.link, verdict.service), change.decided_boottime_ns / NS_PER_S + boot_s
        if key in open_:
            close(key, at_s)
        if _is_unwell(verdict):
            open_[key] = at_s, verdict
    for key in list(open_):
        close(key, until_s)
    return periods


def _is_unwell(verdict: Verdict) -> bool:
    if verdict.state is State.UNKNOWN:
        return verdict.symptom not in _NOT_LOOKED
    return verdict.state is not State.UP


def sent_message(message: IncidentMessage) -> SentMessage:
    """Return a message in a form independent of the product."""
    return SentMessage(
        at_s=message.at_s,
        party=message.party,
        subjects=message.subjects,
        is_unlocated=message.is_unlocated,
        words=f"{message.code} {message.state} {message.symptom} of "
        + ", ".join("/".join(filter(None, subject)) for subject in message.subjects),
    )


def story(scenario: Scenario, played: PlayedScenario) -> list[str]:
    """Return the events line by line, in order of time."""
    lines: list[tuple[float, str]] = []
    for number, fault in enumerate(scenario.faults):
        lines.append((fault.start_s, f"fault {number} begins: {fault}"))
        lines.append((fault.end_s, f"fault {number} ends"))
    for site, changes in played.changes.items():
        for change in changes:
            verdict = change.verdict
            subject = "/".join(filter(None, (site, verdict.link or "*", verdict.service)))
            verdict_line = (
                f"{change.before} -> {verdict.state} {verdict.segment or ''} {verdict.symptom}"
            )
            onset_s = change.onset_boottime_ns / NS_PER_S - BOOT_S
            at_s = change.decided_boottime_ns / NS_PER_S - BOOT_S
            lines.append((at_s, f"{subject}: {verdict_line}, since {onset_s:.1f} s"))
    lines += [
        (
            message.at_s,
            (
                f"TOLD {message.kind} {message.party}: {message.code} {message.state} "
                f"{message.symptom}, since {message.opened_s:.1f} s"
            ),
        )
        for message in played.messages
    ]
    lines += [
        (
            record.from_s,
            f"hurts people at {record.site} over {record.line} until {record.to_s:.0f} s",
        )
        for record in played.assessment.harm_records
    ]
    story_lines = [f"{at_s:8.1f} s  {text}" for at_s, text in sorted(lines)]
    assessments = [
        f"=> {assessment.worth}: {assessment.message.party} at {assessment.message.at_s:.1f} s: "
        f"{assessment.message.words}"
        for assessment in played.assessment.assessed
    ]
    seen = [
        f"=> harm at {record.site}/{record.line}: "
        + ("not seen" if record.seen_s is None else f"seen after {record.seen_s:.1f} s")
        + ("" if record.told_s is None else f", told after {record.told_s:.1f} s")
        for record in played.assessment.harm_records
    ]
    unrest = [
        f"=> said while nothing was wrong: {claim.site}/{claim.line}/{claim.portal} {claim.words} "
        f"at {claim.from_s:.1f} s"
        for claim in (*played.assessment.unrest, *played.assessment.aftermath)
    ]
    return [str(scenario), *story_lines, *assessments, *seen, *unrest]
