"""Link: everything that is known about one link, from top to bottom of the page."""

from thongsuot_dashboards import value_mappings
from thongsuot_dashboards.annotations import link_down, other_route, other_way_back
from thongsuot_dashboards.open_incidents import open_incidents
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.field_config import FieldConfig, metric_field_config
from thongsuot_dashboards.panels.state_timeline import StateTimelinePanel
from thongsuot_dashboards.panels.time_series import TimeSeriesPanel
from thongsuot_dashboards.query import (
    Query,
    average,
    bits,
    gauge,
    range_query,
    rate,
    selector,
    success,
)
from thongsuot_dashboards.text import BilingualText
from thongsuot_dashboards.variables import COMMUNE, LINK, OF_LINK, SITE
from thongsuot_schema.catalogue import dns, host, http, icmp, path, radio, snmp, stamp, verdict
from thongsuot_schema.metric import Metric, Unit

_VERDICT = OF_LINK | {"target": "="}
_BEYOND = OF_LINK | {"target": "!=gateway"}
_RTT = selector(icmp.RTT.full_name, **_BEYOND)
_UPPER, _MIDDLE, _LOWER = "95 %", "50 %", "5 %"


def _answered(metric: Metric, legend: str) -> Query:
    """
    Return the newest answer of each target; none where it has stopped to answer.

    Without a window Prometheus shows the last one for five minutes of an outage.
    """
    series = selector(metric.full_name, **OF_LINK)
    return range_query(f"last_over_time({series}[$__rate_interval])", legend)


def _quantile(share: float, legend: str) -> Query:
    """
    Return a quantile over time, of the nearest target that answers.

    Not by the segments in the collector's metrics: they have no values for the time of data that
    arrives late.
    """
    expr = f"min(quantile_over_time({share:g}, {_RTT}[$__rate_interval]))"
    return range_query(expr, legend)


BOARD = Board(
    uid="thongsuot-link",
    title=BilingualText("Thông Suốt · Đường truyền", "Thông Suốt · Link"),
    description=BilingualText(
        "Một đường truyền: kết luận, độ trễ, mất gói, tên miền, dịch vụ, lưu lượng",
        "One link: verdict, latency, loss, names, services, traffic",
    ),
    variables=(COMMUNE, SITE, LINK),
    annotations=(link_down(**_VERDICT), other_way_back(**_BEYOND), other_route(**OF_LINK)),
    rows=(
        (
            StateTimelinePanel(
                title=BilingualText("Tình trạng", "State"),
                description=BilingualText(
                    "Kết luận của thiết bị; chỗ trống là chưa có dữ liệu",
                    "The device's verdict; a gap means that there is no data",
                ),
                queries=(gauge(verdict.STATE, "{{link}}", **_VERDICT),),
                field_config=value_mappings.LINK_STATE,
                height=4,
            ),
            StateTimelinePanel(
                title=BilingualText("Phân đoạn lỗi", "Segment at fault"),
                description=BilingualText(
                    "Nấc thấp nhất bị hỏng: bên phải xử lý", "The lowest broken rung: who must act"
                ),
                queries=(gauge(verdict.SEGMENT, "{{link}}", **_VERDICT),),
                field_config=value_mappings.SEGMENT,
                height=4,
            ),
        ),
        (open_incidents(**OF_LINK),),
        (
            TimeSeriesPanel(
                title=BilingualText(
                    "Độ trễ: dải 5–95 % và trung vị", "Round-trip time: 5–95 % and median"
                ),
                description=BilingualText(
                    "Đến đích gần nhất ngoài điểm có trả lời",
                    "To the nearest target beyond the site that answers",
                ),
                queries=(
                    _quantile(0.95, _UPPER),
                    _quantile(0.5, _MIDDLE),
                    _quantile(0.05, _LOWER),
                ),
                field_config=metric_field_config(icmp.RTT),
                bands=((_UPPER, _LOWER),),
            ),
            TimeSeriesPanel(
                title=BilingualText("Độ trễ theo đích", "Round-trip time by target"),
                description=BilingualText(icmp.RTT.help_vi, icmp.RTT.help_en),
                queries=(_answered(icmp.RTT, "{{target}} {{family}}"),),
                field_config=metric_field_config(icmp.RTT),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Tỷ lệ mất gói tin theo đích", "Loss by target"),
                description=BilingualText(icmp.LOSS.help_vi, icmp.LOSS.help_en),
                queries=(
                    average(icmp.LOSS, "{{target}} {{family}}", "$__rate_interval", **OF_LINK),
                ),
                field_config=metric_field_config(icmp.LOSS),
            ),
            TimeSeriesPanel(
                title=BilingualText("Lưu lượng trên cổng mạng", "Traffic on the interface"),
                description=BilingualText(
                    "Tổng lưu lượng của đường truyền, không theo người dùng",
                    "All traffic of the link; never by user",
                ),
                queries=(
                    bits(host.RECEIVED, "↓", **OF_LINK),
                    bits(host.SENT, "↑", **OF_LINK),
                ),
                field_config=FieldConfig(grafana_unit="bps", minimum=0),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Dịch vụ: tổng thời gian", "Services: total time"),
                description=BilingualText(http.TOTAL.help_vi, http.TOTAL.help_en),
                queries=(gauge(http.TOTAL, "{{target}} {{family}}", **OF_LINK),),
                field_config=metric_field_config(http.TOTAL),
            ),
            TimeSeriesPanel(
                title=BilingualText("Dịch vụ: tỷ lệ thành công", "Services: success"),
                description=BilingualText(
                    "Tỷ lệ lượt truy cập thành công trong 15 phút",
                    "Share of requests that succeeded over 15 minutes",
                ),
                queries=(success(http.KIND, "{{target}} {{family}}", "15m", **OF_LINK),),
                field_config=FieldConfig(unit=Unit.RATIO, minimum=0, maximum=1),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Phân giải tên miền", "Name lookups"),
                description=BilingualText(dns.LOOKUP.help_vi, dns.LOOKUP.help_en),
                queries=(gauge(dns.LOOKUP, "{{target}} {{family}}", **OF_LINK),),
                field_config=metric_field_config(dns.LOOKUP),
            ),
            TimeSeriesPanel(
                title=BilingualText("Đường về: TTL còn lại", "The return path: hop limit left"),
                description=BilingualText(icmp.HOP_LIMIT.help_vi, icmp.HOP_LIMIT.help_en),
                queries=(gauge(icmp.HOP_LIMIT, "{{target}} {{family}}", **_BEYOND),),
                field_config=metric_field_config(icmp.HOP_LIMIT),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Mất gói từng chiều", "Loss by direction"),
                description=BilingualText(
                    "Đo từng chiều với máy phản hồi ở trung tâm",
                    "Measured separately, with the reflector at the centre",
                ),
                queries=(
                    gauge(stamp.LOSS_UP, "{{target}} {{family}} ↑", **OF_LINK),
                    gauge(stamp.LOSS_DOWN, "{{target}} {{family}} ↓", **OF_LINK),
                ),
                field_config=metric_field_config(icmp.LOSS),
            ),
            TimeSeriesPanel(
                title=BilingualText("Độ dao động trễ từng chiều", "Jitter by direction"),
                description=BilingualText(stamp.JITTER_UP.help_vi, stamp.JITTER_UP.help_en),
                queries=(
                    gauge(stamp.JITTER_UP, "{{target}} {{family}} ↑", **OF_LINK),
                    gauge(stamp.JITTER_DOWN, "{{target}} {{family}} ↓", **OF_LINK),
                ),
                field_config=metric_field_config(stamp.JITTER_UP),
            ),
            TimeSeriesPanel(
                title=BilingualText("Chất lượng thoại (MOS)", "Quality of a call (MOS)"),
                description=BilingualText(stamp.MOS.help_vi, stamp.MOS.help_en),
                queries=(gauge(stamp.MOS, "{{target}} {{family}}", **OF_LINK),),
                field_config=FieldConfig(minimum=1, maximum=4.5),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Mức thu sóng (RSRP)", "Signal (RSRP)"),
                description=BilingualText(radio.NR_RSRP.help_vi, radio.NR_RSRP.help_en),
                queries=(
                    gauge(radio.NR_RSRP, "5G", **OF_LINK),
                    gauge(radio.LTE_RSRP, "LTE", **OF_LINK),
                ),
                field_config=metric_field_config(radio.NR_RSRP),
                height=6,
            ),
            StateTimelinePanel(
                title=BilingualText("Công nghệ di động", "Mobile technology"),
                description=BilingualText(radio.TECHNOLOGY.help_vi, radio.TECHNOLOGY.help_en),
                queries=(gauge(radio.TECHNOLOGY, "{{link}}", **OF_LINK),),
                field_config=value_mappings.TECHNOLOGY,
                height=6,
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Công suất quang thu", "Optical power received"),
                description=BilingualText(
                    snmp.OPTICAL_RECEIVE.help_vi, snmp.OPTICAL_RECEIVE.help_en
                ),
                queries=(gauge(snmp.OPTICAL_RECEIVE, "{{target}}", **OF_LINK),),
                field_config=metric_field_config(snmp.OPTICAL_RECEIVE),
            ),
            TimeSeriesPanel(
                title=BilingualText("Mức chiếm dụng băng thông", "Utilisation"),
                description=BilingualText(
                    snmp.RECEIVE_UTILISATION.help_vi, snmp.RECEIVE_UTILISATION.help_en
                ),
                queries=(
                    gauge(snmp.RECEIVE_UTILISATION, "{{target}} ↓", **OF_LINK),
                    gauge(snmp.SEND_UTILISATION, "{{target}} ↑", **OF_LINK),
                ),
                field_config=metric_field_config(snmp.RECEIVE_UTILISATION),
            ),
            TimeSeriesPanel(
                title=BilingualText("Số chặng đến đích", "Hops to the target"),
                description=BilingualText(path.HOPS.help_vi, path.HOPS.help_en),
                queries=(
                    range_query(
                        f"last_over_time({selector(path.HOPS.full_name, **OF_LINK)}[30m])",
                        "{{target}} {{family}}",
                    ),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, decimals=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Chặng đầu tiên của nhà mạng", "The carrier's first hop"),
                description=BilingualText(path.FIRST_HOP.help_vi, path.FIRST_HOP.help_en),
                queries=(
                    range_query(
                        f"last_over_time({selector(path.FIRST_HOP.full_name, **OF_LINK)}[30m])",
                        "{{target}} {{family}}",
                    ),
                ),
                field_config=metric_field_config(path.FIRST_HOP),
            ),
        ),
        (
            StateTimelinePanel(
                title=BilingualText("Cổng mạng", "Interface"),
                description=BilingualText(
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
                field_config=value_mappings.YES_NO,
                height=7,
            ),
            TimeSeriesPanel(
                title=BilingualText("Lỗi và gói bị loại trên cổng mạng", "Errors and drops"),
                description=BilingualText(
                    "Gói mỗi giây; tăng lên thường là cáp hoặc cổng",
                    "Packets a second; a rise usually means a bad cable or port",
                ),
                queries=(
                    rate(host.RECEIVE_ERRORS, "errors ↓", **OF_LINK),
                    rate(host.SEND_ERRORS, "errors ↑", **OF_LINK),
                    rate(host.RECEIVE_DROPS, "drops ↓", **OF_LINK),
                    rate(host.SEND_DROPS, "drops ↑", **OF_LINK),
                ),
                field_config=FieldConfig(grafana_unit="pps", minimum=0),
                height=7,
            ),
        ),
    ),
)
