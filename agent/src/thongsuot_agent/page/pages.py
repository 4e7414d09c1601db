"""Returns the page at each address."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

import msgspec

from thongsuot_agent.page.exposition import CONTENT_TYPE, CONTENT_TYPE_OPENMETRICS, Exposition
from thongsuot_agent.page.line_history import LineHistory
from thongsuot_agent.page.month import MonthHistory
from thongsuot_agent.page.request import (
    PATH_COMMISSIONING,
    PATH_PROBLEMS,
    PATH_REQUEST_TESTS,
    HttpPage,
    HttpRequest,
    is_local_name,
    status_page,
)
from thongsuot_agent.status import AgentStatus
from thongsuot_schema.commissioning.run import CommissioningProgress, CommissioningStart
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.language import Language, language_from

if TYPE_CHECKING:
    from thongsuot_schema.page.periods import ChartPeriod

_FRESH_NS = 1_000_000_000
"""
How long a rendered page is reused for everyone: rendering it for each of many callers would delay
probes.
"""


_GZIP = 31
"""The value that selects zlib's gzip format."""


class CommissioningWalk(Protocol):
    """The walk of an installer through the links, as needed by its page."""

    def progress(self, key: str) -> CommissioningProgress:
        """Return the state of the run for the holder of this key."""
        ...

    def begin(self, code: str) -> CommissioningStart:
        """Start a run if the code is correct."""
        ...

    def act(self, action: str, key: str, fields: Mapping[str, str]) -> bool:
        """Carry out an action; ``False`` if it was not possible."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSources:
    """
    The sources of the pages' contents.

    ``month`` and ``lines`` are the history of the last weeks. ``request_tests`` starts the tests
    behind the button, and returns whether it did; ``None``: there is no button. ``report_problem``
    accepts a person's report in the same way. ``commissioning`` guides an installer through the
    links, if allowed. ``names`` are the host names of the device, in addition to its addresses.
    """

    view: Callable[[], SiteView]
    status: Callable[[], AgentStatus]
    metrics: Callable[[], Exposition]
    is_healthy: Callable[[], bool]
    boottime_ns: Callable[[], int]
    month: MonthHistory
    lines: LineHistory
    request_tests: Callable[[], bool] | None = None
    commissioning: CommissioningWalk | None = None
    report_problem: Callable[[ProblemKind], bool] | None = None
    names: tuple[str, ...] = ()


class LocalPages:
    """The local pages."""

    def __init__(self, sources: PageSources) -> None:
        self._sources = sources
        self._drawn: dict[tuple[Language, ChartPeriod | None], tuple[int, HttpPage]] = {}

    def page_for(self, request: HttpRequest) -> HttpPage | None:
        """Return the page for a request, ``None`` if there is none."""
        if not is_local_name(request.host, self._sources.names):
            return status_page(HTTPStatus.MISDIRECTED_REQUEST)
        return self._own_page_for(request)

    def _own_page_for(self, request: HttpRequest) -> HttpPage | None:
        if request.is_post:
            is_report = request.path.startswith(PATH_PROBLEMS)
            return self._report_problem(request) if is_report else self._take_form(request)
        match request.path:
            case "/" | "/commissioning":
                return self._page_for_people(request)
            case "/status.json":
                body = msgspec.json.encode(self._sources.status())
                return HttpPage(body=body, content_type="application/json")
            case "/metrics":
                return self._metrics_page(request)
            case "/healthz":
                is_well = self._sources.is_healthy()
                return status_page(HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE)
            case _:
                return None

    def _page_for_people(self, request: HttpRequest) -> HttpPage | None:
        if request.path == PATH_COMMISSIONING:
            return self._commissioning_page(request)
        return self._site_page(request)

    def _request_tests(self, request: HttpRequest) -> HttpPage | None:
        want = self._sources.request_tests
        if want is None:
            return None
        if not request.is_same_origin:
            return status_page(HTTPStatus.FORBIDDEN)
        if want():
            self._drawn.clear()
        page = status_page(HTTPStatus.SEE_OTHER)
        return replace(page, location=f"/?lang={_language(request)}#tests")

    def _take_form(self, request: HttpRequest) -> HttpPage | None:
        if request.path == PATH_COMMISSIONING:
            return self._commission(request)
        return self._request_tests(request)

    def _commission(self, request: HttpRequest) -> HttpPage | None:
        walk = self._sources.commissioning
        if walk is None:
            return None
        if not request.is_same_origin:
            return status_page(HTTPStatus.FORBIDDEN)
        action, key = request.form.get("action", ""), request.form.get("key", "")
        query = {"lang": _language(request)}
        if action == "begin":
            start = walk.begin(request.form.get("code", ""))
            query |= {"key": start.key} if start.key else {"problem": start.problem}
        elif walk.act(action, key, request.form):
            query["key"] = key
        page = status_page(HTTPStatus.SEE_OTHER)
        return replace(page, location=f"{PATH_COMMISSIONING}?{urlencode(query)}")

    def _commissioning_page(self, request: HttpRequest) -> HttpPage | None:
        walk = self._sources.commissioning
        if walk is None:
            return None
        # Imported on demand, like the page of the site.
        from thongsuot_schema.page.commissioning import (  # noqa: PLC0415
            CommissioningView,
            commissioning_page,
        )
        from thongsuot_schema.page.script import CONTENT_SECURITY_POLICY  # noqa: PLC0415

        progress = walk.progress(request.query.get("key", ""))
        problem = request.query.get("problem", "")
        view = CommissioningView(
            site=self._sources.view(),
            # After a mistyped code the form is shown again, not another person's run.
            run=None if problem else progress.run,
            key=progress.key,
            missing=progress.missing,
            left_s=progress.left_s,
            is_seen=progress.is_seen,
            problem=problem,
        )
        text = commissioning_page(view, language=_language(request))
        return HttpPage(
            body=text.encode(),
            content_type="text/html; charset=utf-8",
            policy=CONTENT_SECURITY_POLICY,
        )

    def _report_problem(self, request: HttpRequest) -> HttpPage | None:
        report, kind = self._sources.report_problem, request.path.removeprefix(PATH_PROBLEMS)
        if report is None or kind not in set(ProblemKind):
            return None
        if not request.is_same_origin:
            return status_page(HTTPStatus.FORBIDDEN)
        if report(ProblemKind(kind)):
            self._drawn.clear()
        page = status_page(HTTPStatus.SEE_OTHER)
        return replace(page, location=f"/?lang={_language(request)}")

    def _metrics_page(self, request: HttpRequest) -> HttpPage:
        figures = self._sources.metrics()
        if "application/openmetrics-text" in request.accept:
            body = figures.open_metrics().encode()
            return HttpPage(body=body, content_type=CONTENT_TYPE_OPENMETRICS)
        return HttpPage(body=figures.text().encode(), content_type=CONTENT_TYPE)

    def _site_page(self, request: HttpRequest) -> HttpPage:
        # Imported on demand: 0.7 MiB that most devices do not need most of the time.
        from thongsuot_schema.page.periods import period_from  # noqa: PLC0415

        language, now_ns = _language(request), self._sources.boottime_ns()
        period = period_from(request.query.get("period"))
        self._drawn = {
            key: drawn for key, drawn in self._drawn.items() if now_ns - drawn[0] < _FRESH_NS
        }
        known = self._drawn.get((language, period))
        if known is not None:
            return known[1]
        page = self._draw_site_page(language, period)
        self._drawn[language, period] = now_ns, page
        return page

    def _draw_site_page(self, language: Language, period: "ChartPeriod | None") -> HttpPage:
        from thongsuot_schema.page.chart_style import CHART_STYLE  # noqa: PLC0415
        from thongsuot_schema.page.past import SitePast, past_parts  # noqa: PLC0415
        from thongsuot_schema.page.periods import SCALES, ChartPeriod  # noqa: PLC0415
        from thongsuot_schema.page.render import PageRemarks, site_page  # noqa: PLC0415
        from thongsuot_schema.page.script import content_security_policy  # noqa: PLC0415

        view = self._sources.view()
        length_s = SCALES[period or ChartPeriod.DAY].length_s
        past = SitePast(
            stretches=self._sources.month.stretches,
            rollups=lambda link: self._sources.lines.rollups(link, length_s),
            chosen=period,
        )
        body = site_page(
            view,
            language=language,
            remarks=PageRemarks(
                light_parts=past_parts(view, past, language),
                style=CHART_STYLE,
                test_action="" if self._sources.request_tests is None else PATH_REQUEST_TESTS,
                problem_action=""
                if self._sources.report_problem is None
                else PATH_PROBLEMS.rstrip("/"),
                commissioning_url="" if self._sources.commissioning is None else PATH_COMMISSIONING,
            ),
        ).encode()
        return HttpPage(
            body=body,
            content_type="text/html; charset=utf-8",
            policy=content_security_policy(CHART_STYLE),
            # A slow phone loads it in half the time; the page has no secret that a compressed size
            # could reveal.
            packed=zlib.compress(body, wbits=_GZIP),
        )


def _language(request: HttpRequest) -> Language:
    return language_from(request.query.get("lang"))
