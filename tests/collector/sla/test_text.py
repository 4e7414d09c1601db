"""
A statement for a terminal, line by line, against texts that a person has read.

``python -m tests.collector.sla.test_text`` writes them anew; read the difference before keeping it.
"""

from pathlib import Path

import pytest

from tests.collector.sla.examples import BASE, DAY, HOUR, NOVEMBER, second, statement
from tests.collector.sla.reference_count import CIRCUIT, CUT, UP, course
from tests.collector.sla.test_statement import EARLY_S, made, told
from thongsuot_collector.sla.revision import IssuedStatement, draft_of, next_revision
from thongsuot_collector.sla.terms import AreaKind, terms_for_contract
from thongsuot_collector.sla.text import text_of
from thongsuot_schema.inventory.contract_terms import (
    AssessmentPeriod,
    Contract,
    Day,
    Exclusion,
    ServiceHours,
    Since,
)
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.words.language import Language

WITH_GOLDEN_FILES: tuple[Language, ...] = ("vi", "en")
FOLDER = Path(__file__).parents[2] / "golden" / "sla"

QUARTERLY = Contract(
    name="q",
    carrier="vnpt",
    title="12/2026/HĐ-VT",
    availability_ratio=0.9995,
    window=AssessmentPeriod.QUARTER,
    downtime_since=Since.NOTIFIED,
    clock=ServiceHours.OFFICE,
    office_days=(Day.MON, Day.WED),
    office_hours=("08:00-12:00",),
    holidays=("2026-11-20",),
    excludes=(Exclusion.POWER,),
    repair_commune_s=2.5 * HOUR,
    repair_ratio=0.8,
    repair_since=Since.DETECTED,
)


def quarterly() -> IssuedStatement:
    """Return one that is assessed by the quarter, in office hours, by a contract of its own."""
    terms = terms_for_contract(QUARTERLY, Medium.FIBER, AreaKind.COMMUNE)
    life = course(
        BASE, (-40 * DAY, UP), (DAY + 8 * HOUR, CUT), (DAY + 11 * HOUR, UP), (9 * DAY, CUT)
    )
    notifications = (told(DAY + 9 * HOUR, DAY + 8 * HOUR, DAY + 11 * HOUR),)
    issue = next_revision(made(life, terms=terms, notifications=notifications), None, BASE)
    assert issue is not None
    return issue


def mobile() -> IssuedStatement:
    """Return a draft of a line of which nothing was promised, after a day."""
    terms = terms_for_contract(None, Medium.RADIO_5G, AreaKind.WARD)
    return draft_of(made(course(BASE, (EARLY_S, UP)), terms=terms, known_s=DAY))


def leased() -> IssuedStatement:
    """Return one of a line that no regulation speaks of and no contract was entered for."""
    terms = terms_for_contract(None, Medium.LEASED, AreaKind.UNKNOWN)
    issue = next_revision(statement(terms=terms, circuit=CIRCUIT), None, NOVEMBER.until_ms)
    assert issue is not None
    return issue


def hardly_known() -> IssuedStatement:
    """Return one of a circuit whose device was installed on the last day, and found it dead."""
    issue = next_revision(made(course(BASE, (29 * DAY + 6 * HOUR, CUT))), None, BASE)
    assert issue is not None
    return issue


ISSUES = {
    "hardly-known": hardly_known,
    "month": second,
    "quarter": quarterly,
    "draft": mobile,
    "leased": leased,
}


@pytest.mark.parametrize("language", WITH_GOLDEN_FILES)
@pytest.mark.parametrize("name", ISSUES)
def test_the_text_of_a_statement_equals_the_stored_one(name: str, language: Language) -> None:
    expected = (FOLDER / f"{name}.{language}.txt").read_text(encoding="utf-8")
    assert f"{text_of(ISSUES[name](), language)}\n" == expected


def test_both_languages_have_the_same_lines() -> None:
    for issue in ISSUES.values():
        vi, en = (text_of(issue(), language).splitlines() for language in WITH_GOLDEN_FILES)
        assert [bool(line) for line in vi] == [bool(line) for line in en]
        assert [line[:1] for line in vi[3:]] == [line[:1] for line in en[3:]]


def main() -> None:
    """Write the texts again."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, issue in ISSUES.items():
        for language in WITH_GOLDEN_FILES:
            path = FOLDER / f"{name}.{language}.txt"
            path.write_text(f"{text_of(issue(), language)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
