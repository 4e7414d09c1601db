"""The page of Python modules: what is on it, by the sources alone."""

from tools import python_reference

SOURCE = '''\
"""Counts things."""

LIMIT: int = 3
"""So many at most."""

_SECRET = "x"


class Counter(Base):
    """
    Counts.

        with Counter() as counter:
            ...
    """

    total: int = 0
    """So far."""

    @property
    def is_full(self) -> bool:
        """Whether ``LIMIT`` is reached."""
        return True

    async def add(self, more: int = 1, *, twice: bool = False) -> None:
        """Count."""

    def _forget(self) -> None:
        """Nobody's business."""


def count(things: list[str]) -> int:
    """Return how many."""
'''


def test_public_names_stand_with_signature_and_docstring_in_their_order() -> None:
    text = "\n".join(python_reference.module_lines(SOURCE))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert lines == [
        "Counts things.",
        "- `LIMIT: int = 3`",
        "So many at most.",
        "- `class Counter(Base)`",
        "Counts.",
        "```text",
        "with Counter() as counter:",
        "...",
        "```",
        "- `total: int = 0`",
        "So far.",
        "- `is_full: bool`",
        "Whether `LIMIT` is reached.",
        "- `async def add(self, more: int=1, *, twice: bool=False) -> None`",
        "Count.",
        "- `def count(things: list[str]) -> int`",
        "Return how many.",
    ]


def test_every_module_that_the_page_promises_is_there() -> None:
    modules = [name for names in python_reference.PUBLIC.values() for name in names]
    assert [name for name in modules if not python_reference.source_of(name).is_file()] == []
    assert len(set(modules)) == len(modules)


def test_the_contracts_of_plugins_are_on_the_page() -> None:
    page = python_reference.python_page()
    for name in ("class Probe", "class Sink", "class Channel", "class FaultScope", "class Lab"):
        assert name in page
