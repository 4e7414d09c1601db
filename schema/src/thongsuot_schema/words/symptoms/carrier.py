"""Sentences for faults inside the carrier's network: the carrier acts."""

from typing import Final

from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.CARRIER_SILENT: Sentence(
        headline=Text("Mạng của {carrier} gián đoạn", "The network of {carrier} is out"),
        situation=Text(
            "{Line}{circuit} vẫn thông tới nhà mạng, nhưng bên trong mạng của {carrier} không trả "
            "lời{since}. Lỗi ở nhà mạng, không phải ở thiết bị của đơn vị.",
            "{Line}{circuit} reaches the carrier, but the network of {carrier} has not "
            "answered{since}. The fault is at the carrier, not in your equipment.",
        ),
        advice=Text("{Call}", "{Call}"),
    ),
    Symptom.CORE_SILENT_RADIO_OK: Sentence(
        headline=Text(
            "Sóng tốt nhưng mạng của {carrier} không phản hồi",
            "Good signal, but the network of {carrier} does not answer",
        ),
        situation=Text(
            "{Line}{circuit} mất kết nối{since} dù sóng tốt và {box} đã vào mạng: lỗi nằm bên "
            "trong mạng của {carrier}, không phải ở thiết bị của đơn vị.",
            "{Line}{circuit} has been out{since} although the signal is good and {box} is in the "
            "network: the fault is inside the network of {carrier}, not in your equipment.",
        ),
        advice=Text("{Call}", "{Call}"),
    ),
    Symptom.CARRIER_PARTIAL_OUTAGE: Sentence(
        headline=Text(
            "Mạng của {carrier} gián đoạn một phần", "The network of {carrier} is partly out"
        ),
        situation=Text(
            "Một phần mạng của {carrier} không phản hồi{since}; một số trang web qua "
            "{line}{circuit} có thể không mở được. Lỗi ở nhà mạng.",
            "A part of the network of {carrier} has not answered{since}; some pages may not open "
            "over {line}{circuit}. The fault is at the carrier.",
        ),
        advice=Text(
            "Nếu kéo dài quá 15 phút, {call}",
            "If it lasts longer than 15 minutes, {call}",
        ),
    ),
    Symptom.CARRIER_LOSS: Sentence(
        headline=Text("Mạng của {carrier} chập chờn", "The network of {carrier} is unstable"),
        situation=Text(
            "Mạng của {carrier} mất nhiều gói tin{since}, nên {line}{circuit} chập chờn. Lỗi "
            "ở nhà mạng.",
            "The network of {carrier} has been losing much data{since}, so {line}{circuit} is "
            "unstable. The fault is at the carrier.",
        ),
        advice=Text("{Call}", "{Call}"),
    ),
    Symptom.CARRIER_SLOW: Sentence(
        headline=Text("Mạng của {carrier} chậm", "The network of {carrier} is slow"),
        situation=Text(
            "Mạng của {carrier} phản hồi chậm hơn bình thường{since}, nên {line}{circuit} bị "
            "chậm. Lỗi ở nhà mạng.",
            "The network of {carrier} has been answering more slowly than usual{since}, so "
            "{line}{circuit} is slow. The fault is at the carrier.",
        ),
        advice=Text(
            "Nếu kéo dài quá 30 phút, {call}",
            "If it lasts longer than 30 minutes, {call}",
        ),
    ),
    Symptom.RESOLVER_SILENT: Sentence(
        headline=Text(
            "Máy chủ tên miền của {carrier} không phản hồi", "Name server of {carrier} silent"
        ),
        situation=Text(
            "Máy chủ tên miền (DNS) của {carrier} không phản hồi{since}: trang web không mở được "
            "dù {line} vẫn thông. Lỗi ở nhà mạng.",
            "The name server (DNS) of {carrier} has not answered{since}: pages do not open "
            "although {line} itself works. The fault is at the carrier.",
        ),
        advice=Text("{Call}", "{Call}"),
    ),
    Symptom.RESOLVER_SLOW: Sentence(
        headline=Text("Máy chủ tên miền của {carrier} chậm", "Name server of {carrier} slow"),
        situation=Text(
            "Máy chủ tên miền (DNS) của {carrier} trả lời chậm{since}, nên trang web mở chậm lúc "
            "đầu. Lỗi ở nhà mạng.",
            "The name server (DNS) of {carrier} has been answering slowly{since}, so pages "
            "hesitate before they open. The fault is at the carrier.",
        ),
        advice=Text(
            "Nếu kéo dài quá 30 phút, {call}",
            "If it lasts longer than 30 minutes, {call}",
        ),
    ),
    Symptom.RESOLVER_FORGED_ANSWER: Sentence(
        headline=Text(
            "Máy chủ tên miền của {carrier} trả lời sai",
            "Name server of {carrier} gives wrong answers",
        ),
        situation=Text(
            "Máy chủ tên miền (DNS) trên {line} trả về địa chỉ sai{since}: trang mở ra có thể "
            "không phải trang thật.",
            "The name server (DNS) on {line} has been giving wrong addresses{since}: a page that "
            "opens may not be the real one.",
        ),
        advice=Text(
            "Không đăng nhập, không nhập mật khẩu khi trình duyệt cảnh báo. {Call} {support}",
            "Do not sign in or type a password when the browser warns. {Call} {support}",
        ),
    ),
}
