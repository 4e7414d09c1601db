"""
What a computer of the local network experiences: no link is selected for it, the portals are
opened.
"""

from thongsuot_schema.metric import Metric, ProbeKind, Thresholds, Unit, boolean_metric

OPEN = Metric(
    name="counter_open_seconds",
    unit=Unit.SECONDS,
    help_en="Time to open the page as a computer at the counter does, name to last byte",
    help_vi="Thời gian mở trang như máy tính tại quầy, từ tra tên miền đến byte cuối",
    resolution=1e-6,
    minimum=0.0,
    maximum=600.0,
    limits=Thresholds(warn=2.0, bad=5.0),
)
RESOLVE = Metric(
    name="counter_resolve_seconds",
    unit=Unit.SECONDS,
    help_en="Time to resolve the host's name by the local network's name server",
    help_vi="Thời gian phân giải tên miền bằng máy chủ tên miền của mạng nội bộ",
    resolution=1e-6,
    minimum=0.0,
    maximum=600.0,
)
STATUS = Metric(
    name="counter_status_number",
    unit=Unit.NUMBER,
    help_en="Status code of the response",
    help_vi="Mã trạng thái HTTP",
    resolution=1.0,
    minimum=100.0,
    maximum=599.0,
)
ON_BACKUP = boolean_metric(
    "counter_on_backup",
    "1 while the traffic was seen to leave by a mobile link, 0 by another, absent where not seen",
    "1 khi thấy lưu lượng đi qua mạng di động, 0 khi qua đường khác, không có khi chưa thấy",
)
SWITCH_OVER = Metric(
    name="counter_switch_over_seconds",
    unit=Unit.SECONDS,
    help_en="How long nothing could be opened until the traffic went by another link; only in the"
    " run that found it there",
    help_vi="Thời gian không truy cập được cho đến khi lưu lượng chuyển sang đường khác; chỉ có ở"
    " lần đo phát hiện việc chuyển",
    resolution=0.1,
    minimum=0.0,
)

KIND = ProbeKind(
    name="counter",
    revision=1,
    title_en="Computers at the counter",
    title_vi="Máy tính tại quầy",
    metrics=(OPEN, RESOLVE, STATUS, ON_BACKUP, SWITCH_OVER),
)

# Texts of the evidence of a run (``counter_path`` reads them).
LINK, FROM_LINK, SEEN_BY, GATEWAY = "link", "from_link", "seen_by", "gateway"
ANSWERED = "answered"
