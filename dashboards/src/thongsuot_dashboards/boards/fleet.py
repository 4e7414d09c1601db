"""Fleet: the devices themselves: reachable or not, versions, clocks, records, data used."""

from thongsuot_dashboards import collector_metrics, value_mappings
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.field_config import DataLink, FieldConfig, metric_field_config
from thongsuot_dashboards.panels.stat import StatPanel
from thongsuot_dashboards.panels.table import LabelColumn, TableColumn, TablePanel
from thongsuot_dashboards.panels.time_series import TimeSeriesPanel
from thongsuot_dashboards.query import instant_query, range_query, selector
from thongsuot_dashboards.text import BilingualText
from thongsuot_dashboards.variables import COMMUNE, SITES
from thongsuot_schema.catalogue import host
from thongsuot_schema.metric import Metric, Thresholds, Unit

_HERE = {"commune": "$commune", "site": "$site"}
_BY = "commune, site"
_TO_SITE = DataLink(
    board="thongsuot-site",
    title=BilingualText("Mở điểm phục vụ", "Open the site"),
    labels=("commune", "site"),
)


def _worst(metric: Metric, by: str = _BY, pick: str = "max") -> str:
    return f"{pick} by ({by}) ({selector(metric.full_name, **_HERE)})"


_DEVICES = TablePanel(
    title=BilingualText("Từng thiết bị", "Each device"),
    description=BilingualText(
        "Thiết bị không gửi dữ liệu trong 5 phút không có ở đây",
        "Devices that sent nothing for five minutes are not here",
    ),
    labels=(
        LabelColumn(name="commune", title=BilingualText("Mã xã", "Commune")),
        LabelColumn(name="site", title=BilingualText("Điểm", "Site"), link=_TO_SITE),
    ),
    columns=(
        TableColumn(
            title=BilingualText("Lô chờ gửi", "Batches waiting"),
            expr=_worst(host.WAITING),
            field_config=metric_field_config(host.WAITING),
        ),
        TableColumn(
            title=BilingualText("Bản ghi trên đĩa", "Record on disk"),
            expr=_worst(host.SPOOL),
            field_config=metric_field_config(host.SPOOL),
        ),
        TableColumn(
            title=BilingualText("Sai số đồng hồ", "Clock error"),
            expr=_worst(host.CLOCK_ERROR),
            field_config=metric_field_config(host.CLOCK_ERROR),
        ),
        TableColumn(
            title=BilingualText("Đồng hồ đã đồng bộ", "Clock in step"),
            expr=_worst(host.CLOCK_SYNCHRONISED, pick="min"),
            field_config=value_mappings.YES_NO,
        ),
        TableColumn(
            title=BilingualText("Kế hoạch đo", "Site configuration"),
            expr=_worst(host.SITE_CONFIG),
            field_config=metric_field_config(host.SITE_CONFIG),
        ),
        TableColumn(
            title=BilingualText("Hoạt động từ", "Up for"),
            expr=_worst(host.UPTIME),
            field_config=FieldConfig(unit=Unit.SECONDS, decimals=0),
        ),
        TableColumn(
            title=BilingualText("Bộ nhớ", "Memory"),
            expr=_worst(host.RESIDENT),
            field_config=metric_field_config(host.RESIDENT),
        ),
        TableColumn(
            title=BilingualText("Trễ hẹn giờ", "Timers late"),
            expr=_worst(host.LOOP_LATE),
            field_config=metric_field_config(host.LOOP_LATE),
        ),
    ),
    height=12,
)

BOARD = Board(
    uid="thongsuot-fleet",
    title=BilingualText("Thông Suốt · Thiết bị giám sát", "Thông Suốt · Fleet"),
    description=BilingualText(
        "Các thiết bị giám sát: liên lạc, phiên bản, đồng hồ, bản ghi, dung lượng đã dùng",
        "The devices: reachable or not, versions, clocks, records, data used",
    ),
    variables=(COMMUNE, SITES),
    rows=(
        (
            StatPanel(
                title=BilingualText("Đang liên lạc", "Heard"),
                description=BilingualText(
                    "Thiết bị gửi dữ liệu đều đặn", "Devices that report as expected"
                ),
                queries=(instant_query(f'sum({collector_metrics.SITES}{{heard="yes"}})'),),
                field_config=FieldConfig(unit=Unit.COUNT, color="green"),
                width=4,
            ),
            StatPanel(
                title=BilingualText("Mất liên lạc", "Silent"),
                description=BilingualText(
                    "Thiết bị giám sát mất liên lạc: mất điện, hoặc mọi đường truyền mất",
                    "Silent devices: no power, or no working link",
                ),
                queries=(instant_query(f'sum({collector_metrics.SITES}{{heard="no"}})'),),
                field_config=FieldConfig(unit=Unit.COUNT, limits=Thresholds(warn=1.0)),
                width=4,
            ),
            StatPanel(
                title=BilingualText("Phiên bản", "Versions"),
                description=BilingualText(
                    "Số thiết bị theo phiên bản phần mềm", "Devices by software version"
                ),
                queries=(
                    instant_query(
                        f"sum by (version) ({collector_metrics.AGENTS}) > 0", "{{version}}"
                    ),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, color="blue"),
                width=8,
            ),
            StatPanel(
                title=BilingualText("Kế hoạch đo", "Site configurations"),
                description=BilingualText(
                    "Số điểm theo kế hoạch đo: current là mới nhất; refused: thiết bị không chạy,"
                    " lý do ở trang của điểm",
                    "Sites by their site configuration: current is the newest; refused: not in "
                    "use, the site's page has the reason",
                ),
                queries=(
                    instant_query(
                        f"sum by (status) ({collector_metrics.SITE_CONFIGS}) > 0", "{{status}}"
                    ),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, color="blue"),
                width=8,
            ),
        ),
        (_DEVICES,),
        (
            TimeSeriesPanel(
                title=BilingualText("Liên lạc", "Heard and silent"),
                description=BilingualText(
                    "Theo hệ thống thu thập", "By the state of their reports at the collector"
                ),
                queries=(
                    range_query(f"sum by (heard) ({collector_metrics.SITES})", "heard: {{heard}}"),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0, decimals=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Độ tin cậy của thời gian", "Quality of the clocks"),
                description=BilingualText(
                    "Lô dữ liệu mỗi giây: trusted là đồng hồ đúng; wrong, uncertain cần xem",
                    "Batches a second: trusted means a correct clock; check wrong and uncertain",
                ),
                queries=(
                    range_query(
                        f"sum by (quality) (rate({collector_metrics.CLOCKS}[$__rate_interval]))",
                        "{{quality}}",
                    ),
                ),
                field_config=FieldConfig(grafana_unit="cps", minimum=0),
                is_stacked=True,
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Sai số đồng hồ", "Clock error"),
                description=BilingualText(host.CLOCK_ERROR.help_vi, host.CLOCK_ERROR.help_en),
                queries=(range_query(f"topk(10, {_worst(host.CLOCK_ERROR)})", "{{site}}"),),
                field_config=metric_field_config(host.CLOCK_ERROR),
            ),
            TimeSeriesPanel(
                title=BilingualText("Lô chờ gửi", "Batches waiting"),
                description=BilingualText(host.WAITING.help_vi, host.WAITING.help_en),
                queries=(range_query(f"topk(10, {_worst(host.WAITING)} > 0)", "{{site}}"),),
                field_config=metric_field_config(host.WAITING),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText(
                    "Dung lượng giám sát đã dùng trong tháng", "Data used this month"
                ),
                description=BilingualText(host.SPENT.help_vi, host.SPENT.help_en),
                queries=(
                    range_query(
                        f"topk(20, {_worst(host.SPENT, by='site, link, carrier')} > 0)",
                        "{{site}} {{link}} {{carrier}}",
                    ),
                ),
                field_config=FieldConfig(unit=Unit.BYTES, minimum=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Bộ nhớ của phần mềm giám sát", "Memory of the agents"),
                description=BilingualText(host.RESIDENT.help_vi, host.RESIDENT.help_en),
                queries=(range_query(f"topk(10, {_worst(host.RESIDENT)})", "{{site}}"),),
                field_config=FieldConfig(unit=Unit.BYTES, minimum=0),
            ),
        ),
    ),
)
