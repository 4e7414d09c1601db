"""Sentences for faults between the device and the carrier's line: the commune acts."""

from typing import Final

from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.INTERFACE_ABSENT: Sentence(
        headline=Text("schema.symptoms.interface_absent.headline"),
        situation=Text("schema.symptoms.interface_absent.situation"),
        advice=Text("schema.symptoms.interface_absent.advice"),
    ),
    Symptom.CABLE_UNPLUGGED: Sentence(
        headline=Text("schema.symptoms.cable_unplugged.headline"),
        situation=Text("schema.symptoms.cable_unplugged.situation"),
        advice=Text("schema.symptoms.cable_unplugged.advice"),
    ),
    Symptom.NO_ADDRESS: Sentence(
        headline=Text("schema.symptoms.no_address.headline"),
        situation=Text("schema.symptoms.no_address.situation"),
        advice=Text("schema.symptoms.no_address.advice"),
    ),
    Symptom.NO_ROUTE: Sentence(
        headline=Text("schema.symptoms.no_route.headline"),
        situation=Text("schema.symptoms.no_route.situation"),
        advice=Text("schema.symptoms.no_route.advice"),
    ),
    Symptom.GATEWAY_SILENT: Sentence(
        headline=Text("schema.symptoms.gateway_silent.headline"),
        situation=Text("schema.symptoms.gateway_silent.situation"),
        advice=Text("schema.symptoms.gateway_silent.advice"),
    ),
    Symptom.PROXY_SILENT: Sentence(
        headline=Text("schema.symptoms.proxy_silent.headline"),
        situation=Text("schema.symptoms.proxy_silent.situation"),
        advice=Text("schema.symptoms.proxy_silent.advice"),
    ),
    Symptom.EDGE_SILENT: Sentence(
        headline=Text("schema.symptoms.edge_silent.headline"),
        situation=Text("schema.symptoms.edge_silent.situation"),
        advice=Text("schema.symptoms.edge_silent.advice"),
    ),
    Symptom.GATEWAY_NO_UPLINK: Sentence(
        headline=Text("schema.symptoms.gateway_no_uplink.headline"),
        situation=Text("schema.symptoms.gateway_no_uplink.situation"),
        advice=Text("schema.symptoms.gateway_no_uplink.advice"),
    ),
    Symptom.ADDRESS_CONFLICT: Sentence(
        headline=Text("schema.symptoms.address_conflict.headline"),
        situation=Text("schema.symptoms.address_conflict.situation"),
        advice=Text("schema.symptoms.address_conflict.advice"),
    ),
    Symptom.LAN_CONGESTED: Sentence(
        headline=Text("schema.symptoms.lan_congested.headline"),
        situation=Text("schema.symptoms.lan_congested.situation"),
        advice=Text("schema.symptoms.lan_congested.advice"),
    ),
    Symptom.LAN_LOSS: Sentence(
        headline=Text("schema.symptoms.lan_loss.headline"),
        situation=Text("schema.symptoms.lan_loss.situation"),
        advice=Text("schema.symptoms.lan_loss.advice"),
    ),
    Symptom.LAN_LARGE_PACKETS_LOST: Sentence(
        headline=Text("schema.symptoms.lan_large_packets_lost.headline"),
        situation=Text("schema.symptoms.lan_large_packets_lost.situation"),
        advice=Text("schema.symptoms.lan_loss.advice"),
    ),
    Symptom.LAN_NEW_CONNECTIONS_FAIL: Sentence(
        headline=Text("schema.symptoms.lan_new_connections_fail.headline"),
        situation=Text("schema.symptoms.lan_new_connections_fail.situation"),
        advice=Text("schema.symptoms.new_connections_fail.advice"),
    ),
}
