"""Link: everything that the probes know about one site's links, side by side."""

from thongsuot_dashboards.panels.board import Board, Variable
from thongsuot_dashboards.panels.panel import Lines, Named, States
from thongsuot_dashboards.query import average, gauge, rate, success
from thongsuot_dashboards.text import Text
from thongsuot_schema.catalogue import dns, host, http, icmp, verdict
from thongsuot_schema.metric import Unit

_HERE = {"site": "$site", "link": "$link"}

_STATES = {
    0: Named(text=Text("Bình thường", "Up"), color="green"),
    1: Named(text=Text("Chậm/chập chờn", "Degraded"), color="yellow"),
    2: Named(text=Text("Mất kết nối", "Down"), color="red"),
}
_SEGMENTS = {
    0: Named(text=Text("Không có lỗi", "None"), color="green"),
    1: Named(text=Text("Thiết bị", "Device"), color="purple"),
    2: Named(text=Text("Mạng nội bộ", "LAN"), color="orange"),
    3: Named(text=Text("Đường truyền", "Access"), color="red"),
    4: Named(text=Text("Nhà mạng", "Carrier"), color="dark-red"),
    5: Named(text=Text("Ngoài nhà mạng", "Transit"), color="dark-orange"),
    6: Named(text=Text("Dịch vụ", "Service"), color="blue"),
}

BOARD = Board(
    uid="thongsuot-link",
    title=Text("Thông Suốt · Đường truyền", "Thông Suốt · Link"),
    description=Text(
        "Từng đường truyền của điểm phục vụ: kết luận, độ trễ, mất gói, tên miền, lưu lượng",
        "One site, link by link: verdict, latency, loss, names, services, traffic",
    ),
    variables=(
        Variable(
            label="site",
            metric=verdict.KIND.success_name,
            title=Text("Điểm phục vụ", "Site"),
        ),
        Variable(
            label="link",
            metric=verdict.KIND.success_name,
            title=Text("Đường truyền", "Link"),
            matcher='site=~"$site",link!=""',
        ),
    ),
    rows=(
        (
            States(
                title=Text("Tình trạng", "State"),
                description=Text(
                    "Kết luận của thiết bị; chỗ trống là chưa có dữ liệu",
                    "The agent's verdict; where nothing is drawn, nothing is known",
                ),
                queries=(gauge(verdict.STATE, "{{site}} {{link}} {{target}}", **_HERE),),
                names=_STATES,
            ),
            States(
                title=Text("Phân đoạn lỗi", "Segment at fault"),
                description=Text(
                    "Nấc thấp nhất bị hỏng: bên phải xử lý", "The lowest broken rung: who must act"
                ),
                queries=(gauge(verdict.SEGMENT, "{{site}} {{link}} {{target}}", **_HERE),),
                names=_SEGMENTS,
            ),
        ),
        (
            Lines(
                title=Text("Độ trễ", "Round-trip time"),
                description=Text(icmp.RTT.help_vi, icmp.RTT.help_en),
                unit=Unit.SECONDS,
                queries=(gauge(icmp.RTT, "{{link}} {{target}} {{family}}", **_HERE),),
            ),
            Lines(
                title=Text("Tỷ lệ mất gói tin, 5 phút", "Loss over 5 minutes"),
                description=Text(icmp.LOSS.help_vi, icmp.LOSS.help_en),
                unit=Unit.RATIO,
                queries=(average(icmp.LOSS, "{{link}} {{target}} {{family}}", "5m", **_HERE),),
            ),
        ),
        (
            Lines(
                title=Text("Truy cập dịch vụ: tổng thời gian", "Services: total time"),
                description=Text(http.TOTAL.help_vi, http.TOTAL.help_en),
                unit=Unit.SECONDS,
                queries=(gauge(http.TOTAL, "{{link}} {{target}} {{family}}", **_HERE),),
            ),
            Lines(
                title=Text("Truy cập dịch vụ: tỷ lệ thành công", "Services: success"),
                description=Text(
                    "Tỷ lệ lượt truy cập thành công trong 15 phút",
                    "Share of requests that succeeded over 15 minutes",
                ),
                unit=Unit.RATIO,
                queries=(success(http.KIND, "{{link}} {{target}} {{family}}", "15m", **_HERE),),
            ),
        ),
        (
            Lines(
                title=Text("Phân giải tên miền", "Name lookups"),
                description=Text(dns.LOOKUP.help_vi, dns.LOOKUP.help_en),
                unit=Unit.SECONDS,
                queries=(gauge(dns.LOOKUP, "{{link}} {{target}} {{family}}", **_HERE),),
            ),
            Lines(
                title=Text("Lưu lượng trên cổng mạng", "Traffic on the interface"),
                description=Text(
                    "Tổng lưu lượng của đường truyền, không theo người dùng",
                    "All traffic of the link; never by user",
                ),
                unit=Unit.BITS_PER_SECOND,
                queries=(
                    rate(host.RECEIVED, "{{link}} ↓", factor=8, **_HERE),
                    rate(host.SENT, "{{link}} ↑", factor=8, **_HERE),
                ),
            ),
        ),
    ),
)
