"""Collector: whether measurements arrive, are stored, and are forwarded."""

from thongsuot_dashboards import collector_metrics
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.field_config import FieldConfig
from thongsuot_dashboards.panels.stat import StatPanel
from thongsuot_dashboards.panels.time_series import TimeSeriesPanel
from thongsuot_dashboards.query import Query, instant_query, range_query
from thongsuot_dashboards.text import BilingualText
from thongsuot_schema.metric import Thresholds, Unit

_DAY_S = 86_400
_BANDS = ((0.99, "99 %"), (0.5, "50 %"))


def _quantiles(histogram: str) -> tuple[Query, ...]:
    return tuple(
        range_query(
            f"histogram_quantile({share},"
            f" sum by (le) (rate({histogram}_bucket[$__rate_interval])))",
            legend,
        )
        for share, legend in _BANDS
    )


def _rate(metric: str, by: str, legend: str) -> Query:
    return range_query(f"sum by ({by}) (rate({metric}[$__rate_interval]))", legend)


BOARD = Board(
    uid="thongsuot-collector",
    title=BilingualText("Thông Suốt · Hệ thống thu thập", "Thông Suốt · Collector"),
    description=BilingualText(
        "Dữ liệu có đến, có được giữ và được chuyển tiếp không",
        "Whether measurements arrive, are stored, and are forwarded",
    ),
    variables=(),
    rows=(
        (
            StatPanel(
                title=BilingualText("Hoạt động", "Running"),
                description=BilingualText(
                    "Prometheus có đọc được hệ thống thu thập không",
                    "Whether Prometheus can read the collector",
                ),
                queries=(instant_query(f'min(up{{job="{collector_metrics.JOB}"}})'),),
                field_config=FieldConfig(limits=Thresholds(bad=1.0, low_is_bad=True)),
            ),
            StatPanel(
                title=BilingualText("Kết quả mỗi giây", "Results a second"),
                description=BilingualText("Đã nhận và đã ghi bền", "Accepted and durable"),
                queries=(instant_query(f"sum(rate({collector_metrics.RESULTS}[5m]))"),),
                field_config=FieldConfig(grafana_unit="cps", color="blue", decimals=1),
            ),
            StatPanel(
                title=BilingualText("Nhật ký", "Journal"),
                description=BilingualText(
                    "Phần dung lượng cho phép đã dùng", "Share of the allowed size in use"
                ),
                queries=(
                    instant_query(
                        f"max({collector_metrics.JOURNAL_BYTES} "
                        f"/ {collector_metrics.JOURNAL_LIMIT})"
                    ),
                ),
                field_config=FieldConfig(
                    unit=Unit.RATIO, limits=Thresholds(warn=0.7, bad=0.9), decimals=1
                ),
            ),
            StatPanel(
                title=BilingualText("Chứng thư còn (ngày)", "Certificate (days)"),
                description=BilingualText(
                    "Chứng thư số của hệ thống thu thập", "Certificate of the collector itself"
                ),
                queries=(
                    instant_query(f"(min({collector_metrics.CERTIFICATE}) - time()) / {_DAY_S}"),
                ),
                field_config=FieldConfig(
                    decimals=0, limits=Thresholds(warn=30.0, bad=7.0, low_is_bad=True)
                ),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Lượt gửi theo kết quả", "Pushes by outcome"),
                description=BilingualText(
                    "accepted, repeated là bình thường; còn lại là bị từ chối",
                    "accepted and repeated are normal; all others were refused",
                ),
                queries=(_rate(collector_metrics.PUSHES, "reason", "{{reason}}"),),
                field_config=FieldConfig(grafana_unit="reqps", minimum=0),
                is_stacked=True,
            ),
            TimeSeriesPanel(
                title=BilingualText("Thời gian trả lời một lượt gửi", "Time to answer a push"),
                description=BilingualText(
                    "Từ khi nhận đến khi đã ghi bền", "From its headers until it is stored durably"
                ),
                queries=_quantiles(collector_metrics.PUSH_SECONDS),
                field_config=FieldConfig(unit=Unit.SECONDS, minimum=0),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Chậm so với nhật ký", "Behind the journal"),
                description=BilingualText(
                    "Số mục mà mỗi bên đọc chưa làm xong; tăng mãi là bên đó không kịp",
                    "Entries that each reader has not processed; a steady rise means it cannot "
                    "keep up",
                ),
                queries=(
                    range_query(f"max by (consumer) ({collector_metrics.LAG})", "{{consumer}}"),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Mẫu đã chuyển", "Samples delivered"),
                description=BilingualText("Theo cơ sở dữ liệu", "By sink"),
                queries=(_rate(collector_metrics.SINK_SAMPLES, "sink", "{{sink}}"),),
                field_config=FieldConfig(grafana_unit="cps", minimum=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Mẫu không chuyển được", "Samples not delivered"),
                description=BilingualText("Theo lý do", "By why"),
                queries=(
                    _rate(collector_metrics.SINK_DROPPED, "sink, reason", "{{sink}} {{reason}}"),
                ),
                field_config=FieldConfig(grafana_unit="cps", minimum=0),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Trả lời của cơ sở dữ liệu", "Answers of the databases"),
                description=BilingualText(
                    "done là tốt; retry là sẽ gửi lại; còn lại cần người xem",
                    "done is good; retry is repeated automatically; all others need a person",
                ),
                queries=(
                    _rate(collector_metrics.SINK_REQUESTS, "sink, answer", "{{sink}} {{answer}}"),
                ),
                field_config=FieldConfig(grafana_unit="reqps", minimum=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Thời gian ghi nhật ký", "Time of a journal commit"),
                description=BilingualText("Gồm cả ghi xuống đĩa", "Flushed to the disk"),
                queries=_quantiles(collector_metrics.COMMIT_SECONDS),
                field_config=FieldConfig(unit=Unit.SECONDS, minimum=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Nhật ký", "Journal"),
                description=BilingualText("Dung lượng đang dùng", "Bytes in use"),
                queries=(
                    range_query(f"max({collector_metrics.JOURNAL_BYTES})", "in use"),
                    range_query(f"max({collector_metrics.JOURNAL_LIMIT})", "limit"),
                ),
                field_config=FieldConfig(unit=Unit.BYTES, minimum=0),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Dữ liệu bị mất hoặc không xử lý được", "Lost or dead letters"),
                description=BilingualText(
                    "Mục bị xoá trước khi được đọc; lô không xử lý được. Phải luôn bằng 0",
                    "Entries deleted unread; batches that could not be processed. Must always be 0",
                ),
                queries=(
                    range_query(
                        f"max by (consumer) ({collector_metrics.LOST})", "lost {{consumer}}"
                    ),
                    range_query(
                        f"max by (consumer) ({collector_metrics.DEAD_LETTERS})",
                        "dead letters {{consumer}}",
                    ),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Khởi động lại tác vụ", "Restarts of tasks"),
                description=BilingualText(
                    "Mỗi lần là một lỗi của phần mềm, xem nhật ký hệ thống",
                    "Each is a bug in the software; see the log",
                ),
                queries=(
                    range_query(
                        f"sum by (task) (increase({collector_metrics.TASK_FAILURES}[1h]))",
                        "{{task}}",
                    ),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Lưu lượng nhận", "Traffic received"),
                description=BilingualText(
                    "Nội dung các lượt gửi đã nhận", "Bodies of accepted pushes"
                ),
                queries=(
                    range_query(
                        f"sum(rate({collector_metrics.BODY_BYTES}[$__rate_interval])) * 8", "in"
                    ),
                ),
                field_config=FieldConfig(grafana_unit="bps", minimum=0),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText(
                    "Báo tin: đang chờ và chưa tới", "Notifications: waiting and unreached"
                ),
                description=BilingualText(
                    "Bên đang chờ được báo; sự cố đang mở mà chưa báo tới ai",
                    "Parties waiting to be notified; open incidents that were not reported to "
                    "anybody",
                ),
                queries=(
                    range_query(f"max({collector_metrics.NOTIFY_WAITING})", "waiting"),
                    range_query(f"max({collector_metrics.NOTIFY_UNREACHED})", "unreached"),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0, decimals=0),
                height=6,
            ),
            TimeSeriesPanel(
                title=BilingualText(
                    "Báo tin: theo kênh và kết quả", "Notifications: by channel and outcome"
                ),
                description=BilingualText("Số lần thử trong một giờ", "Attempts within an hour"),
                queries=(
                    range_query(
                        "sum by (channel, outcome) "
                        f"(increase({collector_metrics.NOTIFY_ATTEMPTS}[1h]))",
                        "{{channel}} {{outcome}}",
                    ),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0),
                height=6,
            ),
        ),
    ),
)
