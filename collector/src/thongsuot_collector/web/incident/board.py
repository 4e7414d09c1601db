"""Board: the link to the Grafana board of an incident's subject, at its time. Pure."""

from typing import Final
from urllib.parse import urlencode

from thongsuot_collector.incidents.incident import Incident

LINK_BOARD: Final = "thongsuot-link"
SITE_BOARD: Final = "thongsuot-site"
_AROUND_MS: Final = 30 * 60_000
_NS_PER_MS: Final = 1_000_000


def board_url(grafana_url: str, incident: Incident) -> str:
    """
    Return the URL of the board of the first line (else the point) of an incident, from half an hour
    before it until half an hour after, or until now; empty without Grafana.
    """
    if not grafana_url:
        return ""
    subjects = [member.subject for member in incident.members]
    subject = next((subject for subject in subjects if subject.link), subjects[0])
    until = "now"
    if incident.closed_ns is not None:
        until = str(incident.closed_ns // _NS_PER_MS + _AROUND_MS)
    query = {
        "from": str(incident.opened_ns // _NS_PER_MS - _AROUND_MS),
        "to": until,
        "var-site": subject.site,
        **({"var-link": subject.link} if subject.link else {}),
    }
    board = LINK_BOARD if subject.link else SITE_BOARD
    return f"{grafana_url.rstrip('/')}/d/{board}?{urlencode(query)}"
