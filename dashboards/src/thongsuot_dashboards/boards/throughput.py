"""Throughput and QCVN: rates of full links, latency under load, against the regulations."""

from thongsuot_dashboards.choices import CARRIER, COMMUNE, MEDIUM
from thongsuot_dashboards.panels.bars import Bars
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.lines import Lines
from thongsuot_dashboards.panels.look import Look, Way, look_of
from thongsuot_dashboards.panels.table import Column, Label, Table
from thongsuot_dashboards.query import Query, now, over, selector
from thongsuot_dashboards.recorded import LINK_LABELS
from thongsuot_dashboards.regulation import (
    DOWN_5G,
    ENOUGH_SAMPLES,
    LATENCY,
    SAMPLE_5G,
    SAMPLES_5G,
    UP_5G,
)
from thongsuot_dashboards.text import Text
from thongsuot_schema.catalogue import icmp, qcvn, speedtest, throughput
from thongsuot_schema.metric import Limits, Metric, Unit

_HERE = {"commune": "$commune", "carrier": "$carrier", "medium": "$medium"}
_BY = "carrier, medium"
_LEGEND = "{{site}} {{link}} {{carrier}}"
_KEPT = "6h"
_KEPT_VI = "Giữ kết quả gần nhất, tối đa 6 giờ"
_KEPT_EN = "The newest result is shown for six hours at most"
_TO_LINK = Way(
    board="thongsuot-link",
    title=Text("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)


def _series(metric: Metric, **more: str) -> str:
    return selector(metric.full_name, **(_HERE | more))


def _newest(metric: Metric) -> Query:
    expr = f"max by ({LINK_LABELS}) (last_over_time({_series(metric)}[{_KEPT}]))"
    return over(_shown(metric, expr), _LEGEND)


def _of_link(function: str, metric: Metric) -> str:
    return f"max by ({LINK_LABELS}) ({function}({_series(metric)}[$__range]))"


def _mean_of_link(metric: Metric) -> str:
    return _shown(metric, _of_link("avg_over_time", metric))


def _mean_of_carrier(metric: Metric, **more: str) -> Query:
    expr = f"avg by ({_BY}) (avg_over_time({_series(metric, **more)}[$__range]))"
    return now(_shown(metric, expr), "{{carrier}} {{medium}}")


def _shown(metric: Metric, expr: str) -> str:
    """Return an expression in what people read: rates in bits, as lines are sold and judged."""
    return f"{expr} * 8" if metric.unit is Unit.BYTES_PER_SECOND else expr


_LINKS = Table(
    title=Text("Từng đường truyền", "Each link"),
    description=Text(
        "Trung bình trong khoảng đang xem. Tốc độ hợp đồng (ngưỡng 0,8 của QCVN 34) nằm trong danh"
        " mục, không có trong Prometheus",
        "Means over what is shown. Contracted rates (the floor of 0.8 of QCVN 34) are in the"
        " inventory, not in Prometheus",
    ),
    labels=(
        Label(name="commune", title=Text("Mã xã", "Commune")),
        Label(name="site", title=Text("Điểm", "Site")),
        Label(name="link", title=Text("Đường truyền", "Link"), way=_TO_LINK),
        Label(name="medium", title=Text("Loại", "Medium")),
        Label(name="carrier", title=Text("Nhà mạng", "Carrier")),
    ),
    columns=(
        Column(
            title=Text("Tải xuống", "Down"),
            expr=_mean_of_link(throughput.DOWN),
            look=Look(grafana_unit="bps"),
        ),
        Column(
            title=Text("Tải lên", "Up"),
            expr=_mean_of_link(throughput.UP),
            look=Look(grafana_unit="bps"),
        ),
        Column(
            title=Text("Mẫu QCVN: xuống", "QCVN samples: down"),
            expr=_mean_of_link(qcvn.DOWN),
            look=Look(grafana_unit="bps"),
        ),
        Column(
            title=Text("Mẫu QCVN: lên", "QCVN samples: up"),
            expr=_mean_of_link(qcvn.UP),
            look=Look(grafana_unit="bps"),
        ),
        Column(
            title=Text("Số mẫu", "Samples"),
            expr=_of_link("count_over_time", qcvn.DOWN),
            look=Look(unit=Unit.COUNT, limits=ENOUGH_SAMPLES, decimals=0),
        ),
        Column(
            title=Text("Trễ khi đầy tải (1 là A+)", "Latency under load (1 is A+)"),
            expr=_of_link("max_over_time", throughput.GRADE),
            look=Look(limits=Limits(warn=3.0, bad=5.0), decimals=0),
        ),
    ),
    low_first=True,
    height=10,
)

BOARD = Board(
    uid="thongsuot-throughput",
    title=Text("Thông Suốt · Tốc độ và QCVN", "Thông Suốt · Throughput and QCVN"),
    description=Text(
        "Tốc độ khi đầy tải, độ trễ khi đầy tải, so với quy chuẩn",
        "Rates of full links, latency under load, against the regulations",
    ),
    variables=(COMMUNE, CARRIER, MEDIUM),
    span="7d",
    rows=(
        (_LINKS,),
        (
            Lines(
                title=Text("Tốc độ tải xuống", "Rate downwards"),
                description=Text(_KEPT_VI, _KEPT_EN),
                queries=(_newest(throughput.DOWN),),
                look=Look(grafana_unit="bps", minimum=0),
            ),
            Lines(
                title=Text("Tốc độ tải lên", "Rate upwards"),
                description=Text(_KEPT_VI, _KEPT_EN),
                queries=(_newest(throughput.UP),),
                look=Look(grafana_unit="bps", minimum=0),
            ),
        ),
        (
            Bars(
                title=Text("5G tải xuống: trung bình", "5G downwards: mean"),
                description=Text(
                    f"Ít nhất 100 Mb/s ({DOWN_5G.source})", f"At least 100 Mb/s ({DOWN_5G.source})"
                ),
                queries=(_mean_of_carrier(qcvn.DOWN, medium="=5g"),),
                look=Look(grafana_unit="bps", limits=DOWN_5G, minimum=0),
                height=6,
            ),
            Bars(
                title=Text("5G tải lên: trung bình", "5G upwards: mean"),
                description=Text(
                    f"Ít nhất 30 Mb/s ({UP_5G.source})", f"At least 30 Mb/s ({UP_5G.source})"
                ),
                queries=(_mean_of_carrier(qcvn.UP, medium="=5g"),),
                look=Look(grafana_unit="bps", limits=UP_5G, minimum=0),
                height=6,
            ),
            Bars(
                title=Text("5G: mẫu tải xuống đạt 30 Mb/s", "5G: downloads of 30 Mb/s or more"),
                description=Text(
                    f"Ít nhất 95 % số mẫu ({SAMPLES_5G.source})",
                    f"At least 95 % of the samples ({SAMPLES_5G.source})",
                ),
                queries=(
                    now(
                        f"avg by ({_BY}) (avg_over_time("
                        f"({_series(qcvn.DOWN, medium='=5g')} * 8 >= bool {SAMPLE_5G:.0f})"
                        "[$__range:60s]))",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                look=Look(unit=Unit.RATIO, limits=SAMPLES_5G, minimum=0, maximum=1),
                height=6,
            ),
            Bars(
                title=Text("Thời gian trễ trung bình", "Mean latency"),
                description=Text(
                    f"Không quá 50 ms ({LATENCY.source}); đích trong nước và quốc tế được đo",
                    f"At most 50 ms ({LATENCY.source}); all targets beyond the site",
                ),
                queries=(_mean_of_carrier(icmp.RTT, target="!=gateway"),),
                look=Look(unit=Unit.SECONDS, limits=LATENCY, minimum=0),
                height=6,
            ),
        ),
        (
            Lines(
                title=Text("Độ trễ khi tải xuống đầy", "Latency while full downwards"),
                description=Text(throughput.DOWN_LATENCY.help_vi, throughput.DOWN_LATENCY.help_en),
                queries=(_newest(throughput.DOWN_LATENCY),),
                look=look_of(throughput.DOWN_LATENCY),
            ),
            Lines(
                title=Text("Độ trễ khi không tải", "Latency without load"),
                description=Text(throughput.IDLE_LATENCY.help_vi, throughput.IDLE_LATENCY.help_en),
                queries=(_newest(throughput.IDLE_LATENCY),),
                look=look_of(throughput.IDLE_LATENCY),
            ),
            Lines(
                title=Text("Độ nhạy khi tải xuống đầy", "Responsiveness while full downwards"),
                description=Text(
                    throughput.DOWN_RESPONSIVENESS.help_vi, throughput.DOWN_RESPONSIVENESS.help_en
                ),
                queries=(_newest(throughput.DOWN_RESPONSIVENESS),),
                look=Look(grafana_unit="short", minimum=0),
            ),
        ),
        (
            Lines(
                title=Text("Lưu lượng khác trong lúc đo", "Other traffic during the test"),
                description=Text(
                    throughput.OTHER_TRAFFIC.help_vi, throughput.OTHER_TRAFFIC.help_en
                ),
                queries=(_newest(throughput.OTHER_TRAFFIC),),
                look=look_of(throughput.OTHER_TRAFFIC),
                height=6,
            ),
            Lines(
                title=Text("Đối chiếu speedtest-cli: tải xuống", "Cross-check speedtest-cli: down"),
                description=Text(speedtest.DOWN.help_vi, speedtest.DOWN.help_en),
                queries=(_newest(speedtest.DOWN),),
                look=Look(grafana_unit="bps", minimum=0),
                height=6,
            ),
        ),
    ),
)
