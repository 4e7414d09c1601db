"""The feeds over real HTTP: valid for their readers, and to nobody more than may see the lists."""

import time
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec

from tests.collector.queries.reporting_city import reporting_city
from tests.collector.running import eventually
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.queries.records import IncidentRecord
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.web.feeds.atom import atom_feed

ATOM = "{http://www.w3.org/2005/Atom}"


async def test_an_incident_is_an_entry_that_keeps_its_name_and_leads_to_its_page(
    tmp_path: Path,
) -> None:
    async with reporting_city(tmp_path) as city:
        empty = await city.client.get("/feeds/incidents.atom")
        assert ET.fromstring(empty.content).find(f"{ATOM}entry") is None
        incident = await city.cut("s1")
        feed = await city.client.get("/feeds/incidents.atom", params={"carriers": "song-hong"})
        assert feed.headers["content-type"] == "application/atom+xml; charset=utf-8"
        root = ET.fromstring(feed.content)
        (entry,) = root.findall(f"{ATOM}entry")
        for name in ("id", "title", "updated", "published", "summary"):
            assert entry.findtext(f"{ATOM}{name}"), name
        link = entry.find(f"{ATOM}link")
        assert link is not None
        page = await city.client.get(link.attrib["href"])
        assert (page.status_code, incident in page.text) == (200, True)
        terms = {category.attrib["term"] for category in entry.findall(f"{ATOM}category")}
        assert {"song-hong", "Ba Đình"} <= terms
        other = await city.client.get("/feeds/incidents.atom", params={"carriers": "cuu-long"})
        assert ET.fromstring(other.content).find(f"{ATOM}entry") is None
        (item,) = (await city.client.get("/api/v1/incidents")).json()["items"]
        record = msgspec.convert(item | {"title": "Mất\x00 kết\ufffe nối\x1b"}, IncidentRecord)
        made = atom_feed([record], own_url="/", url_of=str, language="vi")
        assert ET.fromstring(made).findtext(f"{ATOM}entry/{ATOM}title") == "Mất kết nối"
        again = await city.client.get("/feeds/incidents.atom", params={"carriers": "song-hong"})
        (same,) = ET.fromstring(again.content).findall(f"{ATOM}entry")
        assert same.findtext(f"{ATOM}id") == entry.findtext(f"{ATOM}id")


async def test_planned_work_is_an_event_in_lines_that_calendars_take(tmp_path: Path) -> None:
    now_ns = time.time_ns()
    note = "Thay tuyến cáp; đội 2, từ trạm Ba Đình đến trạm Hoàn Kiếm\nkhông đi qua cầu " * 2
    note += "\x0b\u2028END:VEVENT\x85ATTACH:https://evil.example/\x00"
    window = MaintenanceWindow(
        id="w1", start_ns=now_ns, end_ns=now_ns + 3600 * 10**9, carrier="song-hong", note=note
    )
    async with reporting_city(tmp_path) as city:
        store = open_store(tmp_path / STORE_FILE)
        rows.put_window(store, window)
        store.dispose()

        async def is_there() -> bool:
            return b"VEVENT" in (await city.client.get("/feeds/maintenance.ics")).content

        await eventually(is_there)
        answer = await city.client.get("/feeds/maintenance.ics", params={"carriers": "song-hong"})
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        raw = answer.content.split(b"\r\n")
        assert raw[-1] == b""
        assert all(len(line) <= 75 for line in raw)
        lines = answer.content.decode().replace("\r\n ", "").split("\r\n")
        assert lines[0] == "BEGIN:VCALENDAR"
        assert "UID:w1@thongsuot" in lines
        (summary,) = [line for line in lines if line.startswith("SUMMARY:")]
        assert summary.startswith("SUMMARY:Bảo trì Sông Hồng: Thay tuyến cáp\\; đội 2\\, từ")
        assert "\\nkhông đi qua cầu" in summary
        assert lines[:-1] == answer.content.decode().replace("\r\n ", "").splitlines()
        assert summary.isprintable()
        other = await city.client.get("/feeds/maintenance.ics", params={"carriers": "cuu-long"})
        assert b"VEVENT" not in other.content
