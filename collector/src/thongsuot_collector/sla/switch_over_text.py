"""Switch-overs of a circuit in sentences, the same for the page, the PDF and the command line."""

from collections.abc import Iterable, Iterator

from thongsuot_collector.sla.calendar import MS_PER_S
from thongsuot_collector.sla.switch_over import CircuitSwitchOver
from thongsuot_collector.sla.words import moment
from thongsuot_schema.localizable import Readable
from thongsuot_schema.words.figures import duration, number
from thongsuot_schema.words.language import Formatted, Text


def switch_over_texts(switch_overs: Iterable[CircuitSwitchOver]) -> Iterator[Readable]:
    """Yield them in sentences: their sum, then each; nothing if there were none."""
    listed = list(switch_overs)
    if not listed:
        return
    longest_ms = max(switch_over.took_ms for switch_over in listed)
    yield Text(
        "collector.sla.switch_over.total",
        count=len(listed),
        longest=_took(longest_ms),
        returned=sum(switch_over.back_ms is not None for switch_over in listed),
    )
    yield from map(_sentence, listed)


def _sentence(switch_over: CircuitSwitchOver) -> Readable:
    at_ms, back_ms = switch_over.at_ms, switch_over.back_ms
    away = Text("collector.sla.switch_over.not_back")
    if back_ms is not None:
        away_s = (back_ms - at_ms) / MS_PER_S
        away = Text(
            "collector.sla.switch_over.back",
            away=Formatted(lambda language: duration(away_s, language)),
        )
    return Text(
        "collector.sla.switch_over.one",
        at=Formatted(lambda language: moment(at_ms, language)),
        link=switch_over.to_link,
        took=_took(switch_over.took_ms),
        away=away,
    )


def _took(took_ms: int) -> Readable:
    """Return a duration to a tenth of a second: most switch-overs take less than a minute."""
    return Formatted(lambda language: f"{number(took_ms / MS_PER_S, 1, language)} s")
