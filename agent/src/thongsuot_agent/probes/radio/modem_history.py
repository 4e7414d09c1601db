"""The changes between two readings of a link's modem. Pure: times are parameters."""

from thongsuot_agent.probes.radio.reading import ModemReading, TrafficCounter
from thongsuot_agent.probing.snmp.counters import CounterSum
from thongsuot_agent.probing.snmp.protocol import CounterReading
from thongsuot_schema.catalogue.radio import TECHNOLOGIES

_NAMES = {
    "none": "no service",
    "gsm": "GSM",
    "umts": "UMTS",
    "lte": "LTE",
    "nr_nsa": "5G NSA",
    "nr_sa": "5G SA",
}


class ModemHistory:
    """The remembered state of a modem: its last cell and technology, and the sum of its bytes."""

    def __init__(self) -> None:
        self.cell_changes = 0
        self.technology_changes = 0
        self.fallbacks = 0
        self.received: int | None = None
        self.sent: int | None = None
        self._technology = ""
        self._cell: tuple[int | None, int | None, int | None] | None = None
        self._sums = {"received": CounterSum(), "sent": CounterSum()}
        self._read_s: float | None = None

    def add_reading(self, reading: ModemReading, read_s: float) -> tuple[str, ...]:
        """Add a reading; return the events since the previous one, as texts."""
        events = [*self._technology_changes(reading), *self._cell_changes(reading)]
        elapsed_s = 0.0 if self._read_s is None else max(0.0, read_s - self._read_s)
        self._read_s = read_s
        self.received = self._add_counter("received", reading.received, elapsed_s)
        self.sent = self._add_counter("sent", reading.sent, elapsed_s)
        return tuple(events)

    def _technology_changes(self, reading: ModemReading) -> list[str]:
        before, now = self._technology, reading.technology
        if not now:
            return []  # an unknown value is not a change
        self._technology = now
        if not before or before == now:
            return []
        self.technology_changes += 1
        has_fallen = TECHNOLOGIES[now] < TECHNOLOGIES[before]
        self.fallbacks += has_fallen
        word = "fell back" if has_fallen else "changed"
        return [f"technology {word} from {_NAMES[before]} to {_NAMES[now]}"]

    def _cell_changes(self, reading: ModemReading) -> list[str]:
        serving = reading.serving
        now = None if serving is None else serving.cell
        if now is None or now == (None, None, None):
            return []
        before, self._cell = self._cell, now
        # A value missing in one reading does not mean another cell.
        if before is None or all(
            a == b or a is None or b is None for a, b in zip(before, now, strict=True)
        ):
            return []
        self.cell_changes += 1
        return [f"cell changed from {_cell_text(before)} to {_cell_text(now)}"]

    def _add_counter(
        self, name: str, counter: TrafficCounter | None, elapsed_s: float
    ) -> int | None:
        if counter is None:
            return None
        total = self._sums[name]
        total.add_reading(
            CounterReading(counter.value, counter.bits),
            elapsed_s=elapsed_s,
            limit_per_s=None,
            was_reset=False,
        )
        return total.total


def _cell_text(cell: tuple[int | None, int | None, int | None]) -> str:
    names = ("", "PCI ", "channel ")
    parts = [
        f"{name}{number}" for name, number in zip(names, cell, strict=True) if number is not None
    ]
    return " ".join(parts)
