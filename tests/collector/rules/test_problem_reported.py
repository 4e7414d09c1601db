"""The rule of reports claims no fault, and has a sentence for each kind of problem."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import CUT
from thongsuot_collector.rules.problem_reported import RULE
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.words.translations import languages


def test_the_rule_for_reports_claims_no_fault() -> None:
    city = healthy_city()
    city.report("s0", "fiber", CUT)
    city.run(100)
    assert {incident.code for incident in city.registry.incidents.values()} == {"link_fault"}


def test_every_kind_of_problem_has_a_headline_of_its_own_in_every_language() -> None:
    assert RULE.sentences is not None
    for language in languages():
        headlines = {
            RULE.sentences.variants[kind.value].headline.read(language) for kind in ProblemKind
        }
        assert len(headlines) == len(ProblemKind)
