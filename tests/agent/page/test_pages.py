"""The device's pages: addresses, languages, size, and how often they are rendered."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from tests.agent.cli.test_status import STATUS
from tests.agent.page.test_history import change
from tests.agent.page.test_site_view import given, outlook_of, view
from thongsuot_agent.page.exposition import Exposition
from thongsuot_agent.page.history import History
from thongsuot_agent.page.line_history import LineHistory
from thongsuot_agent.page.month import MonthHistory
from thongsuot_agent.page.pages import CommissioningWalk, LocalPages, PageSources
from thongsuot_agent.page.request import HttpPage, HttpRequest
from thongsuot_agent.page.site_view import PageContext, site_view
from thongsuot_agent.status import AgentStatus
from thongsuot_schema.commissioning.run import CommissioningProgress, CommissioningStart
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.metric import MetricType
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.view import SiteView

S = 1_000_000_000
LARGEST_BYTES = 60_000
PROMETHEUS_ACCEPTS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def figures() -> Exposition:
    made = Exposition({"site": "ba-dinh"}, ())
    made.add_agent_metric("thongsuot_agent_results_total", "Results", 1.0, MetricType.COUNTER)
    return made


class CountedPages:
    """Pages over a view that counts how often it was asked for, on a clock that is set by hand."""

    def __init__(
        self,
        shown: SiteView,
        *,
        is_well: bool = True,
        want: Callable[[], bool] | None = None,
        walk: CommissioningWalk | None = None,
        report: Callable[[ProblemKind], bool] | None = None,
    ) -> None:
        self.now_ns = 0
        self.drawn = 0
        self.lines = LineHistory()
        self._shown = shown
        self.pages = LocalPages(
            PageSources(
                month=MonthHistory(),
                lines=self.lines,
                view=self._view,
                status=lambda: STATUS,
                metrics=figures,
                is_healthy=lambda: is_well,
                boottime_ns=lambda: self.now_ns,
                request_tests=want,
                commissioning=walk,
                report_problem=report,
            )
        )

    def _view(self) -> SiteView:
        self.drawn += 1
        return self._shown

    def get(self, path: str, **query: str) -> HttpPage:
        page = self.pages.page_for(HttpRequest(path=path, query=query, is_head=False))
        assert page is not None
        return page


def test_the_page_is_vietnamese_and_english_where_asked() -> None:
    drawing = CountedPages(view(given("fiber", "", State.DOWN)))
    assert '<html lang="vi"' in drawing.get("/").body.decode()
    assert '<html lang="en"' in drawing.get("/", lang="en").body.decode()
    assert '<html lang="vi"' in drawing.get("/", lang="fr").body.decode()
    assert "script-src 'sha256-" in drawing.get("/").policy


def test_the_page_is_packed_to_a_third() -> None:
    page = CountedPages(view(given("fiber", "", State.DOWN))).get("/")
    assert gzip.decompress(page.packed) == page.body
    assert len(page.packed) < len(page.body) / 2.5


def test_a_rendered_page_is_reused_for_a_second() -> None:
    drawing = CountedPages(view())
    for _ in range(10):
        drawing.get("/")
    assert drawing.drawn == 1
    drawing.get("/", lang="en")
    assert drawing.drawn == 2
    drawing.get("/", period="7d")
    for number in range(10):
        drawing.get("/", period=f"no such period {number}")
    assert drawing.drawn == 3
    drawing.now_ns += S
    drawing.get("/")
    assert drawing.drawn == 4


def test_status_figures_and_health_are_served() -> None:
    drawing = CountedPages(view())
    assert msgspec.json.decode(drawing.get("/status.json").body, type=AgentStatus) == STATUS
    assert drawing.get("/metrics").content_type.startswith("text/plain; version=0.0.4")
    asked = HttpRequest(path="/metrics", query={}, is_head=False, accept=PROMETHEUS_ACCEPTS)
    page = drawing.pages.page_for(asked)
    assert page is not None
    assert page.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert page.body.endswith(b"\n# EOF\n")
    assert drawing.get("/healthz").body == b"200 OK\n"
    assert CountedPages(view(), is_well=False).get("/healthz").status == 503
    assert drawing.pages.page_for(HttpRequest(path="/x", query={}, is_head=False)) is None


ASK = HttpRequest(path="/tests", query={"lang": "en"}, is_head=False, is_post=True)


def test_the_button_begins_tests_and_leads_back_to_the_page() -> None:
    pressed: list[bool] = []

    def want() -> bool:
        pressed.append(True)
        return True

    drawing = CountedPages(view(), want=want)
    assert 'action="/tests?lang=vi"' in drawing.get("/").body.decode()
    page = drawing.pages.page_for(ASK)
    assert page is not None
    assert (page.status, page.location, pressed) == (303, "/?lang=en#tests", [True])
    drawing.get("/")
    assert drawing.drawn == 2, "what was drawn before does not show it"


def test_another_page_presses_no_button_and_where_there_is_none_nobody_does() -> None:
    pressed: list[bool] = []

    def want() -> bool:
        pressed.append(True)
        return True

    drawing = CountedPages(view(), want=want)
    page = drawing.pages.page_for(replace(ASK, is_same_origin=False))
    assert page is not None
    assert (page.status, pressed) == (403, [])
    without = CountedPages(view())
    assert without.pages.page_for(ASK) is None
    assert "/tests" not in without.get("/").body.decode()


def test_a_problem_is_reported_by_our_own_page_alone_and_of_a_kind_that_there_is() -> None:
    reported: list[ProblemKind] = []

    def report(kind: ProblemKind) -> bool:
        reported.append(kind)
        return True

    drawing = CountedPages(view(), report=report)
    assert 'formaction="/problems/slow?lang=vi"' in drawing.get("/").body.decode()
    press = HttpRequest(path="/problems/slow", query={"lang": "en"}, is_head=False, is_post=True)
    page = drawing.pages.page_for(press)
    assert page is not None
    assert (page.status, page.location, reported) == (303, "/?lang=en", [ProblemKind.SLOW])
    drawing.get("/")
    assert drawing.drawn == 2, "what was drawn before does not show it"
    foreign = drawing.pages.page_for(replace(press, is_same_origin=False))
    assert foreign is not None
    assert foreign.status == 403
    assert drawing.pages.page_for(replace(press, path="/problems/ghost")) is None
    assert CountedPages(view()).pages.page_for(press) is None
    assert len(reported) == 1


def test_the_worst_day_of_a_large_site_still_fits_the_page() -> None:
    services = tuple(
        Target(
            name=f"p{n}",
            role=Role.SERVICE,
            segment=Segment.SERVICE,
            url="https://portal.example",
            title_vi=f"Cổng dịch vụ công số {n}",
        )
        for n in range(12)
    )
    history = History()
    for n in range(4000):
        history.add_change(change(State.DOWN if n % 2 else State.UP, 20 * n))
    history.tick(80_000 * S)
    verdicts = [given("fiber", "", State.DOWN), given("mobile", "", State.DOWN)]
    verdicts += [given("", service.name, State.DOWN) for service in services]
    outlook = outlook_of(*verdicts, history=history, services=services)
    surroundings = PageContext(
        notified=(),
        collector_reachable=False,
        backlog_batches=10_000,
        clock_trusted=False,
        version="0.1.0",
    )
    drawing = CountedPages(site_view(outlook, surroundings))
    for lang in ("vi", "en"):
        assert len(drawing.get("/", lang=lang).body) <= LARGEST_BYTES


def test_a_page_that_is_asked_for_by_a_strangers_name_is_refused_whole() -> None:
    pressed: list[bool] = []

    def press() -> bool:
        pressed.append(True)
        return True

    drawing = CountedPages(view(), want=press)
    for path, is_post in (
        ("/", False),
        ("/status.json", False),
        ("/metrics", False),
        ("/tests", True),
    ):
        request = HttpRequest(
            path=path, query={}, is_head=False, is_post=is_post, host="evil.example"
        )
        page = drawing.pages.page_for(request)
        assert page is not None
        assert page.status == 421
    assert not pressed
    assert not drawing.drawn


class Walk:
    """A walk that notes what is pressed."""

    def __init__(self) -> None:
        self.pressed: list[tuple[str, str]] = []

    def progress(self, key: str) -> CommissioningProgress:
        return CommissioningProgress(run=None, key=key)

    def begin(self, code: str) -> CommissioningStart:
        return (
            CommissioningStart(key="k1")
            if code == "123456"
            else CommissioningStart(problem="wrong")
        )

    def act(self, action: str, key: str, fields: Mapping[str, str]) -> bool:
        self.pressed.append((action, fields["key"]))
        return key == "k1"


def press(pages: LocalPages, *, is_ours: bool = True, **form: str) -> HttpPage:
    page = pages.page_for(
        HttpRequest(
            path="/commissioning",
            query={"lang": "en"},
            is_head=False,
            is_post=True,
            is_same_origin=is_ours,
            form=form,
        )
    )
    assert page is not None
    return page


def test_the_first_page_leads_an_installer_to_the_walk_where_there_is_one() -> None:
    link = 'href="/commissioning?lang=en"'
    assert link in CountedPages(view(), walk=Walk()).get("/", lang="en").body.decode()
    assert link not in CountedPages(view()).get("/", lang="en").body.decode()


def test_the_code_gives_the_key_and_the_key_gives_the_buttons() -> None:
    walk = Walk()
    pages = CountedPages(view(), walk=walk).pages
    assert press(pages, action="begin", code="123456").location == "/commissioning?lang=en&key=k1"
    wrong = press(pages, action="begin", code="1")
    assert wrong.location == "/commissioning?lang=en&problem=wrong"
    assert press(pages, action="pull", key="k1").location.endswith("key=k1")
    assert press(pages, action="pull", key="k2").location == "/commissioning?lang=en"
    assert walk.pressed == [("pull", "k1"), ("pull", "k2")]


def test_a_foreign_page_presses_nothing_of_the_walk_and_without_one_there_is_no_page() -> None:
    walk = Walk()
    pages = CountedPages(view(), walk=walk)
    assert press(pages.pages, is_ours=False, action="pull", key="k1").status == 403
    assert walk.pressed == []
    assert "commissioning code" in pages.get("/commissioning", lang="en").body.decode()
    assert (
        "The code is wrong" in pages.get("/commissioning", lang="en", problem="wrong").body.decode()
    )
    without = CountedPages(view()).pages
    for is_post in (True, False):
        asked = HttpRequest(path="/commissioning", query={}, is_head=False, is_post=is_post)
        assert without.page_for(asked) is None
