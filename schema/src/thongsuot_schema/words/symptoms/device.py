"""Sentences about faults of the device, and for an unknown state."""

from typing import Final

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence, StepPicture

BY_STATE: Final[dict[State, Sentence]] = {
    State.UP: Sentence(
        headline=Text("schema.symptoms.link_state.up.headline"),
        situation=Text("schema.symptoms.link_state.up.situation"),
        advice=Text("schema.symptoms.advice.nothing"),
    ),
    State.DEGRADED: Sentence(
        headline=Text("schema.symptoms.link_state.degraded.headline"),
        situation=Text("schema.symptoms.link_state.degraded.situation"),
        advice=Text("schema.symptoms.advice.wait_for_measurements"),
    ),
    State.DOWN: Sentence(
        headline=Text("schema.symptoms.link_state.down.headline"),
        situation=Text("schema.symptoms.link_state.down.situation"),
        advice=Text("schema.symptoms.link_state.down.advice"),
        pictures=(StepPicture.POWER, StepPicture.CABLE),
    ),
    State.UNKNOWN: Sentence(
        headline=Text("schema.symptoms.link_state.unknown.headline"),
        situation=Text("schema.symptoms.link_state.unknown.situation"),
        advice=Text("schema.symptoms.advice.look_again_in_a_minute"),
    ),
}
"""The text for a verdict without a symptom."""

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.MODEM_ABSENT: Sentence(
        headline=Text("schema.symptoms.modem_absent.headline"),
        situation=Text("schema.symptoms.modem_absent.situation"),
        advice=Text("schema.symptoms.modem_absent.advice"),
        pictures=(StepPicture.USB, StepPicture.RESTART),
    ),
    Symptom.SIM_NOT_READY: Sentence(
        headline=Text("schema.symptoms.sim_not_ready.headline"),
        situation=Text("schema.symptoms.sim_not_ready.situation"),
        advice=Text("schema.symptoms.sim_not_ready.advice"),
        pictures=(StepPicture.SIM,),
    ),
    Symptom.APN_WRONG: Sentence(
        headline=Text("schema.symptoms.apn_wrong.headline"),
        situation=Text("schema.symptoms.apn_wrong.situation"),
        advice=Text("schema.symptoms.apn_wrong.advice"),
    ),
    Symptom.POWER_LOST: Sentence(
        headline=Text("schema.symptoms.power_lost.headline"),
        situation=Text("schema.symptoms.power_lost.situation"),
        advice=Text("schema.symptoms.power_lost.advice"),
        pictures=(StepPicture.BREAKER, StepPicture.UPS),
    ),
    Symptom.NOT_YET_MEASURED: Sentence(
        headline=Text("schema.symptoms.not_yet_measured.headline"),
        situation=Text("schema.symptoms.not_yet_measured.situation"),
        advice=Text("schema.symptoms.advice.look_again_in_a_minute"),
    ),
    Symptom.AGENT_SILENT: Sentence(
        headline=Text("schema.symptoms.agent_silent.headline"),
        situation=Text("schema.symptoms.agent_silent.situation"),
        advice=Text("schema.symptoms.agent_silent.advice"),
        pictures=(StepPicture.POWER,),
    ),
    Symptom.DEVICE_FILTERS_ANSWERS: Sentence(
        headline=Text("schema.symptoms.device_filters_answers.headline"),
        situation=Text("schema.symptoms.device_filters_answers.situation"),
        advice=Text("schema.symptoms.device_filters_answers.advice"),
    ),
    Symptom.EGRESS_OTHER_CARRIER: Sentence(
        headline=Text("schema.symptoms.egress_other_carrier.headline"),
        situation=Text("schema.symptoms.egress_other_carrier.situation"),
        advice=Text("schema.symptoms.egress_other_carrier.advice"),
    ),
    Symptom.WATCHED_ONLY: Sentence(
        headline=Text("schema.symptoms.watched_only.headline"),
        situation=Text("schema.symptoms.watched_only.situation"),
        advice=Text("schema.symptoms.watched_only.advice"),
    ),
    Symptom.LINK_REACHES_NO_SERVICE: Sentence(
        headline=Text("schema.symptoms.link_reaches_no_service.headline"),
        situation=Text("schema.symptoms.link_reaches_no_service.situation"),
        advice=Text("schema.symptoms.link_reaches_no_service.advice"),
    ),
    Symptom.SLOW_CAUSE_UNKNOWN: Sentence(
        headline=Text("schema.symptoms.slow_cause_unknown.headline"),
        situation=Text("schema.symptoms.slow_cause_unknown.situation"),
        advice=Text("schema.symptoms.slow_cause_unknown.advice"),
    ),
    Symptom.NEW_CONNECTIONS_FAIL: Sentence(
        headline=Text("schema.symptoms.new_connections_fail.headline"),
        situation=Text("schema.symptoms.new_connections_fail.situation"),
        advice=Text("schema.symptoms.new_connections_fail.advice"),
        pictures=(StepPicture.RESTART,),
    ),
    Symptom.LARGE_PACKETS_CAUSE_UNKNOWN: Sentence(
        headline=Text("schema.symptoms.large_packets_cause_unknown.headline"),
        situation=Text("schema.symptoms.large_packets_cause_unknown.situation"),
        advice=Text("schema.symptoms.large_packets_cause_unknown.advice"),
        pictures=(StepPicture.CABLE,),
    ),
    Symptom.RESOLVER_CAUSE_UNKNOWN: Sentence(
        headline=Text("schema.symptoms.resolver_cause_unknown.headline"),
        situation=Text("schema.symptoms.resolver_cause_unknown.situation"),
        advice=Text("schema.symptoms.resolver_cause_unknown.advice"),
    ),
    Symptom.GATEWAY_REPLACED: Sentence(
        headline=Text("schema.symptoms.gateway_replaced.headline"),
        situation=Text("schema.symptoms.gateway_replaced.situation"),
        advice=Text("schema.symptoms.gateway_replaced.advice"),
        pictures=(StepPicture.CABLE,),
    ),
    Symptom.FIRST_HOP_REPLACED: Sentence(
        headline=Text("schema.symptoms.first_hop_replaced.headline"),
        situation=Text("schema.symptoms.first_hop_replaced.situation"),
        advice=Text("schema.symptoms.first_hop_replaced.advice"),
        pictures=(StepPicture.CABLE,),
    ),
    Symptom.DEVICE_MOVED: Sentence(
        headline=Text("schema.symptoms.device_moved.headline"),
        situation=Text("schema.symptoms.device_moved.situation"),
        advice=Text("schema.symptoms.device_moved.advice"),
        pictures=(StepPicture.CABLE,),
    ),
    Symptom.CONNECTION_INTERCEPTED: Sentence(
        headline=Text("schema.symptoms.connection_intercepted.headline"),
        situation=Text("schema.symptoms.connection_intercepted.situation"),
        advice=Text("schema.symptoms.connection_intercepted.advice"),
    ),
    Symptom.DEVICE_OVERLOADED: Sentence(
        headline=Text("schema.symptoms.device_overloaded.headline"),
        situation=Text("schema.symptoms.device_overloaded.situation"),
        advice=Text("schema.symptoms.device_overloaded.advice"),
        pictures=(StepPicture.RESTART,),
    ),
    Symptom.DEVICE_OFF: Sentence(
        headline=Text("schema.symptoms.device_off.headline"),
        situation=Text("schema.symptoms.device_off.situation"),
        advice=Text("schema.symptoms.device_off.advice"),
        pictures=(StepPicture.POWER,),
    ),
}
