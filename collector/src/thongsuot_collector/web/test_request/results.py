"""What was found by a test, in words and figures. Pure."""

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.names import link_name
from thongsuot_collector.store.test_requests import RequestedTest
from thongsuot_schema.view import TestRun
from thongsuot_schema.words.language import Language, capitalised
from thongsuot_schema.words.requested_tests import describe_refusal, describe_run
from thongsuot_schema.words.titles import title_in


def describe_result(
    ask: RequestedTest, directory: InventoryDirectory, language: Language
) -> list[str]:
    """Return what came of a test: a line a run, or why there is none."""
    if ask.refusal:
        return [describe_refusal(ask.refusal, language)]
    return [_line(ask.site, run, directory, language) for run in ask.runs]


def link_title(site: str, link: str, directory: InventoryDirectory, language: Language) -> str:
    """Return what a link is called at the beginning of a line; empty for all of them."""
    return capitalised(link_name(site, link, directory, language)) if link else ""


def _line(site: str, run: TestRun, directory: InventoryDirectory, language: Language) -> str:
    link = link_title(site, run.link, directory, language)
    subject = ", ".join(part for part in (link, _title(run.target, directory, language)) if part)
    return describe_run(run, subject, language)


def _title(name: str, directory: InventoryDirectory, language: Language) -> str:
    target = directory.target(name)
    if target is None:
        return name
    return title_in(language, target.title_vi, target.title_en) or name
