"""
Questions that Schemathesis makes from the API's own description, asked of a real collector.

Each answer has a status that the description names and the type it promises, whatever was asked.
In the nightly run there are many more of them.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS

from tests.collector.queries.reporting_city import reporting_city
from thongsuot_collector.web.api.openapi import document

EXAMPLES = (3, pytest.param(200, marks=pytest.mark.nightly))
"""Of each operation."""

SKIPPED = {
    # The collector of the test has no password: everybody may look.
    "ignored_auth",
}


def ask_everything(base_url: str, examples: int) -> int:
    """Ask every operation with so many examples; return how many operations there are."""
    description = schemathesis.openapi.from_dict(document())
    checks: list[Any] = [check for check in CHECKS.get_all() if check.__name__ not in SKIPPED]
    count = 0
    for result in description.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]  # an error has one too: it raises

        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(base_url=base_url, checks=checks)

        ask()
        count += 1
    return count


@pytest.mark.parametrize("examples", EXAMPLES)
async def test_the_api_keeps_to_its_description(tmp_path: Path, examples: int) -> None:
    async with reporting_city(tmp_path) as city:
        await city.cut("s0")
        asked = await asyncio.to_thread(ask_everything, str(city.client.base_url), examples)
    assert asked == len(document()["paths"])
