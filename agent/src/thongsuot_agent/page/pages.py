"""Which page stands at which address."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

import msgspec

from thongsuot_agent.page.exposition import CONTENT_TYPE, CONTENT_TYPE_OPENMETRICS, Exposition
from thongsuot_agent.page.request import PATH_ASK, Page, Request, plain
from thongsuot_agent.status import AgentStatus
from thongsuot_schema.page.view import SiteView
from thongsuot_schema.words.language import Language

_FRESH_NS = 1_000_000_000
"""
So long one drawing serves everybody: a page drawn for each of many callers would delay probes.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """
    Where the contents come from.

    ``want_tests`` begins those that the button stands for, and says whether it did; ``None``: there
    is no button.
    """

    view: Callable[[], SiteView]
    status: Callable[[], AgentStatus]
    figures: Callable[[], Exposition]
    is_well: Callable[[], bool]
    boottime_ns: Callable[[], int]
    want_tests: Callable[[], bool] | None = None


class Pages:
    """The local pages."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._drawn: dict[Language, tuple[int, Page]] = {}

    def page_for(self, request: Request) -> Page | None:
        """Return the page for a request, ``None`` where there is none."""
        if request.is_post:
            return self._want_tests(request)
        match request.path:
            case "/":
                return self._site(request)
            case "/status.json":
                body = msgspec.json.encode(self._sources.status())
                return Page(body=body, content_type="application/json")
            case "/metrics":
                return self._figures(request)
            case "/healthz":
                is_well = self._sources.is_well()
                return plain(HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE)
            case _:
                return None

    def _want_tests(self, request: Request) -> Page | None:
        want = self._sources.want_tests
        if want is None:
            return None
        if not request.is_own:
            return plain(HTTPStatus.FORBIDDEN)
        if want():
            self._drawn.clear()
        page = plain(HTTPStatus.SEE_OTHER)
        return replace(page, location=f"/?lang={_language(request)}#tests")

    def _figures(self, request: Request) -> Page:
        figures = self._sources.figures()
        if "application/openmetrics-text" in request.accept:
            body = figures.open_metrics().encode()
            return Page(body=body, content_type=CONTENT_TYPE_OPENMETRICS)
        return Page(body=figures.text().encode(), content_type=CONTENT_TYPE)

    def _site(self, request: Request) -> Page:
        language = _language(request)
        now_ns = self._sources.boottime_ns()
        drawn = self._drawn.get(language)
        if drawn is not None and now_ns - drawn[0] < _FRESH_NS:
            return drawn[1]
        # Loaded when somebody looks: 0.7 MiB that most devices do without most of the time.
        from thongsuot_schema.page.policy import CONTENT_SECURITY_POLICY  # noqa: PLC0415
        from thongsuot_schema.page.render import Remarks, site_page  # noqa: PLC0415

        page = Page(
            body=site_page(
                self._sources.view(),
                language=language,
                remarks=Remarks(ask_action="" if self._sources.want_tests is None else PATH_ASK),
            ).encode(),
            content_type="text/html; charset=utf-8",
            policy=CONTENT_SECURITY_POLICY,
        )
        self._drawn[language] = (now_ns, page)
        return page


def _language(request: Request) -> Language:
    return "en" if request.query.get("lang") == "en" else "vi"
