"""Area: where a panel's content is drawn, and what it is drawn with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from thongsuot_dashboards.picture.ask import Json, Series, Window
from thongsuot_dashboards.picture.svg import INK, color_of

Marks = Sequence[tuple[str, Sequence[tuple[float, float]]]]
"""Annotations: a colour and the stretches of time that it marks, as Unix time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The room of a panel's content in pixels."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A panel, what its queries found, the time that is shown, what is marked in it."""

    panel: Json
    answers: Sequence[Sequence[Series]]
    window: Window
    marks: Marks = ()

    @property
    def defaults(self) -> Json:
        """How values are shown unless a column says otherwise."""
        found: Json = self.panel["fieldConfig"]["defaults"]
        return found

    @property
    def series(self) -> list[Series]:
        """All series of all queries."""
        return [series for answer in self.answers for series in answer]


def name_of(look: Json, value: float) -> tuple[str, str] | None:
    """Return the word and the colour that a look gives to a state's value."""
    for mapping in look.get("mappings", ()):
        found: Any = mapping["options"].get(f"{value:g}")
        if found is not None:
            return found["text"], color_of(found["color"])
    return None


def color_for(look: Json, value: float) -> str:
    """Return the colour of a value by a look's names, thresholds or fixed colour."""
    named = name_of(look, value)
    if named is not None:
        return named[1]
    chosen = INK
    for step in look.get("thresholds", {}).get("steps", ()):
        if step["value"] is None or value >= step["value"]:
            chosen = color_of(step["color"])
    return chosen
