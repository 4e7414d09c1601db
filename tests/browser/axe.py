"""
Accessibility by axe-core, as a package of the registry carries it: pinned and hashed like the rest.

axe-core is MPL-2.0; tests use it, nothing ships it.
"""

from functools import cache
from importlib import resources

from playwright.async_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _source() -> str:
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


async def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with a page as it is now: rule, impact, and the first places."""
    # Evaluated, not added as a tag: the page's own policy would rightly refuse it.
    await page.evaluate(_source())
    report = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES
    )
    return [
        f"{violation['id']} ({violation['impact']}): "
        + "; ".join(
            f"{node['html'][:160]} {node['failureSummary']}" for node in violation["nodes"][:3]
        )
        for violation in report["violations"]
    ]
