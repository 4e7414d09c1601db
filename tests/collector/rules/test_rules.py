"""The rules as a whole: their names, their order, their words, their places in the docs."""

import re
from string import Formatter

import pytest

from tests.contract.house import ROOT
from thongsuot_collector import rules
from thongsuot_collector.incidents.rule import GroupRule

PLACES = {"carrier", "service", "site", "n", "m", "area", "since", "direction", "symptom"}


def test_a_rule_is_named_as_its_module_and_has_its_test_and_its_heading() -> None:
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests/collector/rules").glob("*")}
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^## ([a-z_]+)$", runbook, re.MULTILINE))
    assert headings == set(rules.codes())
    assert set(rules.codes()) <= tests
    assert [rule.code for rule in rules.load_all()] == list(rules.codes())


def test_an_unknown_rule_names_those_that_there_are() -> None:
    with pytest.raises(KeyError, match="no rule 'flood'; known: agent_silent, carrier_outage"):
        rules.load("flood")


def test_a_rule_depends_on_rules_that_stand_for_many_and_never_in_a_circle() -> None:
    by_code = {rule.code: rule for rule in rules.load_all()}
    for rule in by_code.values():
        for code in rule.depends_on:
            assert isinstance(by_code[code], GroupRule), f"{rule.code} depends on {code}"
            assert rule.code not in by_code[code].depends_on


@pytest.mark.parametrize("code", rules.codes())
def test_what_a_rule_says_has_both_languages_and_only_known_places(code: str) -> None:
    rule = rules.load(code)
    texts = [rule.title]
    if rule.sentences is not None:
        texts += [rule.sentences.headline, rule.sentences.what, rule.sentences.do]
    for text in texts:
        assert text.vi
        assert text.en
        assert text.vi != text.en
        for said in (text.vi, text.en):
            assert {name for _, name, _, _ in Formatter().parse(said) if name} <= PLACES
