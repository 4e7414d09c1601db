"""The rules as a whole: their names, their precedence, their words, their places in the docs."""

import sys
from pathlib import Path
from string import Formatter

import pytest

from tests.collector.incidents.city import CityFixture, inventory
from tests.collector.timeline.boot_script import OUT, UNPLUGGED
from tests.contract.house import ROOT
from thongsuot_collector import rules as package
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.rule import GroupRule, RuleSentences, SingleFaultRule
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.rules import loader as rules

PLACES = {"carrier", "service", "site", "n", "m", "area", "since", "direction", "symptom"} | {
    *("failing", "reaching", "k"),
}


def test_a_rule_is_named_as_its_module_and_has_its_test_and_its_page() -> None:
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests/collector/rules").glob("*")}
    pages = {path.stem for path in (ROOT / "docs/runbook").glob("*.md")}
    assert pages == set(rules.codes())
    assert set(rules.codes()) <= tests


def test_the_rule_with_the_highest_precedence_claims_a_fault_whatever_its_name() -> None:
    every = rules.load_all()
    directory = CityFixture(inventory(1, ("vnpt",))).directory
    for order in (every, every[::-1]):
        registry = IncidentRegistry(directory, order, IncidentSettings(), calm_s=30.0)
        for ranked in (registry.single_rules, registry.group_rules):
            precedences = [rule.precedence for rule in ranked]
            assert precedences == sorted(precedences, reverse=True)
        # By the alphabet the silence of a device would win over the loss of its power.
        assert registry.single_rules[0].code == "site_power"


def test_an_unknown_rule_is_reported_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=f"no rule 'flood'; known: {', '.join(rules.codes())}"):
        rules.load("flood")


def test_only_rules_for_many_cover_others_and_only_rules_that_there_are() -> None:
    by_code = {rule.code: rule for rule in rules.load_all()}
    for rule in by_code.values():
        for code in rule.covers if isinstance(rule, GroupRule) else ():
            assert isinstance(by_code[code], SingleFaultRule), f"{rule.code} covers {code}"


@pytest.mark.parametrize("code", rules.codes())
def test_texts_of_a_rule_exist_in_both_languages_with_only_known_placeholders(code: str) -> None:
    rule = rules.load(code)
    texts = [rule.title]
    for sentences in () if rule.sentences is None else every_variant(rule.sentences):
        texts += [sentences.headline, sentences.situation, sentences.do]
    for text in texts:
        assert text.read("vi")
        assert text.read("en")
        assert text.read("vi") != text.read("en")
        for sentence in (text.read("vi"), text.read("en")):
            assert {name for _, name, _, _ in Formatter().parse(sentence) if name} <= PLACES


def every_variant(sentences: RuleSentences) -> list[RuleSentences]:
    return [sentences, *sentences.variants.values()]


def test_a_rule_is_added_by_a_new_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "two_faults.py").write_text(ADDED_RULE, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    try:
        assert "two_faults" in rules.codes()
        city = CityFixture(inventory(3, ("vnpt", "viettel")))
        city.start()
        city.run(30)
        city.report("s0", "fiber", UNPLUGGED)
        city.report("s0", "5g", OUT)
        city.run(200)
    finally:
        sys.modules.pop(f"{package.__name__}.two_faults", None)
    (opened,) = city.notification_lines()
    assert opened[1:] == ("opened", "started", "two_faults", "city")
    assert all(fault.parents for fault in city.incidents("link_fault"))


ADDED_RULE = '''
"""Two links of one site that fail, in whatever way."""

from thongsuot_collector.incidents.party import CITY, Severity
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text


def group_key(fault, _network):
    return fault.subject.site if fault.subject.is_link else None


def assess(_site, faults, _network):
    ongoing = [fault for fault in faults if fault.is_ongoing]
    if len(ongoing) < 2:
        return []
    return [
        Candidate(
            faults=tuple(ongoing),
            start_ns=min(fault.start_ns for fault in ongoing),
            end_ns=None,
            state=State.DOWN,
            segment=None,
            symptom=Symptom.NONE,
            party=CITY,
            severity=Severity.MAJOR,
            hold_s=0.0,
            limit_s=0.0,
        )
    ]


RULE = GroupRule(
    code="two_faults",
    title=Text("collector.rule_site_power.title"),
    precedence=70,
    group_key=group_key,
    assess=assess,
    covers=("link_fault",),
    sentences=RuleSentences(
        headline=Text("collector.rule_site_power.headline"),
        situation=Text("collector.rule_site_power.situation"),
        do=Text("collector.rule_site_power.do"),
    ),
)
'''
