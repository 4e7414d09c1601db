"""Which page stands at which address."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from thongsuot_agent.page.exposition import CONTENT_TYPE
from thongsuot_agent.page.request import Page, Request, plain
from thongsuot_agent.status import AgentStatus
from thongsuot_schema.page.view import SiteView
from thongsuot_schema.words.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the contents come from; asked anew for each request."""

    view: Callable[[], SiteView]
    status: Callable[[], AgentStatus]
    figures: Callable[[], str]
    is_well: Callable[[], bool]


class Pages:
    """The local pages."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def page_for(self, request: Request) -> Page | None:
        """Return the page for a request, ``None`` where there is none."""
        match request.path:
            case "/":
                return self._site(request)
            case "/status.json":
                body = msgspec.json.encode(self._sources.status())
                return Page(body=body, content_type="application/json")
            case "/metrics":
                return Page(body=self._sources.figures().encode(), content_type=CONTENT_TYPE)
            case "/healthz":
                is_well = self._sources.is_well()
                return plain(HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE)
            case _:
                return None

    def _site(self, request: Request) -> Page:
        # Loaded when somebody looks: 0.7 MiB that most devices do without most of the time.
        from thongsuot_schema.page.policy import CONTENT_SECURITY_POLICY  # noqa: PLC0415
        from thongsuot_schema.page.render import site_page  # noqa: PLC0415

        language: Language = "en" if request.query.get("lang") == "en" else "vi"
        html = site_page(self._sources.view(), language=language)
        return Page(
            body=html.encode(),
            content_type="text/html; charset=utf-8",
            policy=CONTENT_SECURITY_POLICY,
        )
