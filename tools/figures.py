"""
Figures stated in the pages, and their sources: ``docs/figures.toml``.

There are two kinds. A figure that repeats a default or a limit is compared with the code. A
measured figure names the command that measures it, the date and the machine; the page
``docs/reference/figures.md`` is generated from these.
"""

import dataclasses
import datetime as dt
import importlib
import re
import tomllib
from itertools import takewhile
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
FILE = "docs/figures.toml"

_FIGURE = re.compile(r"\{(\d+(?:\.\d+)?)\}")
_MEASURED = re.compile(
    r"\b(?:p50|p95|p99|resident|[Mm]easured (?:on|in|against)"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r" 20\d\d|20\d\d-[01]\d(?:-[0-3]\d)?\))"
)
_QUANTITY = re.compile(r"(?<![\w.`])\d[\d,.]*\s(?:ms|µs|s|[KMG]i?B|%|bytes|minutes|seconds)(?!\w)")
_DAY = re.compile(r"20\d\d-[01]\d-[0-3]\d")
_RUN_WORD = re.compile(r"^ {4}([a-z]+)\)", re.MULTILINE)

_HEAD = """\
# Figures and the commands that make them

Made from `docs/figures.toml` by `./run reference`; do not edit. What a page says was measured, with
what makes it again. Ratios beside a peer in the same run hold on other machines, absolute times do
not. Figures that repeat a default or a limit are compared with the code by
`tests/contract/test_figures.py`.

| page | it says | command | measured on | machine |
| --- | --- | --- | --- | --- |
"""


class StatedFigure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    A page that repeats a value of the code: the number in braces in ``says`` is ``source`` divided
    by ``per``.
    """

    page: str
    says: str
    source: str
    per: float = 1.0


class MeasuredFigure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measured figure of a page: the command, the date and the machine."""

    page: str
    says: str
    command: str
    date: dt.date
    machine: str


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    stated: tuple[StatedFigure, ...] = ()
    measured: tuple[MeasuredFigure, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class FigureError:
    """Why an entry is wrong, or a page that needs an entry and has none."""

    page: str
    reason: str

    def __str__(self) -> str:
        return f"{self.page}: {self.reason}"


def read(root: Path = ROOT) -> Figures:
    """Read ``docs/figures.toml``; ``msgspec.ValidationError`` names the error in it."""
    table = tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    return msgspec.convert(table, Figures)


def value_of(source: str) -> float:
    """
    Return the value of ``module:CONSTANT`` or ``module:Struct.field`` (its default) as a number.

    A ``timedelta`` counts in seconds. Raises ``LookupError`` if it does not exist.
    """
    module_name, _, path = source.partition(":")
    name, _, field = path.partition(".")
    try:
        value = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"{source} does not exist: {error}") from error
    if field:
        defaults = _defaults(value)
        if field not in defaults:
            raise LookupError(f"{source}: no such field")
        value = defaults[field]
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, int | float):
        return float(value)
    raise LookupError(f"{source} is not a number: {value!r}")


def _defaults(kind: object) -> dict[str, object]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {field.name: field.default for field in msgspec.structs.fields(kind)}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return {field.name: field.default for field in dataclasses.fields(kind)}
    raise LookupError(f"{kind!r} has no fields")


def stated_errors(root: Path, figures: Figures) -> list[FigureError]:
    """Return each stated figure that is missing from its page, or that the code contradicts."""
    errors = []
    for figure in figures.stated:
        numbers = _FIGURE.findall(figure.says)
        if len(numbers) != 1:
            errors.append(FigureError(figure.page, f"{figure.says!r}: one figure in braces"))
            continue
        if _FIGURE.sub(r"\1", figure.says) not in _text(root, figure.page):
            errors.append(FigureError(figure.page, f"does not say {figure.says!r}"))
        try:
            value = value_of(figure.source) / figure.per
        except LookupError as error:
            errors.append(FigureError(figure.page, str(error)))
            continue
        if value != float(numbers[0]):
            reason = f"{figure.says!r}, but {figure.source} makes it {value:g}"
            errors.append(FigureError(figure.page, reason))
    return errors


def measured_errors(root: Path, figures: Figures) -> list[FigureError]:
    """
    Return each measured figure that is missing from its page, or whose command does not exist.
    """
    words = set(_RUN_WORD.findall((root / "run").read_text(encoding="utf-8")))
    errors = []
    for figure in figures.measured:
        if figure.says not in _text(root, figure.page):
            errors.append(FigureError(figure.page, f"does not say {figure.says!r}"))
        program, word, *arguments = [*figure.command.split(), "", ""]
        if word == "bench":
            # The words after an option are its own.
            arguments = list(takewhile(lambda argument: not argument.startswith("-"), arguments))
        if program != "./run" or word not in words:
            errors.append(FigureError(figure.page, f"no such command: {figure.command}"))
        missing = [
            argument
            for argument in arguments
            if ("/" in argument and not (root / argument).exists())
            or (word == "bench" and argument and not (root / "bench" / f"{argument}.py").exists())
        ]
        errors += [
            FigureError(figure.page, f"{figure.command}: no {name}") for name in missing if name
        ]
    return errors


def unnamed_measurements(root: Path, figures: Figures, pages: list[str]) -> list[FigureError]:
    """
    Return each paragraph with a quantity that mentions a measurement and has no entry.

    A paragraph mentions a measurement if it names a percentile or a date of measuring, or says so.
    A paragraph that names a command of ``./run`` and the day needs no entry: its figures have both
    beside them.
    """
    errors = []
    for page in pages:
        sentences = [figure.says for figure in figures.measured if figure.page == page]
        for paragraph in _paragraphs((root / page).read_text(encoding="utf-8")):
            if not (_MEASURED.search(paragraph) and _QUANTITY.search(paragraph)):
                continue
            if "`./run " in paragraph and _DAY.search(paragraph):
                continue
            if not any(says in paragraph for says in sentences):
                reason = f"a measurement without an entry in {FILE}: {paragraph[:100]}..."
                errors.append(FigureError(page, reason))
    return errors


def _text(root: Path, page: str) -> str:
    return " ".join((root / page).read_text(encoding="utf-8").split())


def _paragraphs(text: str) -> list[str]:
    # Code shows examples, and rows of tables are explained by the sentence above the table.
    plain = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    return [
        " ".join(paragraph.split())
        for paragraph in re.split(r"\n\s*\n|\n(?=\s*[-*] )", plain)
        if not paragraph.lstrip().startswith("|")
    ]


def figures_page() -> str:
    """Return the page of measured figures, in the order of the pages."""
    rows = [
        f"| [{figure.page}](../../{figure.page}) | {_cell(figure.says)} | `{figure.command}` "
        f"| {figure.date.isoformat()} | {figure.machine} |\n"
        for figure in sorted(read().measured, key=lambda figure: (figure.page, figure.says))
    ]
    return _HEAD + "".join(rows)


def _cell(text: str) -> str:
    return text.strip("| ").replace(" | ", ", ").replace("**", "")
