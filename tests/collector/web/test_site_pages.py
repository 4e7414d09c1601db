"""The pages over real HTTP: what they show, to whom, and with which headers."""

import time
from pathlib import Path

import pytest

from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.state.test_site import SITE
from tests.collector.state.test_view import INVENTORY
from thongsuot_collector.web.search import matches
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NOW = 5000 * S


async def push_fault(pusher: Pusher) -> None:
    down = change(
        NOW - 20 * S,
        State.DOWN,
        segment=Segment.ACCESS,
        symptom=Symptom.ACCESS_SILENT,
    )
    batch = pusher.agent.batch(NOW, [icmp_result(NOW - S)], changes=[down])
    assert (await pusher.batch(batch, boottime_ns=NOW)).status_code == 200


async def test_a_site_has_a_page_in_vietnamese_and_in_english_that_says_the_same(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path, inventory=INVENTORY) as client:
        agent = BatchSealer(SITE, epoch_ns=time.time_ns() - NOW)
        await push_fault(Pusher(client, agent, token(tmp_path, SITE)))

        async def down() -> bool:
            links = (await client.get(f"/sites/{SITE}.json")).json()["links"]
            return bool(links[0]["state"] == "down")

        await eventually(down)
        vietnamese = await client.get(f"/sites/{SITE}")
        english = await client.get(f"/sites/{SITE}?lang=en")
        assert 'lang="vi"' in vietnamese.text
        assert 'lang="en"' in english.text
        assert "Điểm phục vụ Hoàn Kiếm" in vietnamese.text
        assert vietnamese.text != english.text
        for page in (vietnamese, english):
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert len(page.content) < 60 * 1024


async def test_the_list_shows_every_site_and_finds_it_without_diacritics(tmp_path: Path) -> None:
    async with collector(tmp_path, inventory=INVENTORY) as client:
        agent = BatchSealer("not-in-the-inventory", epoch_ns=time.time_ns() - NOW)
        await push_fault(Pusher(client, agent, token(tmp_path, agent.site)))

        async def both() -> bool:
            text = (await client.get("/")).text
            return "Hoàn Kiếm" in text and "not-in-the-inventory" in text

        await eventually(both)
        page = (await client.get("/", params={"q": "hoan kiem"})).text
        assert "Hoàn Kiếm" in page
        assert "not-in-the-inventory" not in page
        # What is down stands before what is merely unknown.
        text = (await client.get("/?lang=en")).text
        assert text.index("not-in-the-inventory") < text.index("Hoàn Kiếm")
        nothing = (await client.get("/", params={"q": "<script>alert(1)</script>"})).text
        assert "<script>alert" not in nothing
        assert "Hoàn Kiếm" not in nothing


async def test_a_site_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    async with collector(tmp_path, inventory=INVENTORY) as client:
        for path in ("/sites/nowhere", "/sites/nowhere.json", "/sites/..%2f..%2fetc", "/nowhere"):
            assert (await client.get(path)).status_code == 404, path


@pytest.mark.parametrize("path", ["/", f"/sites/{SITE}", f"/sites/{SITE}.json"])
async def test_pages_carry_the_headers_that_browsers_obey(tmp_path: Path, path: str) -> None:
    async with collector(tmp_path, inventory=INVENTORY) as client:
        response = await client.get(path)
        assert response.status_code == 200
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"
        assert "server" not in response.headers
        if not path.endswith(".json"):
            policy = response.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy


async def test_the_page_of_a_site_accepts_no_writing_method(tmp_path: Path) -> None:
    async with collector(tmp_path, inventory=INVENTORY) as client:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            response = await client.request(method, f"/sites/{SITE}")
            assert response.status_code == 405


async def test_with_a_password_the_pages_are_for_those_who_know_it(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("mật khẩu\n", encoding="utf-8")
    config = '[page]\npassword_file = "password"\n'
    async with collector(tmp_path, config=config, inventory=INVENTORY) as client:
        for path in ("/", f"/sites/{SITE}", f"/sites/{SITE}.json"):
            assert (await client.get(path)).status_code == 401
            for wrong in ("", "mat khau", "mật khẩu "):
                assert (await client.get(path, auth=(path, wrong))).status_code == 401
            assert (await client.get(path, auth=("anyone", "mật khẩu"))).status_code == 200
        bad = {"Authorization": "Basic ???"}
        assert (await client.get("/", headers=bad)).status_code == 401
        # Machines that watch the collector need no password; no site is named there.
        for path in ("/healthz", "/readyz", "/metrics"):
            response = await client.get(path)
            assert response.status_code == 200
            assert SITE not in response.text


@pytest.mark.parametrize(
    ("wanted", "is_match"),
    [
        ("", True),
        ("hoàn kiếm", True),
        ("HOAN KIEM", True),
        ("kiem hoan", True),
        ("dong da", False),
        ("hoan x", False),
    ],
)
def test_words_are_found_as_people_type_them(wanted: str, is_match: bool) -> None:
    assert matches(wanted, "hk-01", "Điểm phục vụ Hoàn Kiếm") is is_match
    assert matches("diem dong da", "Điểm Đống Đa")


async def test_a_collector_that_was_away_awaits_its_devices_and_calls_none_of_them_silent(
    tmp_path: Path,
) -> None:
    config = "[page]\nsilent_after_s = 2.0\n"
    agent = BatchSealer(SITE, epoch_ns=time.time_ns() - NOW)
    # By default nobody is silent so soon: a slow machine shows it later than that.
    async with collector(tmp_path, inventory=INVENTORY) as client:
        await push_fault(Pusher(client, agent, token(tmp_path, SITE)))

        async def is_heard() -> bool:
            return "mất kết nối" in (await client.get(f"/sites/{SITE}")).text

        await eventually(is_heard)
        heard_s = time.monotonic()
    # An agent that gets no answer waits up to a minute; so long is nobody silent but the collector.
    await eventually(lambda: time.monotonic() - heard_s > 2.5)
    async with collector(tmp_path, config=config, inventory=INVENTORY) as client:
        page = (await client.get(f"/sites/{SITE}")).text
        shown = (await client.get(f"/sites/{SITE}.json")).json()
        assert "Đang chờ thiết bị gửi dữ liệu" in page
        assert "mất liên lạc" not in page
        assert {link["symptom"] for link in shown["links"]} & {"access_silent"}
        assert "agent_silent" not in {link["symptom"] for link in shown["links"]}
