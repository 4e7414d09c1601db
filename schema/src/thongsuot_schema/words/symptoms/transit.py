"""Sentences for faults in networks beyond the carrier: the carrier acts, with its neighbours."""

from typing import Final

from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.TRANSIT_SILENT: Sentence(
        headline=Text("schema.symptoms.transit_silent.headline"),
        situation=Text("schema.symptoms.transit_silent.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
    Symptom.INTERNATIONAL_TRANSIT_SILENT: Sentence(
        headline=Text("schema.symptoms.international_transit_silent.headline"),
        situation=Text("schema.symptoms.international_transit_silent.situation"),
        advice=Text("schema.symptoms.international_transit_silent.advice"),
    ),
    Symptom.TRANSIT_LOSS: Sentence(
        headline=Text("schema.symptoms.transit_loss.headline"),
        situation=Text("schema.symptoms.transit_loss.situation"),
        advice=Text("schema.symptoms.advice.call_after_30_minutes"),
    ),
    Symptom.TRANSIT_SLOW: Sentence(
        headline=Text("schema.symptoms.transit_slow.headline"),
        situation=Text("schema.symptoms.transit_slow.situation"),
        advice=Text("schema.symptoms.advice.call_after_30_minutes"),
    ),
}
