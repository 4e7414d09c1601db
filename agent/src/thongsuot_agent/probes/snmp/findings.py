"""Turns a survey into the values of the ``snmp`` kind. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from thongsuot_agent.probing.equipment.redaction import redact
from thongsuot_agent.probing.snmp.counters import DeviceCounters
from thongsuot_agent.probing.snmp.protocol import ComponentReading, Survey
from thongsuot_agent.probing.snmp.sensors import is_of_interface
from thongsuot_schema.catalogue import snmp as metrics
from thongsuot_schema.metric import Metric

DARK_DBM: Final = -35.0
"""
No light: below this level no optical network unit works (GPON class C+: -32 dBm, ITU-T G.984.2),
and modules without light state -36 to -40 dBm.
"""

_WHAT_TO_DO: Final = "look at it with thongsuot-agent snmp walk-profile"
_LIGHT: Final = frozenset({"optical_rx_dbm", "optical_tx_dbm", "optical_lost"})
_BITS_PER_BYTE: Final = 8
_TEXT_LIMIT: Final = 200

_FIGURES: Final[Mapping[str, tuple[Metric, float]]] = {
    "optical_rx_dbm": (metrics.OPTICAL_RECEIVE, 1.0),
    "optical_tx_dbm": (metrics.OPTICAL_SEND, 1.0),
    "optical_bias_ma": (metrics.OPTICAL_BIAS, 1e-3),
    "optical_temp_c": (metrics.OPTICAL_TEMPERATURE, 1.0),
    "runtime_s": (metrics.RUNTIME, 1.0),
    "charge_percent": (metrics.CHARGE, 0.01),
    "load_percent": (metrics.LOAD, 0.01),
    "input_v": (metrics.INPUT, 1.0),
    "temp_c": (metrics.TEMPERATURE, 1.0),
}
_WORDS: Final[Mapping[str, Metric]] = {
    "optical_lost": metrics.OPTICAL_LOST,
    "on_battery": metrics.ON_BATTERY,
}
_COUNTERS: Final[Mapping[str, Metric]] = {
    "received_bytes": metrics.RECEIVED,
    "sent_bytes": metrics.SENT,
    "receive_errors": metrics.RECEIVE_ERRORS,
    "send_errors": metrics.SEND_ERRORS,
    "receive_discards": metrics.RECEIVE_DISCARDS,
    "send_discards": metrics.SEND_DISCARDS,
}


def values_of(
    survey: Survey, meter: DeviceCounters, *, down: float | None, up: float | None
) -> dict[Metric, float]:
    """
    Return the values of a survey that was added to the meter.

    ``down`` and ``up`` are the contracted rates in bits per second.
    """
    values: dict[Metric, float] = {metrics.REBOOTS: meter.boots.count}
    longest_s = survey.uptimes.longest_s
    if longest_s is not None:
        values[metrics.UPTIME] = longest_s
    values |= _interface_values(survey, meter, down, up)
    rejected = 0
    for group in shown_groups(survey):
        rejected += len(group.rejected)
        values = {**_group_values(group), **values}
    values[metrics.REJECTED] = rejected
    received = values.get(metrics.OPTICAL_RECEIVE)
    if received is not None and received <= DARK_DBM:
        values[metrics.OPTICAL_LOST] = 1.0
    elif received is not None:
        values.setdefault(metrics.OPTICAL_LOST, 0.0)
    return values


def says_nothing(values: Mapping[Metric, float]) -> bool:
    """
    Return whether a survey has no value that this kind is about.

    Nearly every device reports its uptime, which says nothing about its battery or light.
    """
    return set(values) <= {metrics.REBOOTS, metrics.REJECTED, metrics.UPTIME}


def why_nothing(survey: Survey) -> str:
    """Return why an answering device has no values, and how a person can fix that."""
    fitting = [p.profile for p in survey.profiled if p.purpose != "radio"]
    if not fitting:
        who = f"sysObjectID {survey.object_id}" if survey.object_id else "it has no sysObjectID"
        return f"the device answers, and no profile fits it ({who}); {_WHAT_TO_DO}"
    return f"the device answers, and shows nothing that {', '.join(fitting)} reads; {_WHAT_TO_DO}"


def evidence_of(
    survey: Survey, meter: DeviceCounters, wanted: str, *, has_booted: bool
) -> dict[str, str]:
    """Return the texts of a survey for a person; identities are masked."""
    texts = {
        "device": survey.description,
        "profiles": " ".join(profiled.profile for profiled in survey.profiled) or "none fits",
        "model": " ".join(
            group.texts[name]
            for group in shown_groups(survey)
            for name in ("optical_model", "ups_model")
            if name in group.texts
        ),
        "rejected": " ".join(
            f"{name}:{why}"
            for group in shown_groups(survey)
            for name, why in group.rejected.items()
        ),
        "event": "the equipment started anew" if has_booted else "",
    }
    if wanted and survey.interface is None:
        texts["interface"] = f"no interface {wanted}; there are {', '.join(survey.interfaces)}"
    elif survey.interface is not None:
        texts["interface"] = f"{survey.interface.name} (ifIndex {survey.interface.index})"
    unnamed = _unnamed_modules(survey)
    if unnamed:
        texts["optical"] = (
            f"{unnamed} modules have light, and none is that of the interface "
            f"{wanted or '(none is named)'}: none is shown"
        )
    if meter.resets:
        texts["counters"] = f"began anew {meter.resets} times"
    return {key: redact(text)[:_TEXT_LIMIT] for key, text in texts.items() if text}


def shown_groups(survey: Survey) -> Iterator[ComponentReading]:
    """
    Yield the groups of a survey that belong to this kind.

    Of several optical modules the one with the watched interface counts: a dark module in an unused
    port must not count as the light of the line.
    """
    for profiled in survey.profiled:
        if profiled.purpose not in {"optical", "radio"}:  # the radio belongs to another probe
            yield from profiled.groups.values()
    optical = _optical_groups(survey)
    own = [group for group in optical if _is_watched(group, survey)]
    with_light = _with_light(optical)
    if own:
        yield from own
    elif len(with_light) <= 1:
        yield from with_light or optical


def _unnamed_modules(survey: Survey) -> int:
    """Return the number of modules with light if the line's module cannot be determined."""
    optical = _optical_groups(survey)
    count = len(_with_light(optical))
    is_told = count <= 1 or any(_is_watched(group, survey) for group in optical)
    return 0 if is_told else count


def _optical_groups(survey: Survey) -> list[ComponentReading]:
    return [
        group
        for profiled in survey.profiled
        if profiled.purpose == "optical"
        for group in profiled.groups.values()
    ]


def _with_light(groups: Iterable[ComponentReading]) -> list[ComponentReading]:
    return [group for group in groups if not _LIGHT.isdisjoint({*group.numbers, *group.texts})]


def _is_watched(group: ComponentReading, survey: Survey) -> bool:
    interface = survey.interface
    if interface is None:
        return False
    labels = (*group.labels, group.texts.get("optical_model", ""))
    return interface.index in group.if_indexes or any(
        is_of_interface(interface.name, label) for label in labels
    )


def _group_values(group: ComponentReading) -> dict[Metric, float]:
    values: dict[Metric, float] = {
        metric: group.numbers[name] * scale
        for name, (metric, scale) in _FIGURES.items()
        if name in group.numbers
    }
    for name, metric in _WORDS.items():
        if name in group.texts:
            values[metric] = float(group.texts[name] == "yes")
    return values


def _interface_values(
    survey: Survey, meter: DeviceCounters, down: float | None, up: float | None
) -> dict[Metric, float]:
    interface = survey.interface
    if interface is None:
        return {}
    values: dict[Metric, float] = {metrics.DISCONTINUITIES: meter.resets}
    if interface.is_up is not None:
        values[metrics.INTERFACE_UP] = float(interface.is_up)
    if interface.speed_bits_per_second is not None:
        values[metrics.SPEED] = interface.speed_bits_per_second / _BITS_PER_BYTE
    for counter, metric in _COUNTERS.items():
        if counter in interface.counters:
            values[metric] = meter.sums[counter].total
    for counter, metric, contract in (
        ("received_bytes", metrics.RECEIVE_UTILISATION, down),
        ("sent_bytes", metrics.SEND_UTILISATION, up),
    ):
        full = contract or interface.speed_bits_per_second
        grown = meter.grown.get(counter)
        if full and grown is not None and meter.elapsed_s > 0:
            values[metric] = min(1.0, grown * _BITS_PER_BYTE / meter.elapsed_s / full)
    return values
