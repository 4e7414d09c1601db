"""The devices: reachable, with correct clocks and room for their record."""

from thongsuot_dashboards import collector_metrics
from thongsuot_dashboards.rule_file import AlertRule, RuleGroup
from thongsuot_schema.catalogue import host

_SILENT = f'{collector_metrics.SITES}{{heard="no"}}'
_HEARD = f'{collector_metrics.SITES}{{heard="yes"}}'
_SHARE_SILENT = f"sum({_SILENT}) / (sum({_HEARD}) + sum({_SILENT}))"
_BAD_CLOCKS = f'sum(rate({collector_metrics.CLOCKS}{{quality=~"wrong|uncertain"}}[15m]))'
_DAY_S = 86_400
_CERTIFICATE_DAYS = 14
"""Certificates are valid for ninety days; renewal begins when thirty are left."""

_WRONG_S = 2.0
"""From this error on the collector uses its own clock instead (``host.CLOCK_ERROR.limits``)."""

GROUP = RuleGroup(
    name="thongsuot-agents",
    every="30s",
    rules=(
        AlertRule(
            name="ThongsuotAgentsSilent",
            expr=f"({_SHARE_SILENT} > 0.1) and (sum({_SILENT}) >= 3)",
            lasting="3m",
            severity="warning",
            summary_vi="{{ $value | humanizePercentage }} thiết bị giám sát mất liên lạc",
            summary_en="{{ $value | humanizePercentage }} of the devices are silent",
            action_vi="Một khu vực mất điện, một nhà mạng hỏng, hoặc chính trung tâm không nghe"
            " được. Xem bảng Thành phố và đường truyền của trung tâm.",
            action_en="An area without power, a carrier's outage, or the centre itself receives "
            "nothing. See the board City and the centre's own line.",
        ),
        AlertRule(
            name="ThongsuotSpoolFilling",
            expr=f"max by (commune, site) ({host.SPOOL_USED.full_name}) > 0.8",
            lasting="10m",
            severity="warning",
            summary_vi="Bản ghi của thiết bị {{ $labels.site }} đã dùng"
            " {{ $value | humanizePercentage }} dung lượng cho phép",
            summary_en="The record of device {{ $labels.site }} has"
            " {{ $value | humanizePercentage }} of its allowed size",
            action_vi="Thiết bị gửi được ít hơn mức đo. Đến 100 % thì chi tiết cũ nhất bị xoá và"
            " được ghi lại là đã xoá.",
            action_en="The device measures more than it gets through. At 100 % the oldest detail "
            "is deleted, and the deletion is recorded.",
        ),
        AlertRule(
            name="ThongsuotClocksWrong",
            expr=f"{_BAD_CLOCKS} / sum(rate({collector_metrics.CLOCKS}[15m])) > 0.05",
            lasting="15m",
            severity="warning",
            summary_vi="Đồng hồ không tin được ở {{ $value | humanizePercentage }} số lô dữ liệu",
            summary_en="{{ $value | humanizePercentage }} of the batches come from a clock that "
            "cannot be trusted",
            action_vi="Thời gian được tính theo trung tâm khi có thể. Nhiều thiết bị cùng sai: xem"
            " đồng hồ của chính trung tâm và máy chủ NTP.",
            action_en="Times are taken from the centre's clock where possible. If many are "
            "affected, check the centre's own clock and at the NTP server.",
        ),
        AlertRule(
            name="ThongsuotClockWrong",
            expr=f"max by (commune, site) ({host.CLOCK_ERROR.full_name}) > {_WRONG_S:g}",
            lasting="1h",
            severity="warning",
            summary_vi="Đồng hồ của thiết bị {{ $labels.site }} có thể sai"
            " {{ $value | humanizeDuration }}",
            summary_en="The clock of device {{ $labels.site }} may be wrong by"
            " {{ $value | humanizeDuration }}",
            action_vi="Thiết bị không tới được máy chủ thời gian. Kiểm tra NTP trên thiết bị.",
            action_en="The device does not reach a time server. Check NTP on the device.",
        ),
        AlertRule(
            name="ThongsuotAgentCertificateExpiring",
            expr="(min by (commune, site)"
            f" ({host.CERTIFICATE_EXPIRY.full_name}) - time()) / {_DAY_S} < {_CERTIFICATE_DAYS}",
            lasting="1h",
            severity="warning",
            summary_vi="Chứng thư của thiết bị {{ $labels.site }} còn"
            ' {{ $value | printf "%.1f" }} ngày',
            summary_en="The certificate of device {{ $labels.site }} expires in"
            ' {{ $value | printf "%.1f" }} days',
            action_vi="Thiết bị lẽ ra đã tự gia hạn từ nhiều ngày trước. Lệnh"
            " thongsuot-agent status trên thiết bị ghi lý do; hết hạn thì phải đăng ký lại:"
            " thongsuot-collector enrol.",
            action_en="The device should have renewed it days ago. thongsuot-agent status on the"
            " device says why it did not; after it has expired the device must be enrolled again:"
            " thongsuot-collector enrol.",
        ),
        AlertRule(
            name="ThongsuotSitesDoubled",
            expr=f"max({collector_metrics.DUPLICATE_DEVICE_SITES}) > 0",
            lasting="5m",
            severity="warning",
            summary_vi="{{ $value | humanize }} điểm có hai thiết bị cùng gửi dữ liệu",
            summary_en="{{ $value | humanize }} sites have two devices that push at once",
            action_vi="Thẻ nhớ bị sao chép hoặc thiết bị cũ chưa tắt. Trang các điểm phục vụ ghi rõ"
            " điểm nào; đăng ký lại thiết bị đúng: thongsuot-collector enrol.",
            action_en="A memory card was copied, or an old device was not switched off. The list of"
            " sites says which; enrol the right device again: thongsuot-collector enrol.",
        ),
        AlertRule(
            name="ThongsuotPlansRefused",
            expr=f'sum({collector_metrics.SITE_CONFIGS}{{status="refused"}}) > 0',
            lasting="5m",
            severity="warning",
            summary_vi="{{ $value | humanize }} thiết bị không chạy kế hoạch đo mới nhất",
            summary_en="{{ $value | humanize }} devices do not run their newest site configuration",
            action_vi="Chúng vẫn đo theo kế hoạch trước. Lý do: thongsuot-collector site-configs.",
            action_en="They continue with the previous one. Reason: thongsuot-collector"
            " site-configs.",
        ),
        AlertRule(
            name="ThongsuotInventoryRefused",
            expr=f"max({collector_metrics.INVENTORY_REFUSED}) > 0",
            lasting="5m",
            severity="warning",
            summary_vi="Danh mục điểm và đường truyền có lỗi, thay đổi chưa có hiệu lực",
            summary_en="The inventory has an error; the change is not in effect",
            action_vi="Tìm lỗi và dòng: thongsuot-collector check-config, hoặc nhật ký của"
            " trung tâm.",
            action_en="Find the error and its line: thongsuot-collector check-config, or the log.",
        ),
    ),
)
