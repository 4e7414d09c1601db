"""Throughput and QCVN: rates of full links, latency under load, against the regulations."""

from thongsuot_dashboards.link_minutes import LINK_LABELS
from thongsuot_dashboards.panels.bar_gauge import BarGaugePanel
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.field_config import DataLink, FieldConfig, metric_field_config
from thongsuot_dashboards.panels.table import LabelColumn, TableColumn, TablePanel
from thongsuot_dashboards.panels.time_series import TimeSeriesPanel
from thongsuot_dashboards.query import Query, instant_query, range_query, selector
from thongsuot_dashboards.recording_rules import LINK_RTT
from thongsuot_dashboards.regulation import (
    DOWN_5G,
    ENOUGH_SAMPLES,
    LATENCY,
    SAMPLE_5G,
    SAMPLES_5G,
    UP_5G,
)
from thongsuot_dashboards.text import BilingualText
from thongsuot_dashboards.variables import CARRIER, COMMUNE, MEDIUM
from thongsuot_schema.catalogue import qcvn, speedtest, throughput
from thongsuot_schema.metric import Metric, Thresholds, Unit

_HERE = {"commune": "$commune", "carrier": "$carrier", "medium": "$medium"}
_BY = "carrier, medium"
_LEGEND = "{{site}} {{link}} {{carrier}}"
_KEPT = "6h"
_KEPT_VI = "Giữ kết quả gần nhất, tối đa 6 giờ"
_KEPT_EN = "The newest result is shown for six hours at most"
_TO_LINK = DataLink(
    board="thongsuot-link",
    title=BilingualText("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)


def _series(metric: Metric, **more: str) -> str:
    return selector(metric.full_name, **(_HERE | more))


def _newest(metric: Metric) -> Query:
    expr = f"max by ({LINK_LABELS}) (last_over_time({_series(metric)}[{_KEPT}]))"
    return range_query(_shown(metric, expr), _LEGEND)


def _of_link(function: str, metric: Metric) -> str:
    return f"max by ({LINK_LABELS}) ({function}({_series(metric)}[$__range]))"


def _mean_of_link(metric: Metric) -> str:
    return _shown(metric, _of_link("avg_over_time", metric))


def _mean_of_carrier(metric: Metric, **more: str) -> Query:
    expr = f"avg by ({_BY}) (avg_over_time({_series(metric, **more)}[$__range]))"
    return instant_query(_shown(metric, expr), "{{carrier}} {{medium}}")


def _shown(metric: Metric, expr: str) -> str:
    """Return an expression in units for people: rates in bits, as lines are sold and rated."""
    return f"{expr} * 8" if metric.unit is Unit.BYTES_PER_SECOND else expr


_LINKS = TablePanel(
    title=BilingualText("Từng đường truyền", "Each link"),
    description=BilingualText(
        "Trung bình trong khoảng đang xem. Tốc độ hợp đồng (ngưỡng 0,8 của QCVN 34) nằm trong danh"
        " mục, không có trong Prometheus",
        "Means over the displayed time. Contracted rates (the floor of 0.8 of QCVN 34) are in the"
        " inventory, not in Prometheus",
    ),
    labels=(
        LabelColumn(name="commune", title=BilingualText("Mã xã", "Commune")),
        LabelColumn(name="site", title=BilingualText("Điểm", "Site")),
        LabelColumn(name="link", title=BilingualText("Đường truyền", "Link"), link=_TO_LINK),
        LabelColumn(name="medium", title=BilingualText("Loại", "Medium")),
        LabelColumn(name="carrier", title=BilingualText("Nhà mạng", "Carrier")),
    ),
    columns=(
        TableColumn(
            title=BilingualText("Tải xuống", "Down"),
            expr=_mean_of_link(throughput.DOWN),
            field_config=FieldConfig(grafana_unit="bps"),
        ),
        TableColumn(
            title=BilingualText("Tải lên", "Up"),
            expr=_mean_of_link(throughput.UP),
            field_config=FieldConfig(grafana_unit="bps"),
        ),
        TableColumn(
            title=BilingualText("Mẫu QCVN: xuống", "QCVN samples: down"),
            expr=_mean_of_link(qcvn.DOWN),
            field_config=FieldConfig(grafana_unit="bps"),
        ),
        TableColumn(
            title=BilingualText("Mẫu QCVN: lên", "QCVN samples: up"),
            expr=_mean_of_link(qcvn.UP),
            field_config=FieldConfig(grafana_unit="bps"),
        ),
        TableColumn(
            title=BilingualText("Số mẫu", "Samples"),
            expr=_of_link("count_over_time", qcvn.DOWN),
            field_config=FieldConfig(unit=Unit.COUNT, limits=ENOUGH_SAMPLES, decimals=0),
        ),
        TableColumn(
            title=BilingualText("Trễ khi đầy tải (1 là A+)", "Latency under load (1 is A+)"),
            expr=_of_link("max_over_time", throughput.GRADE),
            field_config=FieldConfig(limits=Thresholds(warn=3.0, bad=5.0), decimals=0),
        ),
    ),
    low_first=True,
    height=10,
)

BOARD = Board(
    uid="thongsuot-throughput",
    title=BilingualText("Thông Suốt · Tốc độ và QCVN", "Thông Suốt · Throughput and QCVN"),
    description=BilingualText(
        "Tốc độ khi đầy tải, độ trễ khi đầy tải, so với quy chuẩn",
        "Rates of full links, latency under load, against the regulations",
    ),
    variables=(COMMUNE, CARRIER, MEDIUM),
    span="7d",
    rows=(
        (_LINKS,),
        (
            TimeSeriesPanel(
                title=BilingualText("Tốc độ tải xuống", "Rate downwards"),
                description=BilingualText(_KEPT_VI, _KEPT_EN),
                queries=(_newest(throughput.DOWN),),
                field_config=FieldConfig(grafana_unit="bps", minimum=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Tốc độ tải lên", "Rate upwards"),
                description=BilingualText(_KEPT_VI, _KEPT_EN),
                queries=(_newest(throughput.UP),),
                field_config=FieldConfig(grafana_unit="bps", minimum=0),
            ),
        ),
        (
            BarGaugePanel(
                title=BilingualText("5G tải xuống: trung bình", "5G downwards: mean"),
                description=BilingualText(
                    f"Ít nhất 100 Mb/s ({DOWN_5G.source})", f"At least 100 Mb/s ({DOWN_5G.source})"
                ),
                queries=(_mean_of_carrier(qcvn.DOWN, medium="=5g"),),
                field_config=FieldConfig(grafana_unit="bps", limits=DOWN_5G, minimum=0),
                height=6,
            ),
            BarGaugePanel(
                title=BilingualText("5G tải lên: trung bình", "5G upwards: mean"),
                description=BilingualText(
                    f"Ít nhất 30 Mb/s ({UP_5G.source})", f"At least 30 Mb/s ({UP_5G.source})"
                ),
                queries=(_mean_of_carrier(qcvn.UP, medium="=5g"),),
                field_config=FieldConfig(grafana_unit="bps", limits=UP_5G, minimum=0),
                height=6,
            ),
            BarGaugePanel(
                title=BilingualText(
                    "5G: mẫu tải xuống đạt 30 Mb/s", "5G: downloads of 30 Mb/s or more"
                ),
                description=BilingualText(
                    f"Ít nhất 95 % số mẫu ({SAMPLES_5G.source})",
                    f"At least 95 % of the samples ({SAMPLES_5G.source})",
                ),
                queries=(
                    instant_query(
                        f"avg by ({_BY}) (avg_over_time("
                        f"({_series(qcvn.DOWN, medium='=5g')} * 8 >= bool {SAMPLE_5G:.0f})"
                        "[$__range:300s]))",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                field_config=FieldConfig(unit=Unit.RATIO, limits=SAMPLES_5G, minimum=0, maximum=1),
                height=6,
            ),
            BarGaugePanel(
                title=BilingualText("Thời gian trễ trung bình", "Mean latency"),
                description=BilingualText(
                    f"Không quá 50 ms ({LATENCY.source}); trên đường truyền và mạng của nhà mạng",
                    f"At most 50 ms ({LATENCY.source}); on the line and in its carrier's network",
                ),
                queries=(
                    instant_query(
                        f"avg by ({_BY}) (avg_over_time({selector(LINK_RTT, **_HERE)}[$__range]))",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                field_config=FieldConfig(unit=Unit.SECONDS, limits=LATENCY, minimum=0),
                height=6,
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Độ trễ khi tải xuống đầy", "Latency while full downwards"),
                description=BilingualText(
                    throughput.DOWN_LATENCY.help_vi, throughput.DOWN_LATENCY.help_en
                ),
                queries=(_newest(throughput.DOWN_LATENCY),),
                field_config=metric_field_config(throughput.DOWN_LATENCY),
            ),
            TimeSeriesPanel(
                title=BilingualText("Độ trễ khi không tải", "Latency without load"),
                description=BilingualText(
                    throughput.IDLE_LATENCY.help_vi, throughput.IDLE_LATENCY.help_en
                ),
                queries=(_newest(throughput.IDLE_LATENCY),),
                field_config=metric_field_config(throughput.IDLE_LATENCY),
            ),
            TimeSeriesPanel(
                title=BilingualText(
                    "Độ nhạy khi tải xuống đầy", "Responsiveness while full downwards"
                ),
                description=BilingualText(
                    throughput.DOWN_RESPONSIVENESS.help_vi, throughput.DOWN_RESPONSIVENESS.help_en
                ),
                queries=(_newest(throughput.DOWN_RESPONSIVENESS),),
                field_config=FieldConfig(grafana_unit="short", minimum=0),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Lưu lượng khác trong lúc đo", "Other traffic during the test"),
                description=BilingualText(
                    throughput.OTHER_TRAFFIC.help_vi, throughput.OTHER_TRAFFIC.help_en
                ),
                queries=(_newest(throughput.OTHER_TRAFFIC),),
                field_config=metric_field_config(throughput.OTHER_TRAFFIC),
                height=6,
            ),
            TimeSeriesPanel(
                title=BilingualText(
                    "Đối chiếu speedtest-cli: tải xuống", "Cross-check speedtest-cli: down"
                ),
                description=BilingualText(speedtest.DOWN.help_vi, speedtest.DOWN.help_en),
                queries=(_newest(speedtest.DOWN),),
                field_config=FieldConfig(grafana_unit="bps", minimum=0),
                height=6,
            ),
        ),
    ),
)
