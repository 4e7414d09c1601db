"""What tests choose on a board, and what of it the lab has nothing to show for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from tests.dashboards import expectations


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardExpectation:
    """
    What holds for one board beside the laws for all of them.

    ``chosen`` are values of its variables, by name; what is not chosen is all of them, or the first
    where only one can be. ``may_be_empty`` gives the reason for each panel that may find nothing,
    by its English title, or by title and legend of a query (``Technology now: 2G``).
    """

    chosen: Mapping[str, str] = field(default_factory=dict)
    may_be_empty: Mapping[str, str] = field(default_factory=dict)


def expectation_of(board: str) -> BoardExpectation:
    """Return what ``expectations/<board>.py`` says; a board without one has nothing special."""
    name = f"{expectations.__name__}.{board}"
    if find_spec(name) is None:
        return BoardExpectation()
    expectation: object = import_module(name).EXPECTATION
    assert isinstance(expectation, BoardExpectation), f"{name} holds no EXPECTATION"
    return expectation
