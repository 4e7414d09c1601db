"""Link: everything that is known of one link, read down the page."""

from thongsuot_dashboards import naming
from thongsuot_dashboards.choices import COMMUNE, LINK, OF_LINK, SITE
from thongsuot_dashboards.marks import link_down, other_route, other_way_back
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.lines import Lines
from thongsuot_dashboards.panels.look import Look, look_of
from thongsuot_dashboards.panels.states import States
from thongsuot_dashboards.query import Query, average, bits, gauge, over, rate, selector, success
from thongsuot_dashboards.text import Text
from thongsuot_schema.catalogue import dns, host, http, icmp, path, radio, snmp, stamp, verdict
from thongsuot_schema.metric import Unit

_VERDICT = OF_LINK | {"target": "="}
_BEYOND = OF_LINK | {"target": "!=gateway"}
_RTT = selector(icmp.RTT.full_name, **_BEYOND)
_UPPER, _MIDDLE, _LOWER = "95 %", "50 %", "5 %"


def _quantile(share: float, legend: str) -> Query:
    """Return a quantile over time, in the middle of the targets."""
    expr = f"quantile(0.5, quantile_over_time({share:g}, {_RTT}[$__rate_interval]))"
    return over(expr, legend)


BOARD = Board(
    uid="thongsuot-link",
    title=Text("Thông Suốt · Đường truyền", "Thông Suốt · Link"),
    description=Text(
        "Một đường truyền: kết luận, độ trễ, mất gói, tên miền, dịch vụ, lưu lượng",
        "One link: verdict, latency, loss, names, services, traffic",
    ),
    variables=(COMMUNE, SITE, LINK),
    annotations=(link_down(**_VERDICT), other_way_back(**_BEYOND), other_route(**OF_LINK)),
    rows=(
        (
            States(
                title=Text("Tình trạng", "State"),
                description=Text(
                    "Kết luận của thiết bị; chỗ trống là chưa có dữ liệu",
                    "The device's verdict; where nothing is drawn, nothing is known",
                ),
                queries=(gauge(verdict.STATE, "{{link}}", **_VERDICT),),
                look=naming.LINK_STATE,
                height=4,
            ),
            States(
                title=Text("Phân đoạn lỗi", "Segment at fault"),
                description=Text(
                    "Nấc thấp nhất bị hỏng: bên phải xử lý", "The lowest broken rung: who must act"
                ),
                queries=(gauge(verdict.SEGMENT, "{{link}}", **_VERDICT),),
                look=naming.SEGMENT,
                height=4,
            ),
        ),
        (
            Lines(
                title=Text("Độ trễ: dải 5–95 % và trung vị", "Round-trip time: 5–95 % and median"),
                description=Text(icmp.RTT.help_vi, icmp.RTT.help_en),
                queries=(
                    _quantile(0.95, _UPPER),
                    _quantile(0.5, _MIDDLE),
                    _quantile(0.05, _LOWER),
                ),
                look=look_of(icmp.RTT),
                bands=((_UPPER, _LOWER),),
            ),
            Lines(
                title=Text("Độ trễ theo đích", "Round-trip time by target"),
                description=Text(icmp.RTT.help_vi, icmp.RTT.help_en),
                queries=(gauge(icmp.RTT, "{{target}} {{family}}", **OF_LINK),),
                look=look_of(icmp.RTT),
            ),
        ),
        (
            Lines(
                title=Text("Tỷ lệ mất gói tin, 5 phút", "Loss over 5 minutes"),
                description=Text(icmp.LOSS.help_vi, icmp.LOSS.help_en),
                queries=(average(icmp.LOSS, "{{target}} {{family}}", "5m", **OF_LINK),),
                look=look_of(icmp.LOSS),
            ),
            Lines(
                title=Text("Lưu lượng trên cổng mạng", "Traffic on the interface"),
                description=Text(
                    "Tổng lưu lượng của đường truyền, không theo người dùng",
                    "All traffic of the link; never by user",
                ),
                queries=(
                    bits(host.RECEIVED, "↓", **OF_LINK),
                    bits(host.SENT, "↑", **OF_LINK),
                ),
                look=Look(grafana_unit="bps", minimum=0),
            ),
        ),
        (
            Lines(
                title=Text("Dịch vụ: tổng thời gian", "Services: total time"),
                description=Text(http.TOTAL.help_vi, http.TOTAL.help_en),
                queries=(gauge(http.TOTAL, "{{target}} {{family}}", **OF_LINK),),
                look=look_of(http.TOTAL),
            ),
            Lines(
                title=Text("Dịch vụ: tỷ lệ thành công", "Services: success"),
                description=Text(
                    "Tỷ lệ lượt truy cập thành công trong 15 phút",
                    "Share of requests that succeeded over 15 minutes",
                ),
                queries=(success(http.KIND, "{{target}} {{family}}", "15m", **OF_LINK),),
                look=Look(unit=Unit.RATIO, minimum=0, maximum=1),
            ),
        ),
        (
            Lines(
                title=Text("Phân giải tên miền", "Name lookups"),
                description=Text(dns.LOOKUP.help_vi, dns.LOOKUP.help_en),
                queries=(gauge(dns.LOOKUP, "{{target}} {{family}}", **OF_LINK),),
                look=look_of(dns.LOOKUP),
            ),
            Lines(
                title=Text("Đường về: TTL còn lại", "The way back: hop limit left"),
                description=Text(icmp.HOP_LIMIT.help_vi, icmp.HOP_LIMIT.help_en),
                queries=(gauge(icmp.HOP_LIMIT, "{{target}} {{family}}", **_BEYOND),),
                look=look_of(icmp.HOP_LIMIT),
            ),
        ),
        (
            Lines(
                title=Text("Mất gói từng chiều", "Loss by direction"),
                description=Text(
                    "Đo từng chiều với máy phản hồi ở trung tâm",
                    "Measured apart with the reflector at the centre",
                ),
                queries=(
                    gauge(stamp.LOSS_UP, "{{target}} {{family}} ↑", **OF_LINK),
                    gauge(stamp.LOSS_DOWN, "{{target}} {{family}} ↓", **OF_LINK),
                ),
                look=look_of(icmp.LOSS),
            ),
            Lines(
                title=Text("Độ dao động trễ từng chiều", "Jitter by direction"),
                description=Text(stamp.JITTER_UP.help_vi, stamp.JITTER_UP.help_en),
                queries=(
                    gauge(stamp.JITTER_UP, "{{target}} {{family}} ↑", **OF_LINK),
                    gauge(stamp.JITTER_DOWN, "{{target}} {{family}} ↓", **OF_LINK),
                ),
                look=look_of(stamp.JITTER_UP),
            ),
            Lines(
                title=Text("Chất lượng thoại (MOS)", "Quality of a call (MOS)"),
                description=Text(stamp.MOS.help_vi, stamp.MOS.help_en),
                queries=(gauge(stamp.MOS, "{{target}} {{family}}", **OF_LINK),),
                look=Look(minimum=1, maximum=4.5),
            ),
        ),
        (
            Lines(
                title=Text("Mức thu sóng (RSRP)", "Signal (RSRP)"),
                description=Text(radio.NR_RSRP.help_vi, radio.NR_RSRP.help_en),
                queries=(
                    gauge(radio.NR_RSRP, "5G", **OF_LINK),
                    gauge(radio.LTE_RSRP, "LTE", **OF_LINK),
                ),
                look=look_of(radio.NR_RSRP),
                height=6,
            ),
            States(
                title=Text("Công nghệ di động", "Mobile technology"),
                description=Text(radio.TECHNOLOGY.help_vi, radio.TECHNOLOGY.help_en),
                queries=(gauge(radio.TECHNOLOGY, "{{link}}", **OF_LINK),),
                look=naming.TECHNOLOGY,
                height=6,
            ),
        ),
        (
            Lines(
                title=Text("Công suất quang thu", "Optical power received"),
                description=Text(snmp.OPTICAL_RECEIVE.help_vi, snmp.OPTICAL_RECEIVE.help_en),
                queries=(gauge(snmp.OPTICAL_RECEIVE, "{{target}}", **OF_LINK),),
                look=look_of(snmp.OPTICAL_RECEIVE),
            ),
            Lines(
                title=Text("Mức chiếm dụng băng thông", "Utilisation"),
                description=Text(
                    snmp.RECEIVE_UTILISATION.help_vi, snmp.RECEIVE_UTILISATION.help_en
                ),
                queries=(
                    gauge(snmp.RECEIVE_UTILISATION, "{{target}} ↓", **OF_LINK),
                    gauge(snmp.SEND_UTILISATION, "{{target}} ↑", **OF_LINK),
                ),
                look=look_of(snmp.RECEIVE_UTILISATION),
            ),
            Lines(
                title=Text("Số chặng đến đích", "Hops to the target"),
                description=Text(path.HOPS.help_vi, path.HOPS.help_en),
                queries=(
                    over(
                        f"last_over_time({selector(path.HOPS.full_name, **OF_LINK)}[30m])",
                        "{{target}} {{family}}",
                    ),
                ),
                look=Look(unit=Unit.COUNT, decimals=0),
            ),
            Lines(
                title=Text("Chặng đầu tiên của nhà mạng", "The carrier's first hop"),
                description=Text(path.FIRST_HOP.help_vi, path.FIRST_HOP.help_en),
                queries=(
                    over(
                        f"last_over_time({selector(path.FIRST_HOP.full_name, **OF_LINK)}[30m])",
                        "{{target}} {{family}}",
                    ),
                ),
                look=look_of(path.FIRST_HOP),
            ),
        ),
        (
            States(
                title=Text("Cổng mạng", "Interface"),
                description=Text(
                    "Tín hiệu, địa chỉ, tuyến mặc định, gateway",
                    "Carrier, addresses, default routes, gateway",
                ),
                queries=(
                    gauge(host.CARRIER_UP, "carrier", **OF_LINK),
                    gauge(host.HAS_IP4, "IPv4", **OF_LINK),
                    gauge(host.HAS_ROUTE4, "IPv4 route", **OF_LINK),
                    gauge(host.HAS_IP6, "IPv6", **OF_LINK),
                    gauge(host.HAS_ROUTE6, "IPv6 route", **OF_LINK),
                    gauge(host.GATEWAY_NEIGHBOUR, "gateway", **OF_LINK),
                ),
                look=naming.YES_NO,
                height=7,
            ),
            Lines(
                title=Text("Lỗi và gói bị loại trên cổng mạng", "Errors and drops"),
                description=Text(
                    "Gói mỗi giây; tăng lên thường là cáp hoặc cổng",
                    "Packets a second; a rise mostly means cable or port",
                ),
                queries=(
                    rate(host.RECEIVE_ERRORS, "errors ↓", **OF_LINK),
                    rate(host.SEND_ERRORS, "errors ↑", **OF_LINK),
                    rate(host.RECEIVE_DROPS, "drops ↓", **OF_LINK),
                    rate(host.SEND_DROPS, "drops ↑", **OF_LINK),
                ),
                look=Look(grafana_unit="pps", minimum=0),
                height=7,
            ),
        ),
    ),
)
