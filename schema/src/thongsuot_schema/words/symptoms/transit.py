"""Sentences for faults in networks beyond the carrier: the carrier acts, with its neighbours."""

from typing import Final

from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.TRANSIT_SILENT: Sentence(
        headline=Text(
            "{Line} không đi ra ngoài {carrier} được", "{Line} does not lead beyond {carrier}"
        ),
        situation=Text(
            "{Line}{circuit} vẫn thông trong mạng của {carrier}, nhưng không tới được các mạng "
            "khác{since}. Lỗi không phải ở thiết bị của đơn vị.",
            "{Line}{circuit} works inside the network of {carrier}, but has not reached any other "
            "network{since}. The fault is not in your equipment.",
        ),
        advice=Text("{Call}", "{Call}"),
    ),
    Symptom.INTERNATIONAL_TRANSIT_SILENT: Sentence(
        headline=Text("{Line}: hướng quốc tế gián đoạn", "{Line}: international routes out"),
        situation=Text(
            "Hướng đi quốc tế qua {line} bị gián đoạn{since}. Các dịch vụ công trong nước không "
            "bị ảnh hưởng.",
            "International routes over {line} have been out{since}. Public services inside the "
            "country are not affected.",
        ),
        advice=Text(
            "Vẫn tiếp dân bình thường. Nếu cần dịch vụ nước ngoài và kéo dài quá 1 giờ, {call}",
            "Serve citizens as usual. If a foreign service is needed and this lasts longer than an "
            "hour, {call}",
        ),
    ),
    Symptom.TRANSIT_LOSS: Sentence(
        headline=Text("{Line} chập chờn", "{Line} is unstable"),
        situation=Text(
            "{Line} mất nhiều gói tin trên đoạn bên ngoài mạng của {carrier}{since}. Lỗi "
            "không phải ở thiết bị của đơn vị.",
            "{Line} has been losing much data beyond the network of {carrier}{since}. The fault "
            "is not in your equipment.",
        ),
        advice=Text(
            "Nếu kéo dài quá 30 phút, {call}",
            "If it lasts longer than 30 minutes, {call}",
        ),
    ),
    Symptom.TRANSIT_SLOW: Sentence(
        headline=Text("{Line} chậm", "{Line} is slow"),
        situation=Text(
            "{Line} bị chậm trên đoạn bên ngoài mạng của {carrier}{since}. Lỗi không phải ở thiết "
            "bị của đơn vị.",
            "{Line} has been slow beyond the network of {carrier}{since}. The fault is not in your "
            "equipment.",
        ),
        advice=Text(
            "Nếu kéo dài quá 30 phút, {call}",
            "If it lasts longer than 30 minutes, {call}",
        ),
    ),
}
