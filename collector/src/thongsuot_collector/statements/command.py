"""The command that issues statements and writes them to files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from thongsuot_collector.errors import CollectorError
from thongsuot_collector.sla.calendar import Month
from thongsuot_collector.sla.csv_table import table_of
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.sla.statement import Circuit
from thongsuot_collector.sla.text import text_of
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.statements.circuits import circuits
from thongsuot_collector.statements.summary import file_name
from thongsuot_schema.words.language import Language, Text

Format = Literal["text", "csv", "pdf"]

FORMATS: Final[tuple[Format, ...]] = ("text", "csv", "pdf")


class NoSuchCircuit(CollectorError):
    """The inventory has no circuit of that name; the text lists the existing ones."""


def statements(
    archive: StatementArchive, month: Month, name: str | None, kind: Format, language: Language
) -> Iterator[tuple[str, bytes]]:
    """
    Issue the statements of a month, of one circuit or of all, and yield each as a file.

    Raises:
        NoSuchCircuit: there is no circuit of that name.
    """
    for issue in issues(archive, month, name):
        ending = "txt" if kind == "text" else kind
        yield file_name(issue, ending), _body(issue, kind, language)


def issues(archive: StatementArchive, month: Month, name: str | None) -> Iterator[IssuedStatement]:
    """
    Issue the statements of a month, of one circuit or of all, and yield each.

    Raises:
        NoSuchCircuit: nothing is called so.
    """
    for circuit in _selected_circuits(archive, month, name):
        yield archive.issue_revision(circuit, month)


def shown(files: Iterator[tuple[str, bytes]], kind: Format) -> Iterator[str]:
    """Yield files to be printed in sequence; tables are joined under one header."""
    for number, (_, body) in enumerate(files):
        text = body.decode().replace("\r\n", "\n").removesuffix("\n")
        yield text.partition("\n")[2] if kind == "csv" and number else text


def written(files: Iterator[tuple[str, bytes]], folder: Path) -> Iterator[Path]:
    """Write files to a folder, which is created if missing; yield each path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files:
        path = folder / name
        path.write_bytes(body)
        yield path


def _selected_circuits(
    archive: StatementArchive, month: Month, name: str | None
) -> Sequence[Circuit]:
    if name is None:
        return circuits(archive.directory)
    wanted = archive.circuit(name, month)
    if wanted is None:
        known = [circuit.name for circuit in circuits(archive.directory)]
        shown = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
        if not known:
            raise NoSuchCircuit(Text("collector.cli.error.no_circuits", name=name))
        raise NoSuchCircuit(Text("collector.cli.error.no_circuit", name=name, known=shown))
    return [wanted]


def _body(issue: IssuedStatement, kind: Format, language: Language) -> bytes:
    if kind == "csv":
        return table_of(issue.statement)
    if kind == "pdf":
        # Imported here because it takes 40 MiB.
        from thongsuot_collector.statements.pdf import render  # noqa: PLC0415

        return render(issue)
    return f"{text_of(issue, language)}\n".encode()
