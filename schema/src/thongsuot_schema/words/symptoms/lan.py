"""Sentences for faults between the device and the carrier's line: the commune acts."""

from typing import Final

from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence, StepPicture

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.INTERFACE_ABSENT: Sentence(
        headline=Text("schema.symptoms.interface_absent.headline"),
        situation=Text("schema.symptoms.interface_absent.situation"),
        advice=Text("schema.symptoms.interface_absent.advice"),
        pictures=(StepPicture.USB, StepPicture.RESTART),
    ),
    Symptom.CABLE_UNPLUGGED: Sentence(
        headline=Text("schema.symptoms.cable_unplugged.headline"),
        situation=Text("schema.symptoms.cable_unplugged.situation"),
        advice=Text("schema.symptoms.cable_unplugged.advice"),
        pictures=(StepPicture.CABLE, StepPicture.POWER, StepPicture.PORT_LAMP),
    ),
    Symptom.NO_ADDRESS: Sentence(
        headline=Text("schema.symptoms.no_address.headline"),
        situation=Text("schema.symptoms.no_address.situation"),
        advice=Text("schema.symptoms.no_address.advice"),
        pictures=(StepPicture.RESTART,),
    ),
    Symptom.NO_ROUTE: Sentence(
        headline=Text("schema.symptoms.no_route.headline"),
        situation=Text("schema.symptoms.no_route.situation"),
        advice=Text("schema.symptoms.no_route.advice"),
        pictures=(StepPicture.RESTART,),
    ),
    Symptom.GATEWAY_SILENT: Sentence(
        headline=Text("schema.symptoms.gateway_silent.headline"),
        situation=Text("schema.symptoms.gateway_silent.situation"),
        advice=Text("schema.symptoms.gateway_silent.advice"),
        pictures=(StepPicture.POWER, StepPicture.CABLE, StepPicture.RESTART),
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
        pictures=(StepPicture.POWER,),
    ),
    Symptom.GATEWAY_NO_UPLINK: Sentence(
        headline=Text("schema.symptoms.gateway_no_uplink.headline"),
        situation=Text("schema.symptoms.gateway_no_uplink.situation"),
        advice=Text("schema.symptoms.gateway_no_uplink.advice"),
        pictures=(StepPicture.FIBRE, StepPicture.RESTART, StepPicture.LOS_LAMP),
    ),
    Symptom.ADDRESS_CONFLICT: Sentence(
        headline=Text("schema.symptoms.address_conflict.headline"),
        situation=Text("schema.symptoms.address_conflict.situation"),
        advice=Text("schema.symptoms.address_conflict.advice"),
        pictures=(StepPicture.UNPLUG,),
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
        pictures=(StepPicture.OTHER_PORT,),
    ),
    Symptom.LAN_LARGE_PACKETS_LOST: Sentence(
        headline=Text("schema.symptoms.lan_large_packets_lost.headline"),
        situation=Text("schema.symptoms.lan_large_packets_lost.situation"),
        advice=Text("schema.symptoms.lan_loss.advice"),
        pictures=(StepPicture.OTHER_PORT,),
    ),
    Symptom.LAN_NEW_CONNECTIONS_FAIL: Sentence(
        headline=Text("schema.symptoms.lan_new_connections_fail.headline"),
        situation=Text("schema.symptoms.lan_new_connections_fail.situation"),
        advice=Text("schema.symptoms.new_connections_fail.advice"),
        pictures=(StepPicture.RESTART,),
    ),
}
