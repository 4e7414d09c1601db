"""
The results of the two commands in one root, as one user: a record that is kept as JSON.

Only the standard library, by any Python from 3.11: the program inside a new root imports this.
"""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryScene:
    """
    One scene of the demo: who was notified first after how long, and what did not happen in time.
    """

    title: str
    told_s: float | None = None
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOutcome:
    """``seen_s`` is the time until every address showed what it should, downloads included."""

    seen_s: float | None = None
    scenes: tuple[StoryScene, ...] = ()
    of_scenes: int = 0
    problem: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the whole story was played and everybody was notified."""
        are_told = all(scene.told_s is not None and not scene.missed for scene in self.scenes)
        return not self.problem and are_told and 0 < len(self.scenes) == self.of_scenes


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOutcome:
    """``counts`` are the numbers in pytest's summaries (passed, failed, skipped), added up."""

    tests: tuple[str, ...]
    """The selected tests; empty: all that every change needs."""
    code: int
    took_s: float
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether it succeeded and something was tested."""
        return self.code == 0 and self.counts.get("passed", 0) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshOutcome:
    """
    One row: a release, a user.

    ``asked_root_for`` are the packages for which a plain user's command stopped; ``without`` are
    those that it reported to go on without.
    """

    release: str
    user: str
    date: str
    commit: str
    machine: str = ""
    python: str = ""
    commands: int = 0
    asked_root_for: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    demo: DemoOutcome | None = None
    test: TestOutcome | None = None
    not_played: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the row in the table."""
        return self.release, self.user

    @property
    def is_good(self) -> bool:
        """Whether everything that was requested in this root succeeded."""
        parts = [part for part in (self.demo, self.test) if part is not None]
        return not self.not_played and bool(parts) and all(part.is_good for part in parts)

    def as_json(self) -> dict[str, Any]:
        """Return what ``outcome_from_json`` reads."""
        return asdict(self)


def outcome_from_json(record: dict[str, Any]) -> FreshOutcome:
    """Return an outcome from the output of ``as_json``."""
    demo, test = record.get("demo"), record.get("test")
    fields = _fields(record)
    if demo is not None:
        scenes = tuple(StoryScene(**_fields(scene)) for scene in demo["scenes"])
        fields["demo"] = DemoOutcome(**{**demo, "scenes": scenes})
    if test is not None:
        fields["test"] = TestOutcome(**_fields(test))
    return FreshOutcome(**fields)


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in record.items()
    }
