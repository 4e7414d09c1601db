"""Sentences for faults of an online service itself: its operator acts."""

from typing import Final

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

_WAIT: Final = Text("schema.symptoms.wait")
_DO_NOT_TRUST: Final = Text("schema.symptoms.do_not_trust")

BY_STATE: Final[dict[State, Sentence]] = {
    State.UP: Sentence(
        headline=Text("schema.symptoms.service_state.up.headline"),
        situation=Text("schema.symptoms.service_state.up.situation"),
        advice=Text("schema.symptoms.advice.nothing"),
    ),
    State.DEGRADED: Sentence(
        headline=Text("schema.symptoms.service_state.degraded.headline"),
        situation=Text("schema.symptoms.service_state.degraded.situation"),
        advice=Text("schema.symptoms.advice.wait_for_measurements"),
    ),
    State.DOWN: Sentence(
        headline=Text("schema.symptoms.service_state.down.headline"),
        situation=Text("schema.symptoms.service_state.down.situation"),
        advice=Text("schema.symptoms.advice.wait_for_measurements"),
    ),
    State.UNKNOWN: Sentence(
        headline=Text("schema.symptoms.service_state.unknown.headline"),
        situation=Text("schema.symptoms.service_state.unknown.situation"),
        advice=Text("schema.symptoms.advice.look_again_in_a_minute"),
    ),
}
"""The text for a verdict on a service without a symptom."""

BECAUSE_OF_THE_LINK: Final[dict[State, Sentence]] = {
    State.UP: BY_STATE[State.UP],
    State.DEGRADED: Sentence(
        headline=Text("schema.symptoms.because_of_the_line.degraded.headline"),
        situation=Text("schema.symptoms.because_of_the_line.degraded.situation"),
        advice=Text("schema.symptoms.advice.follow_the_lines"),
    ),
    State.DOWN: Sentence(
        headline=Text("schema.symptoms.because_of_the_line.down.headline"),
        situation=Text("schema.symptoms.because_of_the_line.down.situation"),
        advice=Text("schema.symptoms.advice.follow_the_lines"),
    ),
    State.UNKNOWN: Sentence(
        headline=BY_STATE[State.UNKNOWN].headline,
        situation=Text("schema.symptoms.because_of_the_line.unknown.situation"),
        advice=Text("schema.symptoms.advice.follow_the_lines"),
    ),
}
"""The text about a service whose symptom is below it on the ladder."""

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.SERVICE_REFUSED: Sentence(
        headline=Text("schema.symptoms.service_refused.headline"),
        situation=Text("schema.symptoms.service_refused.situation"),
        advice=_WAIT,
    ),
    Symptom.SERVICE_TIMEOUT: Sentence(
        headline=Text("schema.symptoms.service_timeout.headline"),
        situation=Text("schema.symptoms.service_timeout.situation"),
        advice=_WAIT,
    ),
    Symptom.SERVICE_ERROR: Sentence(
        headline=Text("schema.symptoms.service_error.headline"),
        situation=Text("schema.symptoms.service_error.situation"),
        advice=_WAIT,
    ),
    Symptom.SERVICE_UNEXPECTED_CONTENT: Sentence(
        headline=Text("schema.symptoms.service_unexpected_content.headline"),
        situation=Text("schema.symptoms.service_unexpected_content.situation"),
        advice=Text("schema.symptoms.service_unexpected_content.advice"),
    ),
    Symptom.SERVICE_NAME_UNRESOLVED: Sentence(
        headline=Text("schema.symptoms.service_name_unresolved.headline"),
        situation=Text("schema.symptoms.service_name_unresolved.situation"),
        advice=_WAIT,
    ),
    Symptom.SERVICE_PARTIAL_OUTAGE: Sentence(
        headline=Text("schema.symptoms.service_partial_outage.headline"),
        situation=Text("schema.symptoms.service_partial_outage.situation"),
        advice=Text("schema.symptoms.service_partial_outage.advice"),
    ),
    Symptom.SERVICE_SLOW: Sentence(
        headline=Text("schema.symptoms.service_slow.headline"),
        situation=Text("schema.symptoms.service_slow.situation"),
        advice=Text("schema.symptoms.service_slow.advice"),
    ),
    Symptom.SERVICE_UNREACHABLE_OVER_LINK: Sentence(
        headline=Text("schema.symptoms.service_unreachable_over_link.headline"),
        situation=Text("schema.symptoms.service_unreachable_over_link.situation"),
        advice=Text("schema.symptoms.service_unreachable_over_link.advice"),
    ),
    Symptom.CERTIFICATE_EXPIRED: Sentence(
        headline=Text("schema.symptoms.certificate_expired.headline"),
        situation=Text("schema.symptoms.certificate_expired.situation"),
        advice=_DO_NOT_TRUST,
    ),
    Symptom.CERTIFICATE_EXPIRING: Sentence(
        headline=Text("schema.symptoms.certificate_expiring.headline"),
        situation=Text("schema.symptoms.certificate_expiring.situation"),
        advice=Text("schema.symptoms.certificate_expiring.advice"),
    ),
    Symptom.CERTIFICATE_INVALID: Sentence(
        headline=Text("schema.symptoms.certificate_invalid.headline"),
        situation=Text("schema.symptoms.certificate_invalid.situation"),
        advice=_DO_NOT_TRUST,
    ),
}
