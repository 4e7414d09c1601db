"""The lists in plain words: who did what, and members of an outage beneath it when it is over."""

import re
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.collector.queries.reporting_city import CONFIG, INVENTORY, reporting_city
from tests.collector.running import eventually
from thongsuot_collector.incidents.incident import IncidentStatus
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.queries.records import IncidentRecord
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.lists.audit_labels import (
    ACTIONS,
    author,
    detail_words,
    subject_words,
)
from thongsuot_collector.web.lists.cells import ListReader, value_word
from thongsuot_collector.web.lists.page import grouped
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.translations import languages

SITES = ("s0", "s1", "s2")
QUICK = f"{CONFIG}[timeline]\ncalm_s = 0.5\n"


def test_every_action_has_words_of_its_own_in_every_language() -> None:
    assert set(ACTIONS) == set(AuditAction)
    for language in languages():
        words = [ACTIONS[action].read(language) for action in AuditAction]
        assert len(set(words)) == len(words)
        assert not any("_" in word for word in words)


def test_actors_are_shown_as_people_call_them() -> None:
    texts = {
        "person:lan": "lan",
        "person:": "người xem trang",
        "shell:root (sudo by hung)": "root (sudo by hung), bằng dòng lệnh",
        "carrier:vnpt": "nhà mạng vnpt",
        "carrier:vnpt person:noc": "nhà mạng vnpt: noc",
        "carrier:vnpt key:3f": "nhà mạng vnpt: key:3f",
        "device:s1": "thiết bị s1",
        "collector": "hệ thống",
        "whatever": "whatever",
    }
    assert {by: author(by, "vi") for by in texts} == texts


def test_subjects_of_the_audit_log_are_shown_in_words() -> None:
    assert subject_words("inventory_changed", "inventory", "vi") == "Danh mục điểm và đường truyền"
    assert subject_words("token_created", "s1", "vi") == "s1"
    noted = {
        ("person_added", "carrier vnpt Trần Bình"): "Nhà mạng: vnpt Trần Bình",
        ("person_changed", "city-reader"): "Người xem của Thành phố",
        ("incident_closed", "carrier said so"): "carrier said so",
        ("token_created", "token 99cd4cfa"): "99cd4cfa",
        ("token_revoked", "all, 3"): "tất cả, 3 mã",
        (
            "inventory_changed",
            "as the collector started; new site configurations: 2 sites",
        ): "khi hệ thống khởi động; cấu hình mới cho 2 điểm",
        (
            "inventory_changed",
            "sites.toml; new site configurations: 1 sites",
        ): "sites.toml; cấu hình mới cho 1 điểm",
    }
    assert {given: detail_words(*given, "vi") for given in noted} == noted


def record(name: str, parents: tuple[str, ...], children: tuple[str, ...]) -> IncidentRecord:
    now = datetime.now(UTC)
    return IncidentRecord(
        id=name,
        rule="link_fault",
        title=name,
        status=IncidentStatus.OPEN,
        closure=None,
        state=State.DOWN,
        severity=Severity.MAJOR,
        segment=None,
        symptom=Symptom.NONE,
        opened_at=now,
        known_at=now,
        closed_at=None,
        responsible="city",
        acting="city",
        acting_title="",
        turn=None,
        accepted_by="",
        accepted_at=None,
        expected_at=None,
        is_disputed=False,
        is_excused=False,
        affected=1,
        total=None,
        communes=(),
        areas=(),
        sites=(),
        carriers=(),
        parents=parents,
        children=children,
        merged_into="",
        closed_by="",
        closing_reason="",
        is_generated=False,
    )


NAMES = st.lists(st.sampled_from("abcde"), max_size=2, unique=True).map(tuple)


@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(NAMES, NAMES)))
def test_each_incident_has_one_row_whatever_it_is_inside(
    known: dict[str, tuple[tuple[str, ...], tuple[str, ...]]],
) -> None:
    """Even if a person's mergers and the rules had put incidents inside each other in a circle."""
    records = [record(name, *around) for name, around in known.items()]
    rows = grouped(records)
    assert sorted(row.id for row, _ in rows if isinstance(row, IncidentRecord)) == sorted(known)


def test_a_channel_is_shown_by_its_kind_in_words_and_its_own_name() -> None:
    kinds = {"desk-song-hong": "tmf621"}
    page = PageReader(language="vi", now_s=0.0, channel_kind=lambda name: kinds.get(name, name))
    reader = ListReader(page, InventoryDirectory(INVENTORY))
    words = {
        "desk-song-hong": "phiếu báo sự cố (desk-song-hong)",
        "email": "thư điện tử (email)",
        "pigeon": "pigeon",
    }
    assert {name: value_word("channel", name, reader) for name in words} == words


async def test_members_of_an_outage_that_is_over_stand_beneath_it(tmp_path: Path) -> None:
    async with reporting_city(tmp_path, QUICK) as city:
        for site in SITES:
            await city.push(site, fixed=State.DOWN)

        async def statuses() -> dict[str, list[str]]:
            items = (await city.client.get("/api/v1/incidents")).json()["items"]
            by_rule: dict[str, list[str]] = {}
            for item in items:
                by_rule.setdefault(item["rule"], []).append(item["status"])
            return by_rule

        async def is_outage() -> bool:
            known = await statuses()
            return known.get("carrier_outage") == ["open"] and len(known["link_fault"]) == 3

        await eventually(is_outage)
        for site in SITES:
            await city.push(site, fixed=State.UP)

        async def is_over() -> bool:
            known = await statuses()
            return {status for each in known.values() for status in each} == {"closed"}

        await eventually(is_over)

        page = (await city.client.get("/incidents?lang=vi")).text
        rows = re.findall(r"<tr([^>]*)>\s*<th scope=\"row\"", page)
        assert ["inside" in row for row in rows] == [False, True, True, True]


async def test_the_audit_list_shows_no_code(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        incident = await city.cut("s0")
        answer = await city.client.post("/sites/s0/problems/slow")
        assert answer.status_code == 303
        page = (await city.client.get("/audit?lang=vi")).text
        assert "Điểm báo vấn đề" in page
        assert "người xem trang" in page
        table = page[page.index("<tbody") : page.index("</tbody")]
        assert "problem_reported" not in table
        chosen = (await city.client.get("/audit?lang=en&action=problem_reported")).text
        assert "Problem reported by a point" in chosen
        assert incident not in chosen


async def test_a_state_that_does_not_exist_selects_no_site_and_is_no_error(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        for state in ("nonsense", "+", "\x00"):
            answer = await city.client.get("/sites", params={"state": state})
            assert answer.status_code == 200
            assert 'href="/sites/s0' not in answer.text
