"""Sentences for faults of the line or the radio up to the carrier's first hop: the carrier acts."""

from typing import Final

from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.ACCESS_SILENT: Sentence(
        headline=Text("{Line} mất kết nối", "{Line} is disconnected"),
        situation=Text(
            "{Line}{circuit} mất kết nối{since}. Lỗi ở đường truyền của nhà mạng, không phải ở "
            "thiết bị của đơn vị.",
            "{Line}{circuit} has been disconnected{since}. The fault is in the carrier's line, "
            "not in your equipment.",
        ),
        advice=Text("{lamp}{Call}", "{lamp}{Call}"),
    ),
    Symptom.ACCESS_LOSS: Sentence(
        headline=Text("{Line} chập chờn", "{Line} is unstable"),
        situation=Text(
            "{Line}{circuit} mất nhiều gói tin{since}: trang web tải chậm, họp trực tuyến bị "
            "giật. Lỗi ở đường truyền của nhà mạng.",
            "{Line}{circuit} has been losing much data{since}: pages load slowly, meetings "
            "stutter. The fault is in the carrier's line.",
        ),
        advice=Text("{Call}", "{Call}"),
    ),
    Symptom.ACCESS_SLOW: Sentence(
        headline=Text("{Line} chậm", "{Line} is slow"),
        situation=Text(
            "{Line}{circuit} phản hồi chậm hơn bình thường{since}. Lỗi ở đường truyền của nhà "
            "mạng.",
            "{Line}{circuit} has been answering more slowly than usual{since}. The fault is in the "
            "carrier's line.",
        ),
        advice=Text(
            "Nếu kéo dài quá 30 phút, {call}",
            "If it lasts longer than 30 minutes, {call}",
        ),
    ),
    Symptom.ACCESS_FLAPPING: Sentence(
        headline=Text("{Line} chập chờn, lúc có lúc mất", "{Line} comes and goes"),
        situation=Text(
            "{Line}{circuit} chập chờn, lúc có lúc mất{since}. Lỗi ở đường truyền của nhà mạng.",
            "{Line}{circuit} has been coming and going{since}. The fault is in the carrier's line.",
        ),
        advice=Text("{lamp}{Call}", "{lamp}{Call}"),
    ),
    Symptom.IPV4_DOWN: Sentence(
        headline=Text("{Line}: IPv4 không hoạt động", "{Line}: IPv4 does not work"),
        situation=Text(
            "{Line}{circuit} chỉ còn IPv6, còn IPv4 không hoạt động{since}: nhiều trang web không "
            "mở được. Lỗi ở nhà mạng.",
            "{Line}{circuit} works by IPv6 only; IPv4 has been dead{since}, and many pages do not "
            "open. The fault is at the carrier.",
        ),
        advice=Text("{Call}", "{Call}"),
    ),
    Symptom.IPV6_DOWN: Sentence(
        headline=Text("{Line}: IPv6 không hoạt động", "{Line}: IPv6 does not work"),
        situation=Text(
            "IPv6 trên {line}{circuit} không hoạt động{since}. Các trang web vẫn mở được bằng "
            "IPv4 nhưng có thể chậm lúc đầu. Lỗi ở nhà mạng.",
            "IPv6 over {line}{circuit} has been dead{since}. Pages still open by IPv4, but may "
            "hesitate at first. The fault is at the carrier.",
        ),
        advice=Text(
            "Vẫn làm việc bình thường. {Call}",
            "Go on working as usual. {Call}",
        ),
    ),
    Symptom.OPTICAL_LOSS_OF_SIGNAL: Sentence(
        headline=Text("{Line} mất tín hiệu quang", "{Line} has lost its light"),
        situation=Text(
            "{Line}{circuit} mất kết nối{since}: {box} không nhận được tín hiệu quang, "
            "nghĩa là cáp quang bị đứt hoặc bị rút.",
            "{Line}{circuit} has been disconnected{since}: {box} receives no light from the "
            "carrier, so the fibre is cut or pulled out.",
        ),
        advice=Text(
            "Hãy xem dây quang cắm vào {box} có bị lỏng hay gập không. Nếu không, {call}",
            "See whether the fibre at {box} is loose or bent. If not, {call}",
        ),
    ),
    Symptom.RADIO_SIGNAL_WEAK: Sentence(
        headline=Text("{Line}: sóng yếu", "{Line}: weak signal"),
        situation=Text(
            "{Line}{circuit} chập chờn hoặc mất kết nối{since} vì sóng di động tại đây yếu hoặc "
            "nhiễu; thiết bị đã đo được điều đó.",
            "{Line}{circuit} has been unstable or out{since} because the mobile signal here is "
            "weak or noisy; the device has measured it.",
        ),
        advice=Text(
            "Hãy đặt {box} gần cửa sổ, xa vật kim loại. Nếu sau 30 phút sóng vẫn yếu, {call}",
            "Put {box} near a window, away from metal. If the signal is still weak after 30 "
            "minutes, {call}",
        ),
    ),
    Symptom.RADIO_NOT_REGISTERED: Sentence(
        headline=Text("{Line} không vào được mạng", "{Line} is in no network"),
        situation=Text(
            "{Line}{circuit} mất kết nối{since}: {box} không đăng ký được vào mạng di động, có "
            "thể do SIM, do hết vùng phủ hoặc do nhà mạng từ chối.",
            "{Line}{circuit} has been disconnected{since}: {box} cannot register in a mobile "
            "network, because of the SIM, of missing coverage, or because the carrier refuses.",
        ),
        advice=Text(
            "Hãy kiểm tra SIM đã cắm chặt, rồi khởi động lại {box} một lần. Nếu vẫn không được, "
            "{call}",
            "See that the SIM sits firmly, then restart {box} once. If that does not help, {call}",
        ),
    ),
    Symptom.ACCESS_SESSION_LOST: Sentence(
        headline=Text("{Line} mất phiên kết nối", "{Line} has lost its session"),
        situation=Text(
            "{Line}{circuit} mất phiên kết nối với nhà mạng{since} (PPP hoặc dữ liệu di động). "
            "Không phải do dây mạng tại điểm.",
            "{Line}{circuit} has lost its session with the carrier{since} (PPP or mobile data). "
            "It is not a cable at the point.",
        ),
        advice=Text("{Call}", "{Call}"),
    ),
    Symptom.LARGE_PACKETS_LOST: Sentence(
        headline=Text("{Line} không truyền được gói tin lớn", "{Line} loses large packets"),
        situation=Text(
            "{Line}{circuit} không truyền được gói tin lớn (lỗi MTU){since}: trang web mở được một "
            "phần, gửi tệp bị treo. Lỗi ở nhà mạng.",
            "{Line}{circuit} has been losing large packets (an MTU fault){since}: pages open in "
            "part, uploads hang. The fault is at the carrier.",
        ),
        advice=Text("{Call}", "{Call}"),
    ),
}

MOBILE: Final[dict[Symptom, Sentence]] = {
    Symptom.ACCESS_SILENT: Sentence(
        headline=Text("{Line} mất kết nối", "{Line} is disconnected"),
        situation=Text(
            "{Line}{circuit} mất kết nối{since}. {Box} vẫn chạy nhưng mạng di động của nhà mạng "
            "không phản hồi.",
            "{Line}{circuit} has been disconnected{since}. {Box} is running, but the carrier's "
            "mobile network does not answer.",
        ),
        advice=Text(
            "Hãy khởi động lại {box} một lần và đặt nơi thoáng, gần cửa sổ. Nếu sau 5 phút vẫn "
            "mất, {call}",
            "Restart {box} once and put it in the open, near a window. If it is still out after 5 "
            "minutes, {call}",
        ),
    ),
    Symptom.ACCESS_LOSS: Sentence(
        headline=Text("{Line} chập chờn", "{Line} is unstable"),
        situation=Text(
            "{Line}{circuit} mất nhiều gói tin{since}, thường do sóng yếu hoặc trạm phát quá tải.",
            "{Line}{circuit} has been losing much data{since}; usually the signal is weak or the "
            "cell is overloaded.",
        ),
        advice=Text(
            "Hãy đặt {box} gần cửa sổ, xa vật kim loại. Nếu kéo dài quá 30 phút, {call}",
            "Put {box} near a window, away from metal. If it lasts longer than 30 minutes, {call}",
        ),
    ),
    Symptom.ACCESS_SLOW: Sentence(
        headline=Text("{Line} chậm", "{Line} is slow"),
        situation=Text(
            "{Line}{circuit} phản hồi chậm hơn bình thường{since}, thường do sóng yếu hoặc trạm "
            "phát quá tải.",
            "{Line}{circuit} has been answering more slowly than usual{since}; usually the signal "
            "is weak or the cell is overloaded.",
        ),
        advice=Text(
            "Hãy đặt {box} gần cửa sổ, xa vật kim loại. Nếu kéo dài quá 30 phút, {call}",
            "Put {box} near a window, away from metal. If it lasts longer than 30 minutes, {call}",
        ),
    ),
    Symptom.ACCESS_FLAPPING: Sentence(
        headline=Text("{Line} chập chờn, lúc có lúc mất", "{Line} comes and goes"),
        situation=Text(
            "{Line}{circuit} chập chờn, lúc có lúc mất{since}, thường do sóng yếu.",
            "{Line}{circuit} has been coming and going{since}; usually the signal is weak.",
        ),
        advice=Text(
            "Hãy đặt {box} gần cửa sổ, xa vật kim loại. Nếu kéo dài quá 30 phút, {call}",
            "Put {box} near a window, away from metal. If it lasts longer than 30 minutes, {call}",
        ),
    ),
}
"""What is said instead where the link is over the air."""
