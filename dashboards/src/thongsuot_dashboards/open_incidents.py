"""Open incidents, as the collector reports them: a table with links to the pages."""

from thongsuot_dashboards import collector_metrics
from thongsuot_dashboards.panels.field_config import DataLink, FieldConfig
from thongsuot_dashboards.panels.table import LabelColumn, PageLink, TableColumn, TablePanel
from thongsuot_dashboards.query import selector
from thongsuot_dashboards.text import BilingualText
from thongsuot_schema.metric import Unit
from thongsuot_schema.words.states import PARTIES, SEGMENTS

SEVERITIES = {
    "critical": BilingualText("Nghiêm trọng", "Critical"),
    "major": BilingualText("Sự cố lớn", "Major"),
    "minor": BilingualText("Sự cố nhỏ", "Minor"),
    "warning": BilingualText("Cảnh báo", "Warning"),
    "indeterminate": BilingualText("Chưa xác định", "Indeterminate"),
}

_LABELS = (
    LabelColumn(
        name="incident",
        title=BilingualText("Sự cố", "Incident"),
        link=PageLink(label="url", title=BilingualText("Mở trang sự cố", "Open the incident")),
    ),
    LabelColumn(name="severity", title=BilingualText("Mức độ", "Severity"), words=SEVERITIES),
    LabelColumn(
        name="party",
        title=BilingualText("Bên xử lý", "Acts"),
        words={
            party.value: BilingualText(text.read("vi"), text.read("en"))
            for party, text in PARTIES.items()
        },
    ),
    LabelColumn(name="name", title=BilingualText("Đơn vị", "Name")),
    LabelColumn(
        name="segment",
        title=BilingualText("Phân đoạn", "Segment"),
        words={
            segment.value: BilingualText(text.read("vi"), text.read("en"))
            for segment, text in SEGMENTS.items()
        },
    ),
    LabelColumn(
        name="site",
        title=BilingualText("Điểm", "Site"),
        link=DataLink(
            board="thongsuot-site",
            title=BilingualText("Mở điểm phục vụ", "Open the site"),
            labels=("site",),
        ),
    ),
    LabelColumn(name="link", title=BilingualText("Đường truyền", "Link")),
    LabelColumn(name="target", title=BilingualText("Dịch vụ", "Service")),
    LabelColumn(name="url", title=BilingualText("url", "url"), is_hidden=True),
)


def open_incidents(**matchers: str) -> TablePanel:
    """Return the table of open incidents whose labels match; the one that lasts longest first."""
    names = ", ".join(label.name for label in _LABELS)
    series = selector(collector_metrics.INCIDENT_START, **matchers)
    return TablePanel(
        title=BilingualText("Sự cố đang diễn ra", "Open incidents"),
        description=BilingualText(
            "Mỗi điểm một dòng; sự cố đã gộp vào sự cố lớn hơn không hiện ở đây",
            "A row for each site; an incident that is part of a larger one is not shown",
        ),
        labels=_LABELS,
        columns=(
            TableColumn(
                title=BilingualText("Đã kéo dài", "Lasts"),
                expr=f"time() - max by ({names}) ({series})",
                field_config=FieldConfig(unit=Unit.SECONDS),
            ),
        ),
        height=8,
    )
