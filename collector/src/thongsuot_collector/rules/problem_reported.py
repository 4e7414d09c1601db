"""
A person at a point reports a problem that no probe has detected.

It claims no fault of a timeline: ``incidents.problem_report`` opens and closes it.
"""

from thongsuot_collector.incidents.problem_report import CODE
from thongsuot_collector.incidents.rule import RuleSentences, SingleFaultRule
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.words.language import Text

_SITUATION = Text("collector.rule_problem_reported.situation")
_DO = Text("collector.rule_problem_reported.do")

_HEADLINES = {
    ProblemKind.PAGE_FAILS: Text("collector.rule_problem_reported.page_fails"),
    ProblemKind.SLOW: Text("collector.rule_problem_reported.slow"),
    ProblemKind.DROPS: Text("collector.rule_problem_reported.drops"),
    ProblemKind.ONE_COMPUTER: Text("collector.rule_problem_reported.one_computer"),
    ProblemKind.OTHER: Text("collector.rule_problem_reported.other"),
}

RULE = SingleFaultRule(
    code=CODE,
    title=Text("collector.rule_problem_reported.title"),
    precedence=0,
    assess=lambda _fault, _network: None,
    sentences=RuleSentences(
        headline=_HEADLINES[ProblemKind.OTHER],
        situation=_SITUATION,
        do=_DO,
        variants={
            kind.value: RuleSentences(headline=headline, situation=_SITUATION, do=_DO)
            for kind, headline in _HEADLINES.items()
        },
    ),
)
