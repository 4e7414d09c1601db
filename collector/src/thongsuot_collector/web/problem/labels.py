"""The fixed words of problem reports."""

from typing import Final

from thongsuot_schema.words.language import Text

TOO_MANY: Final = Text("collector.problem.too_many")
ANSWER: Final = Text("collector.problem.answer")
ANSWER_HOW: Final = Text("collector.problem.answer_how")
ANSWER_MISSING: Final = Text("collector.problem.answer_missing")
SEND_AS: Final = Text("collector.problem.send_as")
REPORTED: Final = Text("collector.problem.reported")
TAKEN_ON: Final = Text("collector.problem.taken_on")
NOT_TAKEN_ON: Final = Text("collector.problem.not_taken_on")
ANSWERED: Final = Text("collector.problem.answered")
