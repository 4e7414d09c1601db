"""Site: the links and services of one service point side by side, and the device itself."""

from thongsuot_dashboards import value_mappings
from thongsuot_dashboards.annotations import link_down, service_down
from thongsuot_dashboards.open_incidents import open_incidents
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.field_config import DataLink, FieldConfig, metric_field_config
from thongsuot_dashboards.panels.stat import StatPanel
from thongsuot_dashboards.panels.state_timeline import StateTimelinePanel
from thongsuot_dashboards.panels.time_series import TimeSeriesPanel
from thongsuot_dashboards.query import bits, instant_query, range_query, selector, success
from thongsuot_dashboards.recording_rules import LINK_LOSS, LINK_RTT
from thongsuot_dashboards.text import BilingualText
from thongsuot_dashboards.variables import COMMUNE, SITE
from thongsuot_schema.catalogue import dns, host, http, icmp, snmp, verdict
from thongsuot_schema.metric import Unit

_HERE = {"site": "$site"}
_LINKS = {"site": "$site", "link": "!=", "target": "="}
_SERVICES = {"site": "$site", "link": "=", "target": "!="}
_TO_LINK = DataLink(
    board="thongsuot-link",
    title=BilingualText("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)
_TO_SERVICE = DataLink(
    board="thongsuot-services",
    title=BilingualText("Mở dịch vụ", "Open the service"),
    labels=("target",),
)

BOARD = Board(
    uid="thongsuot-site",
    title=BilingualText("Thông Suốt · Điểm phục vụ", "Thông Suốt · Site"),
    description=BilingualText(
        "Một điểm phục vụ: các đường truyền cạnh nhau, dịch vụ, thiết bị",
        "One service point: its links side by side, services, the device",
    ),
    variables=(COMMUNE, SITE),
    annotations=(link_down(**_HERE), service_down(**_HERE)),
    rows=(
        (
            StatPanel(
                title=BilingualText("Đường truyền hiện tại", "Links now"),
                description=BilingualText(verdict.STATE.help_vi, verdict.STATE.help_en),
                queries=(
                    instant_query(
                        selector(verdict.STATE.full_name, **_LINKS), "{{link}} {{carrier}}"
                    ),
                ),
                field_config=FieldConfig(
                    mappings=value_mappings.LINK_STATE.mappings, link=_TO_LINK
                ),
                width=12,
            ),
            StatPanel(
                title=BilingualText("Dịch vụ hiện tại", "Services now"),
                description=BilingualText(verdict.STATE.help_vi, verdict.STATE.help_en),
                queries=(
                    instant_query(selector(verdict.STATE.full_name, **_SERVICES), "{{target}}"),
                ),
                field_config=FieldConfig(
                    mappings=value_mappings.SERVICE_STATE.mappings, link=_TO_SERVICE
                ),
                width=12,
            ),
        ),
        (open_incidents(**_HERE),),
        (
            StateTimelinePanel(
                title=BilingualText("Tình trạng đường truyền", "State of the links"),
                description=BilingualText(
                    "Kết luận của thiết bị; chỗ trống là chưa có dữ liệu",
                    "The device's verdict; a gap means that there is no data",
                ),
                queries=(range_query(selector(verdict.STATE.full_name, **_LINKS), "{{link}}"),),
                field_config=FieldConfig(
                    mappings=value_mappings.LINK_STATE.mappings, link=_TO_LINK
                ),
            ),
            StateTimelinePanel(
                title=BilingualText("Phân đoạn lỗi", "Segment at fault"),
                description=BilingualText(
                    "Nấc thấp nhất bị hỏng: bên phải xử lý", "The lowest broken rung: who must act"
                ),
                queries=(range_query(selector(verdict.SEGMENT.full_name, **_LINKS), "{{link}}"),),
                field_config=value_mappings.SEGMENT,
            ),
        ),
        (
            StateTimelinePanel(
                title=BilingualText("Tình trạng dịch vụ", "State of the services"),
                description=BilingualText(
                    "So sánh qua mọi đường truyền của điểm", "Compared over all links of the site"
                ),
                queries=(
                    range_query(selector(verdict.STATE.full_name, **_SERVICES), "{{target}}"),
                ),
                field_config=FieldConfig(
                    mappings=value_mappings.SERVICE_STATE.mappings, link=_TO_SERVICE
                ),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Độ trễ", "Round-trip time"),
                description=BilingualText(
                    "Trung vị 1 phút trên chính đường truyền và mạng của nhà mạng",
                    "Median over a minute, on the line and in its carrier's network",
                ),
                queries=(range_query(selector(LINK_RTT, **_HERE), "{{link}} {{carrier}}"),),
                field_config=metric_field_config(icmp.RTT),
            ),
            TimeSeriesPanel(
                title=BilingualText("Tỷ lệ mất gói tin", "Loss"),
                description=BilingualText(
                    "Trung bình 1 phút trên chính đường truyền và mạng của nhà mạng",
                    "Mean over a minute, on the line and in its carrier's network",
                ),
                queries=(range_query(selector(LINK_LOSS, **_HERE), "{{link}} {{carrier}}"),),
                field_config=metric_field_config(icmp.LOSS),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Lưu lượng", "Traffic"),
                description=BilingualText(
                    "Tổng lưu lượng của đường truyền, không theo người dùng",
                    "All traffic of the link; never by user",
                ),
                queries=(
                    bits(host.RECEIVED, "{{link}} ↓", **_HERE),
                    bits(host.SENT, "{{link}} ↑", **_HERE),
                ),
                field_config=FieldConfig(grafana_unit="bps", minimum=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Phân giải tên miền", "Name lookups"),
                description=BilingualText(dns.LOOKUP.help_vi, dns.LOOKUP.help_en),
                queries=(
                    range_query(
                        f"max by (link) ({selector(dns.LOOKUP.full_name, **_HERE)})", "{{link}}"
                    ),
                ),
                field_config=metric_field_config(dns.LOOKUP),
            ),
            TimeSeriesPanel(
                title=BilingualText("Dịch vụ: tỷ lệ thành công", "Services: success"),
                description=BilingualText(
                    "Lượt truy cập thành công trong 15 phút, theo đường truyền",
                    "Requests that succeeded over 15 minutes, by link",
                ),
                queries=(success(http.KIND, "{{target}} {{link}} {{family}}", "15m", **_HERE),),
                field_config=FieldConfig(unit=Unit.RATIO, minimum=0, maximum=1),
            ),
        ),
        (
            StateTimelinePanel(
                title=BilingualText("Nguồn điện", "Power"),
                description=BilingualText(snmp.ON_BATTERY.help_vi, snmp.ON_BATTERY.help_en),
                queries=(range_query(selector(snmp.ON_BATTERY.full_name, **_HERE), "{{target}}"),),
                field_config=value_mappings.ON_BATTERY,
                height=5,
            ),
            TimeSeriesPanel(
                title=BilingualText("Ắc quy của UPS", "Battery of the UPS"),
                description=BilingualText(snmp.CHARGE.help_vi, snmp.CHARGE.help_en),
                queries=(range_query(selector(snmp.CHARGE.full_name, **_HERE), "{{target}}"),),
                field_config=FieldConfig(unit=Unit.RATIO, minimum=0, maximum=1),
                height=5,
            ),
        ),
        (
            StateTimelinePanel(
                title=BilingualText("Cổng mạng và cổng ra", "Interface and gateway"),
                description=BilingualText(
                    "Có tín hiệu; gateway có trả lời ở lớp liên kết",
                    "Has carrier; the gateway answers on the link layer",
                ),
                queries=(
                    range_query(selector(host.CARRIER_UP.full_name, **_HERE), "{{link}} cable"),
                    range_query(
                        selector(host.GATEWAY_NEIGHBOUR.full_name, **_HERE), "{{link}} gateway"
                    ),
                ),
                field_config=value_mappings.YES_NO,
            ),
            StatPanel(
                title=BilingualText("Thiết bị", "Device"),
                description=BilingualText(host.UPTIME.help_vi, host.UPTIME.help_en),
                queries=(
                    instant_query(f"max({selector(host.UPTIME.full_name, **_HERE)})", "uptime"),
                    instant_query(
                        f"max({selector(host.CLOCK_ERROR.full_name, **_HERE)})", "clock ±"
                    ),
                ),
                field_config=FieldConfig(unit=Unit.SECONDS, color="blue"),
                height=6,
                width=8,
            ),
        ),
    ),
)
