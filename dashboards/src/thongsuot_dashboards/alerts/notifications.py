"""Notifications: whether incidents are reported to those who must act."""

from thongsuot_dashboards import collector_metrics
from thongsuot_dashboards.rule_file import AlertRule, RuleGroup

GROUP = RuleGroup(
    name="thongsuot-notifications",
    every="30s",
    rules=(
        AlertRule(
            name="ThongsuotChannelFailing",
            expr=f"time() - ({collector_metrics.NOTIFY_FAILING_SINCE} > 0) > 600",
            lasting="0s",
            severity="warning",
            summary_vi="Kênh {{ $labels.channel }} không gửi được từ"
            " {{ $value | humanizeDuration }} trước",
            summary_en="Channel {{ $labels.channel }} has been failing for"
            " {{ $value | humanizeDuration }}",
            action_vi="Sự cố được báo qua các kênh khác và kênh dự phòng nếu có. Thử:"
            " thongsuot-collector notify test.",
            action_en="Incidents are reported by other channels and fallbacks, if there are any. "
            "Test:"
            " thongsuot-collector notify test.",
        ),
        AlertRule(
            name="ThongsuotPartyUnreached",
            expr=f"max({collector_metrics.NOTIFY_UNREACHED}) > 0",
            lasting="15m",
            severity="critical",
            summary_vi="{{ $value | humanize }} sự cố đang mở mà chưa kênh nào báo tới được bên"
            " phải xử lý",
            summary_en="{{ $value | humanize }} open incidents that no channel has reported to "
            "the responsible party",
            action_vi="Gọi điện cho bên đó; danh sách trên trang sự cố.",
            action_en="Call that party; the page of incidents has the list.",
        ),
    ),
)
