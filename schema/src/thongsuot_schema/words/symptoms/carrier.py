"""Sentences for faults inside the carrier's network: the carrier acts."""

from typing import Final

from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.CARRIER_SILENT: Sentence(
        headline=Text("schema.symptoms.carrier_silent.headline"),
        situation=Text("schema.symptoms.carrier_silent.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
    Symptom.CORE_SILENT_RADIO_OK: Sentence(
        headline=Text("schema.symptoms.core_silent_radio_ok.headline"),
        situation=Text("schema.symptoms.core_silent_radio_ok.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
    Symptom.CARRIER_PARTIAL_OUTAGE: Sentence(
        headline=Text("schema.symptoms.carrier_partial_outage.headline"),
        situation=Text("schema.symptoms.carrier_partial_outage.situation"),
        advice=Text("schema.symptoms.advice.call_after_15_minutes"),
    ),
    Symptom.CARRIER_LOSS: Sentence(
        headline=Text("schema.symptoms.carrier_loss.headline"),
        situation=Text("schema.symptoms.carrier_loss.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
    Symptom.CARRIER_NEW_CONNECTIONS_FAIL: Sentence(
        headline=Text("schema.symptoms.carrier_new_connections_fail.headline"),
        situation=Text("schema.symptoms.carrier_new_connections_fail.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
    Symptom.CARRIER_SLOW: Sentence(
        headline=Text("schema.symptoms.carrier_slow.headline"),
        situation=Text("schema.symptoms.carrier_slow.situation"),
        advice=Text("schema.symptoms.advice.call_after_30_minutes"),
    ),
    Symptom.RESOLVER_SILENT: Sentence(
        headline=Text("schema.symptoms.resolver_silent.headline"),
        situation=Text("schema.symptoms.resolver_silent.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
    Symptom.RESOLVER_SLOW: Sentence(
        headline=Text("schema.symptoms.resolver_slow.headline"),
        situation=Text("schema.symptoms.resolver_slow.situation"),
        advice=Text("schema.symptoms.advice.call_after_30_minutes"),
    ),
    Symptom.RESOLVER_FORGED_ANSWER: Sentence(
        headline=Text("schema.symptoms.resolver_forged_answer.headline"),
        situation=Text("schema.symptoms.resolver_forged_answer.situation"),
        advice=Text("schema.symptoms.resolver_forged_answer.advice"),
    ),
}
