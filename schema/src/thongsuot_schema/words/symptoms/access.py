"""Sentences for faults of the line or the radio up to the carrier's first hop: the carrier acts."""

from typing import Final

from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence, StepPicture

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.ACCESS_SILENT: Sentence(
        headline=Text("schema.symptoms.access_silent.headline"),
        situation=Text("schema.symptoms.access_silent.situation"),
        advice=Text("schema.symptoms.advice.lamp_and_call"),
        pictures=(StepPicture.LOS_LAMP,),
    ),
    Symptom.ACCESS_LOSS: Sentence(
        headline=Text("schema.symptoms.access_loss.headline"),
        situation=Text("schema.symptoms.access_loss.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
    Symptom.ACCESS_SLOW: Sentence(
        headline=Text("schema.symptoms.access_slow.headline"),
        situation=Text("schema.symptoms.access_slow.situation"),
        advice=Text("schema.symptoms.advice.call_after_30_minutes"),
    ),
    Symptom.ACCESS_FLAPPING: Sentence(
        headline=Text("schema.symptoms.access_flapping.headline"),
        situation=Text("schema.symptoms.access_flapping.situation"),
        advice=Text("schema.symptoms.advice.lamp_and_call"),
        pictures=(StepPicture.LOS_LAMP,),
    ),
    Symptom.IPV4_DOWN: Sentence(
        headline=Text("schema.symptoms.ipv4_down.headline"),
        situation=Text("schema.symptoms.ipv4_down.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
    Symptom.IPV6_DOWN: Sentence(
        headline=Text("schema.symptoms.ipv6_down.headline"),
        situation=Text("schema.symptoms.ipv6_down.situation"),
        advice=Text("schema.symptoms.ipv6_down.advice"),
    ),
    Symptom.OPTICAL_LOSS_OF_SIGNAL: Sentence(
        headline=Text("schema.symptoms.optical_loss_of_signal.headline"),
        situation=Text("schema.symptoms.optical_loss_of_signal.situation"),
        advice=Text("schema.symptoms.optical_loss_of_signal.advice"),
        pictures=(StepPicture.FIBRE,),
    ),
    Symptom.RADIO_SIGNAL_WEAK: Sentence(
        headline=Text("schema.symptoms.radio_signal_weak.headline"),
        situation=Text("schema.symptoms.radio_signal_weak.situation"),
        advice=Text("schema.symptoms.radio_signal_weak.advice"),
        pictures=(StepPicture.WINDOW,),
    ),
    Symptom.RADIO_NOT_REGISTERED: Sentence(
        headline=Text("schema.symptoms.radio_not_registered.headline"),
        situation=Text("schema.symptoms.radio_not_registered.situation"),
        advice=Text("schema.symptoms.radio_not_registered.advice"),
        pictures=(StepPicture.SIM, StepPicture.RESTART),
    ),
    Symptom.ACCESS_SESSION_LOST: Sentence(
        headline=Text("schema.symptoms.access_session_lost.headline"),
        situation=Text("schema.symptoms.access_session_lost.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
    Symptom.LARGE_PACKETS_LOST: Sentence(
        headline=Text("schema.symptoms.large_packets_lost.headline"),
        situation=Text("schema.symptoms.large_packets_lost.situation"),
        advice=Text("schema.symptoms.advice.call"),
    ),
}

MOBILE: Final[dict[Symptom, Sentence]] = {
    Symptom.ACCESS_SILENT: Sentence(
        headline=Text("schema.symptoms.mobile.access_silent.headline"),
        situation=Text("schema.symptoms.mobile.access_silent.situation"),
        advice=Text("schema.symptoms.mobile.access_silent.advice"),
        pictures=(StepPicture.RESTART, StepPicture.WINDOW),
    ),
    Symptom.ACCESS_LOSS: Sentence(
        headline=Text("schema.symptoms.mobile.access_loss.headline"),
        situation=Text("schema.symptoms.mobile.access_loss.situation"),
        advice=Text("schema.symptoms.advice.move_and_call_after_30_minutes"),
        pictures=(StepPicture.WINDOW,),
    ),
    Symptom.ACCESS_SLOW: Sentence(
        headline=Text("schema.symptoms.mobile.access_slow.headline"),
        situation=Text("schema.symptoms.mobile.access_slow.situation"),
        advice=Text("schema.symptoms.advice.move_and_call_after_30_minutes"),
        pictures=(StepPicture.WINDOW,),
    ),
    Symptom.ACCESS_FLAPPING: Sentence(
        headline=Text("schema.symptoms.mobile.access_flapping.headline"),
        situation=Text("schema.symptoms.mobile.access_flapping.situation"),
        advice=Text("schema.symptoms.advice.move_and_call_after_30_minutes"),
        pictures=(StepPicture.WINDOW,),
    ),
}
"""The alternative text for a radio link."""
