"""The fixed words of the page of test requests."""

from typing import Final

from thongsuot_collector.store.test_requests import AT_ONCE, LASTS_NS, NS_PER_S, RequestStage
from thongsuot_schema.words import requested_tests
from thongsuot_schema.words.language import Text

TITLE: Final = Text("collector.web.test_request.title")
WHO_ARE_YOU: Final = Text("collector.web.test_request.who_are_you")
NOBODY: Final = Text("collector.web.test_request.nobody")
OTHER_PAGE: Final = Text("collector.web.test_request.other_page")
TOO_LONG: Final = Text("collector.web.test_request.too_long")
WRONG: Final = Text("collector.web.test_request.wrong")
TOO_OFTEN: Final = Text(
    "collector.web.test_request.too_often",
    tests=AT_ONCE,
    minutes=LASTS_NS // NS_PER_S // 60,
)
WHAT: Final = Text("collector.web.test_request.what")
HOW: Final = Text("collector.web.test_request.how")
LINK: Final = Text("collector.web.test_request.link")
ALL_LINKS: Final = Text("collector.web.test_request.all_links")
ASKED: Final = Text("collector.web.test_request.asked")
WHEN: Final = Text("collector.web.test_request.when")
BY: Final = Text("collector.web.test_request.by")
AT_SITE: Final = Text("collector.web.test_request.at_site")
TEST: Final = Text("collector.web.test_request.test")
PROGRESS: Final = Text("collector.web.test_request.progress")
RESULT: Final = Text("collector.web.test_request.result")

STAGES: Final[dict[RequestStage, Text]] = {
    RequestStage.WAITING: Text("collector.web.test_request.stages.waiting"),
    RequestStage.TAKEN: requested_tests.UNDER_WAY,
    RequestStage.DONE: requested_tests.DONE,
    RequestStage.REFUSED: requested_tests.REFUSED,
    RequestStage.EXPIRED: Text("collector.web.test_request.stages.expired"),
}
