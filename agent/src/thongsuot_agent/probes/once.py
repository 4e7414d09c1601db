"""Making one run for a person, and saying in plain text what it found."""

from collections.abc import Mapping

import msgspec

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes import LINK_TARGET, load
from thongsuot_schema import catalogue
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.metric import PREFIX, Metric, Unit
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Finding

_NAME_WIDTH = 40


async def run_once(
    kind: str,
    link: LiveLink,
    target: Target | None,
    family: Family,
    settings: Mapping[str, object] | None = None,
) -> Finding:
    """
    Make one run of a probe, as the schedule would.

    ``target`` is not needed for a kind that looks at the link itself.

    Raises:
        UnknownProbe: there is no such kind.
        ValueError: the kind needs a target, or cannot be run on this one.
        msgspec.ValidationError: the settings are not what the kind takes.
    """
    probe = load(kind)
    chosen = msgspec.convert(dict(settings or {}), probe.settings)
    if probe.per_link:
        return await probe.run(link, LINK_TARGET, Family.NONE, chosen)
    if target is None:
        raise ValueError(f"a {kind} probe needs a target")
    if not probe.applies(target):
        raise ValueError(
            f"target {target.name!r} lacks what a {kind} probe needs: addresses (icmp), addresses "
            "and a name to look up (dns), or a URL (http)"
        )
    return await probe.run(link, target, family, chosen)


def text_of(kind: str, finding: Finding) -> str:
    """Return a finding as lines for a terminal: outcome and reason, values, doubts, evidence."""
    head = str(finding.outcome)
    if finding.reason is not None:
        head += f": {finding.reason}"
    if finding.detail:
        head += f" ({finding.detail})"
    lines = [head]
    metrics = {metric.name: metric for metric in catalogue.load(kind).metrics}
    for name, value in finding.values.items():
        lines.append(f"  {PREFIX + name:<{_NAME_WIDTH}} {_figure(metrics[name], value)}")
    lines += [f"  doubt: {doubt}" for doubt in finding.doubts]
    lines += [f"  {key}: {text}" for key, text in finding.evidence.items()]
    if finding.cost_bytes:
        lines.append(f"  traffic: {finding.cost_bytes} bytes")
    return "\n".join(lines)


def _figure(metric: Metric, value: float) -> str:
    if metric.unit is Unit.SECONDS:
        return f"{value * 1000:.3f} ms" if value < 10 else f"{value:.0f} s"
    if metric.unit is Unit.RATIO:
        return f"{value:g}"
    return f"{value:.0f}"


def exit_code(finding: Finding) -> int:
    """Return what a shell should get: 0 ok, 1 failed, 3 unmeasured (2 is for wrong arguments)."""
    return {Outcome.OK: 0, Outcome.FAILED: 1, Outcome.UNMEASURED: 3}[finding.outcome]
