"""The pages of statements, their CSV and their PDF: all of it read only, nothing is issued here."""

import asyncio
import time

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from thongsuot_collector.correlation import rows
from thongsuot_collector.errors import PrintFailed
from thongsuot_collector.sla.calendar import NS_PER_MS, month_at, month_from
from thongsuot_collector.sla.csv_table import table_of
from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.statements import revision_store
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.statements.circuits import circuits, names_of
from thongsuot_collector.statements.pdf_printer import PdfPrinter
from thongsuot_collector.statements.summary import file_name
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.timeline.subject import Subject
from thongsuot_collector.web import responses
from thongsuot_collector.web.access import PageAccess, Visitor
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY
from thongsuot_collector.web.search import matches
from thongsuot_collector.web.statement import labels
from thongsuot_collector.web.statement.disputes import closing_lines, dispute_lines
from thongsuot_collector.web.statement.listing import CircuitRow, list_page
from thongsuot_collector.web.statement.page import statement_page
from thongsuot_schema.words.language import Language, Text

_DIGITS = 6
"""Maximum digits of a revision's number."""


class StatementPages:
    """The pages of statements: all for the city, those of its own circuits for a carrier."""

    def __init__(self, archive: StatementArchive, access: PageAccess) -> None:
        self._archive = archive
        self._access = access
        self._printer = PdfPrinter()

    def routes(self) -> list[Route]:
        """Return where they stand."""
        return [
            Route("/sla", self.list_of_month),
            Route("/sla/{month}", self.list_of_month),
            Route("/sla/{month}/{circuit:path}", self.statement),
        ]

    async def list_of_month(self, request: Request) -> Response:
        """Answer with the circuits of a month; by default of the newest issued one."""
        visitor = await self._access.visitor(request)
        if not visitor.sees_all and visitor.role is not PersonRole.CARRIER:
            return await self._access.refusal(request)
        language = responses.language_of(request)
        issued = await asyncio.to_thread(revision_store.months, self._archive.store)
        running = str(month_at(self._archive.now_ms))
        month = request.path_params.get("month") or (issued[0] if issued else running)
        months = sorted({running, *issued}, reverse=True)
        if month not in months:
            return responses.not_found(labels.NO_MONTH.read(language))
        query = request.query_params.get("q", "")[:100]
        rows = [
            row
            for row in await asyncio.to_thread(self._rows, month)
            if visitor.sees_carrier(row.circuit.carrier)
            and matches(query, row.circuit.name, row.names.site, row.names.carrier)
        ]
        text = list_page(
            rows, month=month, months=months, query=query, reader=_reader(language, visitor)
        )
        return responses.html_page(text, CONTENT_SECURITY_POLICY)

    async def statement(self, request: Request) -> Response:
        """Answer with one circuit's month: the page, or with .csv or .pdf the file."""
        visitor = await self._access.visitor(request)
        language = responses.language_of(request)
        name, kind = _kind(request.path_params["circuit"])
        month, number = request.path_params["month"], request.query_params.get("revision", "")
        issue: IssuedStatement | Text = labels.NO_CIRCUIT
        if visitor.sees_all or visitor.role is PersonRole.CARRIER:
            issue = await asyncio.to_thread(self._issue, name, month, number)
        if not visitor.sees_all and not _is_theirs(issue, visitor):
            return await self._access.refusal(request)
        if isinstance(issue, Text):
            return responses.not_found(issue.read(language))
        if kind == "csv":
            table = await asyncio.to_thread(table_of, issue.statement)
            return responses.attachment(table, "text/csv; charset=utf-8", file_name(issue, kind))
        if kind == "pdf":
            try:
                pdf = await self._printer.pdf(issue)
            except PrintFailed:
                return PlainTextResponse(
                    labels.NOT_PRINTED.read(language), 503, headers=responses.HEADERS
                )
            return responses.attachment(pdf, "application/pdf", file_name(issue, kind))
        text = await asyncio.to_thread(self._page, issue, _reader(language, visitor))
        return responses.html_page(text, CONTENT_SECURITY_POLICY)

    def _rows(self, month: str) -> list[CircuitRow]:
        directory = self._archive.directory
        briefs = revision_store.summaries(self._archive.store, month)
        issued = {(summary.circuit.site, summary.circuit.link) for summary in briefs}
        rows = [
            CircuitRow(circuit=summary.circuit, names=summary.names, summary=summary)
            for summary in briefs
        ]
        rows += [
            CircuitRow(circuit=circuit, names=names_of(circuit, directory), summary=None)
            for circuit in circuits(directory)
            if (circuit.site, circuit.link) not in issued
        ]
        return sorted(rows, key=lambda row: (row.circuit.name, row.circuit.site))

    def _page(self, issue: IssuedStatement, reader: PageReader) -> str:
        statement = issue.statement
        revisions = revision_store.revisions(
            self._archive.store, statement.month, statement.circuit.site, statement.circuit.link
        )
        circuit, month = statement.circuit, month_from(statement.month)
        store, subject = self._archive.store, Subject(site=circuit.site, link=circuit.link)
        from_ns, until_ns = month.from_ms * NS_PER_MS, month.until_ms * NS_PER_MS
        disputed = rows.load_disputed(store, subject, from_ns=from_ns, until_ns=until_ns)
        closed = rows.load_closed_by_city(store, subject, from_ns=from_ns, until_ns=until_ns)
        return statement_page(
            issue,
            revisions,
            reader=reader,
            disputes=dispute_lines(disputed, circuit, self._archive.directory, reader.language),
            closings=closing_lines(closed, circuit, reader.language),
        )

    def _issue(self, name: str, month: str, number: str) -> IssuedStatement | Text:
        """Return the requested statement; a sentence if it does not exist."""
        try:
            of_month = month_from(month)
        except ValueError:
            return labels.NO_MONTH
        circuit = self._archive.circuit(name, of_month)
        if circuit is None:
            return labels.NO_CIRCUIT
        store, site, link = self._archive.store, circuit.site, circuit.link
        if number:
            if not number.isascii() or not number.isdigit() or len(number) > _DIGITS:
                return labels.NO_REVISION
            return (
                revision_store.revision(store, month, site, link, int(number)) or labels.NO_REVISION
            )
        newest = revision_store.latest(store, month, site, link)
        if newest is None and of_month.from_ms > self._archive.now_ms:
            return labels.NO_MONTH
        return newest or self._archive.newest_or_draft(circuit, of_month)


def _is_theirs(issue: IssuedStatement | Text, visitor: Visitor) -> bool:
    if isinstance(issue, Text):
        return False
    return visitor.sees_carrier(issue.statement.circuit.carrier)


def _reader(language: Language, visitor: Visitor) -> PageReader:
    home = "/" if visitor.sees_all else f"/desk/{visitor.scope}"
    return PageReader(
        language=language,
        now_s=time.time(),
        key=visitor.key,
        is_staff=visitor.sees_all,
        home=home,
    )


def _kind(path: str) -> tuple[str, str]:
    """Return a circuit's name and the requested kind of file, empty for the page."""
    for kind in ("csv", "pdf"):
        if path.endswith(f".{kind}"):
            return path.removesuffix(f".{kind}"), kind
    return path, ""
