"""The table of a comparison, and its place in the page."""

from collections.abc import Iterator
from pathlib import Path

from bench.compare.faults import FAULTS
from bench.compare.observations import CentreOutage, ComparisonRun, PeerObservations, ToldOf

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "beside-other-tools.md"
BEGIN, END = "<!-- compare: generated -->", "<!-- compare: end -->"
_MONTH_S = 30 * 86400


def table_lines(run: ComparisonRun) -> Iterator[str]:
    """Yield the table as Markdown: one column per tool, one row per question."""
    played = [peer for peer in run.peers if not peer.missing]
    lasted = f"--hold {run.hold_s:g} --window {run.window_s:g} --outage {run.outage_s:g}"
    yield f"`./run compare {lasted}`, {run.date}, {run.machine}."
    yield ""
    yield f"| | {' | '.join(peer.name for peer in played)} |"
    yield f"| --- | {' | '.join('---' for _ in played)} |"
    for fault in FAULTS:
        cells = [
            _told_cell(peer.told[fault.title], run.hold_s) if fault.title in peer.told else "–"
            for peer in played
        ]
        parties = " or ".join(sorted(fault.parties))
        yield f"| **{fault.title}** (whose: {parties}) | {' | '.join(cells)} |"
    rows = {
        f"results of {run.outage_s:g} s without the centre": _record_cell,
        "a portal's fault that began and ended meanwhile": _late_cell,
        "the metered line, a month": _metered_cell,
        "both lines, a month": _both_cell,
        "memory on the device": _memory_cell,
    }
    for title, cell in rows.items():
        yield f"| {title} | {' | '.join(cell(peer) for peer in played)} |"
    yield ""
    for peer in run.peers:
        why = f"; **not played**: {peer.missing}" if peer.missing else ""
        yield f"- **{peer.name}** ({peer.version or 'not installed'}): {peer.settings}{why}."


def _told_cell(told_of: ToldOf, hold_s: float) -> str:
    if told_of.right_s is not None:
        head = f"**{told_of.right_s:.1f} s**"
    elif told_of.late_s is not None:
        head = f"after its end ({told_of.late_s:.0f} s)"
    elif told_of.messages:
        head = "only others" if told_of.first_s is None else f"only others, {told_of.first_s:.1f} s"
    else:
        return f"nobody in {hold_s:g} s"
    many = "1 message" if told_of.messages == 1 else f"{told_of.messages} messages"
    wrong = ""
    if told_of.to_others:
        wrong = f", {told_of.to_others} to {' and '.join(told_of.other_parties)}"
    end = "" if told_of.is_over_told else "; end not told"
    return f"{head}; {many}{wrong}{end}"


def _record_cell(peer: PeerObservations) -> str:
    outage = peer.outage
    if outage is None:
        return "–"
    if outage.in_centre is None:
        return f"{outage.on_device} on the device, none is sent to the centre"
    return f"{outage.in_centre} of {outage.on_device} in the centre"


def _late_cell(peer: PeerObservations) -> str:
    outage: CentreOutage | None = peer.outage
    if outage is None:
        return "–"
    return (
        "nobody heard" if outage.told_s is None else f"told {outage.told_s:.0f} s after its return"
    )


def _metered_cell(peer: PeerObservations) -> str:
    return _a_month(peer.bytes_per_s.get("mobile"))


def _both_cell(peer: PeerObservations) -> str:
    return _a_month(sum(peer.bytes_per_s.values()) if peer.bytes_per_s else None)


def _a_month(bytes_per_s: float | None) -> str:
    return "–" if bytes_per_s is None else f"{bytes_per_s * _MONTH_S / 1e6:,.0f} MB"


def _memory_cell(peer: PeerObservations) -> str:
    return f"{peer.memory_bytes / (1 << 20):.0f} MiB" if peer.memory_bytes else "–"


def put_into_page(run: ComparisonRun, page: Path = PAGE) -> None:
    """Replace the text between the markers of the page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page}: no {BEGIN} before {END}")
    table = "\n".join(table_lines(run))
    page.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{after}", encoding="utf-8")
