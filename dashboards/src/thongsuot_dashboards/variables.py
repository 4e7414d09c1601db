"""The variables at the top of boards, and the matchers derived from them."""

from thongsuot_dashboards.panels.board import Variable
from thongsuot_dashboards.query import selector
from thongsuot_dashboards.recording_rules import LINK_STATE, SITE_STATE, with_name
from thongsuot_dashboards.text import BilingualText
from thongsuot_schema.catalogue import http, verdict

COMMUNE = Variable(
    label="commune",
    series=with_name(SITE_STATE),
    shown="commune_name",
    title=BilingualText("Xã, phường", "Commune"),
)
SITE = Variable(
    label="site",
    series=selector(SITE_STATE, commune="$commune"),
    title=BilingualText("Điểm phục vụ", "Site"),
    is_single=True,
)
SITES = Variable(
    label="site",
    series=selector(SITE_STATE, commune="$commune"),
    title=BilingualText("Điểm phục vụ", "Site"),
)
LINK = Variable(
    label="link",
    series=selector(verdict.STATE.full_name, site="$site", link="!=", target="="),
    title=BilingualText("Đường truyền", "Link"),
    is_single=True,
)
CARRIER = Variable(label="carrier", series=LINK_STATE, title=BilingualText("Nhà mạng", "Carrier"))
MEDIUM = Variable(
    label="medium", series=LINK_STATE, title=BilingualText("Loại đường truyền", "Medium")
)
SERVICE = Variable(
    label="target",
    series=selector(http.KIND.success_name, site="$site"),
    title=BilingualText("Dịch vụ", "Service"),
)

OF_LINK = {"site": "$site", "link": "$link"}
"""Series of the selected link."""
