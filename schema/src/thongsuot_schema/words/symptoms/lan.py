"""Sentences for faults between the device and the carrier's line: the commune acts."""

from typing import Final

from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.INTERFACE_ABSENT: Sentence(
        headline=Text("{Line}: không thấy cổng mạng", "{Line}: network port not found"),
        situation=Text(
            "Thiết bị giám sát không còn thấy cổng mạng nối với {line}{since}. Lỗi ở thiết bị tại "
            "điểm, không phải ở nhà mạng.",
            "The monitoring device has not found the network port of {line}{since}. The fault is "
            "in the equipment at the point, not at the carrier.",
        ),
        advice=Text(
            "Nếu cổng này nối qua đầu USB, hãy rút ra rồi cắm lại thật chặt. Sau đó khởi động lại "
            "thiết bị giám sát. {support}",
            "If the port is a USB adapter, unplug it and plug it in firmly again. Then restart the "
            "monitoring device. {support}",
        ),
    ),
    Symptom.CABLE_UNPLUGGED: Sentence(
        headline=Text("{Line}: dây mạng chưa cắm", "{Line}: cable unplugged"),
        situation=Text(
            "Dây mạng giữa thiết bị giám sát và {box} bị tuột, hoặc {box} không có điện{since}. "
            "Lỗi tại điểm, không phải ở nhà mạng.",
            "The cable between the monitoring device and {box} has been unplugged, or {box} "
            "without power{since}. The fault is at the point, not at the carrier.",
        ),
        advice=Text(
            "Hãy cắm chặt lại hai đầu dây mạng. Xem {box} có đèn nguồn không; nếu tắt, kiểm tra ổ "
            "cắm. Đèn ở cổng mạng phải sáng. {support}",
            "Push both ends of the cable in firmly. See whether the power lamp of {box} is lit; "
            "if not, check the socket. The lamp at the network port must be lit. {support}",
        ),
    ),
    Symptom.NO_ADDRESS: Sentence(
        headline=Text("{Line}: chưa được cấp địa chỉ", "{Line}: no address assigned"),
        situation=Text(
            "{Box} có tín hiệu nhưng không cấp địa chỉ mạng (IP) cho thiết bị{since}. Lỗi tại "
            "điểm, thường là {box} bị treo.",
            "{Box} is connected but has assigned no network address (IP){since}. The fault is at "
            "the point; usually {box} has hung.",
        ),
        advice=Text(
            "Hãy tắt {box}, chờ 10 giây, bật lại và chờ 3 phút. {support}",
            "Switch off {box}, wait 10 seconds, switch it on and wait 3 minutes. {support}",
        ),
    ),
    Symptom.NO_ROUTE: Sentence(
        headline=Text("{Line}: chưa có đường ra mạng", "{Line}: no way out"),
        situation=Text(
            "Thiết bị có địa chỉ mạng nhưng {box} không cấp cổng mặc định (gateway){since}. Lỗi "
            "ở cấu hình tại điểm.",
            "The device has an address, but {box} gives it no way out{since}. The fault is in the "
            "settings at the point.",
        ),
        advice=Text(
            "Hãy tắt {box}, chờ 10 giây, bật lại và chờ 3 phút. {support}",
            "Switch off {box}, wait 10 seconds, switch it on and wait 3 minutes. {support}",
        ),
    ),
    Symptom.GATEWAY_SILENT: Sentence(
        headline=Text("{Line}: thiết bị mạng tại điểm không phản hồi", "{Line}: local box silent"),
        situation=Text(
            "{Box} tại điểm không phản hồi{since}, nên chưa thể kiểm tra đường truyền phía sau. "
            "Lỗi tại điểm.",
            "{Box} at the point has not answered{since}, so the line behind it cannot be checked. "
            "The fault is at the point.",
        ),
        advice=Text(
            "Hãy kiểm tra {box} có điện, dây mạng cắm chặt. Tắt {box}, chờ 10 giây, bật lại và "
            "chờ 3 phút. {support}",
            "Check that {box} has power and the cable sits firmly. Switch {box} off, wait 10 "
            "seconds, switch it on and wait 3 minutes. {support}",
        ),
    ),
    Symptom.EDGE_SILENT: Sentence(
        headline=Text(
            "{Line}: thiết bị mạng trong cơ quan không phản hồi",
            "{Line}: office router or firewall silent",
        ),
        situation=Text(
            "Bộ định tuyến hoặc tường lửa của cơ quan, nằm giữa điểm này và đường truyền của nhà "
            "mạng, không phản hồi{since}. Lỗi trong mạng nội bộ, chưa phải ở nhà mạng.",
            "A router or firewall of the office, between this point and the carrier's line, has "
            "not answered{since}. The fault is in the office's own network, not at the carrier.",
        ),
        advice=Text(
            "Hãy nhờ người quản trị mạng của cơ quan xem tường lửa, bộ định tuyến có điện và dây "
            "mạng cắm chặt. {support}",
            "Ask the office's network administrator whether firewall and router have power and "
            "their cables sit firmly. {support}",
        ),
    ),
    Symptom.GATEWAY_NO_UPLINK: Sentence(
        headline=Text("{Line}: thiết bị mạng mất đường ra", "{Line}: local box has no line"),
        situation=Text(
            "{Box} tại điểm vẫn chạy và báo rằng nó không có đường ra ngoài{since}: cổng nối ra "
            "ngoài bị tắt, lỏng dây hoặc chưa đăng nhập được. Cần xem tại điểm trước.",
            "{Box} at the point works and says that it has no way out{since}: its outward port is "
            "off, loose or not signed in. It has to be looked at on site first.",
        ),
        advice=Text(
            "Hãy cắm chặt dây ở cổng ra ngoài (WAN, PON) của {box}. Tắt {box}, chờ 10 giây, bật "
            "lại và chờ 3 phút. Nếu đèn LOS vẫn đỏ, hãy gọi nhà mạng và nói rõ điều đó. {support}",
            "Push the cable at the outward port (WAN, PON) of {box} in firmly. Switch {box} off, "
            "wait 10 seconds, switch it on and wait 3 minutes. If its LOS lamp stays red, call the "
            "carrier and say so. {support}",
        ),
    ),
    Symptom.ADDRESS_CONFLICT: Sentence(
        headline=Text("{Line}: trùng địa chỉ mạng", "{Line}: address used twice"),
        situation=Text(
            "Có hai thiết bị trong mạng nội bộ dùng trùng một địa chỉ IP{since}, làm {line} chập "
            "chờn. Lỗi tại điểm, không phải ở nhà mạng.",
            "Two devices of the local network use the same IP address{since}, which makes {line} "
            "unstable. The fault is at the point, not at the carrier.",
        ),
        advice=Text(
            "Hãy rút dây mạng của máy mới lắp hoặc máy đặt IP cố định, rồi chuyển máy đó sang "
            "nhận IP tự động. {support}",
            "Unplug any computer newly installed or with a fixed IP, then set it to get its IP "
            "automatically. {support}",
        ),
    ),
    Symptom.LAN_CONGESTED: Sentence(
        headline=Text("{Line} chậm do mạng nội bộ tải nặng", "{Line} is slow: local traffic"),
        situation=Text(
            "Máy tính hoặc camera tại điểm đang dùng gần hết băng thông{since}, nên {line} bị "
            "chậm. Nhà mạng không có lỗi.",
            "Computers or cameras at the point use nearly all the bandwidth{since}, so {line} is "
            "slow. The carrier is not at fault.",
        ),
        advice=Text(
            "Hãy tạm dừng tải tệp lớn, cập nhật máy hoặc xem video trong giờ tiếp dân. {support}",
            "Pause large downloads, updates and video during service hours. {support}",
        ),
    ),
    Symptom.LAN_LOSS: Sentence(
        headline=Text("{Line} chập chờn do mạng nội bộ", "{Line} is unstable: local network"),
        situation=Text(
            "Dữ liệu bị rơi ngay giữa thiết bị giám sát và {box}{since}, nên {line} chập chờn. Lỗi "
            "tại điểm, không phải ở nhà mạng.",
            "Data is lost between the monitoring device and {box}{since}, which makes {line} "
            "unstable. The fault is at the point, not at the carrier.",
        ),
        advice=Text(
            "Hãy thay dây mạng, hoặc cắm sang cổng khác của {box}. {support}",
            "Replace the cable, or use another port of {box}. {support}",
        ),
    ),
}
