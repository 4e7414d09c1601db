"""The pages of statements over real HTTP, with their files."""

import csv
import io
from pathlib import Path

from tests.collector.running import collector
from tests.collector.sla.examples import DAY, HOUR, NOVEMBER
from tests.collector.sla.reference_count import CUT, UP
from tests.collector.statements.circuit_month import StatementFixture, inventory, november
from thongsuot_schema.inventory.contract_terms import Contract

CIRCUIT = "/sla/2026-11/HN/FTTH%2042"


def issued(folder: Path) -> None:
    """Leave November with two revisions of one circuit's statement behind, as time went by."""
    month = StatementFixture(folder)
    november(month)
    circuit = month.archive.circuit("HN/FTTH 42", NOVEMBER)
    assert circuit is not None
    month.archive.issue_revision(circuit, NOVEMBER)
    month.plan_work(0, DAY, carrier="vnpt")
    month.now_s += DAY
    month.archive.issue_revision(circuit, NOVEMBER)
    month.store.dispose()


async def test_a_month_lists_its_circuits_and_each_leads_to_its_statement(tmp_path: Path) -> None:
    issued(tmp_path)
    async with collector(tmp_path, inventory=inventory()) as client:
        for path in ("/sla", "/sla/2026-11"):
            page = (await client.get(path)).text
            assert 'href="/sla/2026-11/HN/FTTH%2042?lang=vi"' in page
            assert "hk-01/5g" in page
        text = (await client.get("/sla/2026-11", params={"q": "ba dinh vnpt"})).text
        assert "FTTH" in text
        assert "hk-01/5g" not in text
        assert (await client.get("/sla/2020-01")).status_code == 404


async def test_a_statement_has_its_arithmetic_its_revisions_and_both_languages(
    tmp_path: Path,
) -> None:
    issued(tmp_path)
    async with collector(tmp_path, inventory=inventory()) as client:
        response = await client.get(CIRCUIT)
        page = response.text
        assert "unsafe" not in response.headers["content-security-policy"]
        for words in (
            "Biên bản đối soát chất lượng dịch vụ HN/FTTH 42, tháng 11/2026",
            "lần phát hành 2",
            "(g − h) : g",
            "Bảo trì theo kế hoạch: từ 0:00:00,000 thành 24:00:00,000",
        ):
            assert words in page, words
        assert 'href="/sla/2026-11/HN/FTTH%2042?lang=vi&amp;revision=1"' in page
        first = (await client.get(CIRCUIT, params={"revision": "1", "lang": "en"})).text
        assert "revision 1" in first
        assert "1:00:00.000" in first
        assert "Held against the terms" in first
        by_link = (await client.get("/sla/2026-11/hk-01/fiber")).text
        assert "HN/FTTH 42" in by_link


async def test_a_month_of_which_too_little_is_known_is_judged_nowhere(tmp_path: Path) -> None:
    contract = Contract(name="c", carrier="vnpt", availability_ratio=0.999, coverage_ratio=0.9)
    month = StatementFixture(tmp_path, contracts=(contract,))
    month.live((-DAY, UP), (HOUR, CUT), heard_s=20 * DAY)
    circuit = month.archive.circuit("HN/FTTH 42", NOVEMBER)
    assert circuit is not None
    month.archive.issue_revision(circuit, NOVEMBER)
    month.store.dispose()
    async with collector(tmp_path, inventory=inventory(contract)) as client:
        page = (await client.get(CIRCUIT, params={"lang": "en"})).text
        assert "66.6666% of the time is known, too little to conclude (90% needed)" in page
        assert "Not met" not in page
        table = (await client.get(f"{CIRCUIT}.csv")).text
        rows = list(csv.DictReader(io.StringIO(table, newline="")))
        assert {row["availability_result"] for row in rows} == {"not_enough_data"}
        listing = (await client.get("/sla/2026-11", params={"lang": "en"})).text
        assert "Not assessed" in listing


async def test_files_are_those_of_the_revision_asked_for(tmp_path: Path) -> None:
    issued(tmp_path)
    async with collector(tmp_path, inventory=inventory()) as client:
        response = await client.get(f"{CIRCUIT}.csv", params={"revision": "1"})
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        assert 'filename="sla-2026-11-HN-FTTH-42-r1.csv"' in response.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
        assert [row["duration_s"] for row in rows if row["time_class"] == "down"] == [
            "8.250",
            "3591.750",
        ]
        response = await client.get(f"{CIRCUIT}.pdf")
        assert response.headers["content-type"] == "application/pdf"
        assert response.content.startswith(b"%PDF-1.7")
        assert response.headers["x-content-type-options"] == "nosniff"


async def test_missing_things_are_not_found(tmp_path: Path) -> None:
    issued(tmp_path)
    async with collector(tmp_path, inventory=inventory()) as client:
        for path in (
            "/sla/2026-11/nothing",
            "/sla/2026-13/HN/FTTH%2042",
            "/sla/2999-01/HN/FTTH%2042",
            "/sla/nothing/HN/FTTH%2042",
            f"{CIRCUIT}?revision=3",
            f"{CIRCUIT}?revision=x",
            f"{CIRCUIT}.pdf?revision=99999999999999999999",
        ):
            assert (await client.get(path)).status_code == 404, path


async def test_with_a_password_statements_are_for_those_who_know_it(tmp_path: Path) -> None:
    issued(tmp_path)
    (tmp_path / "password").write_text("secret\n", encoding="utf-8")
    config = '[page]\npassword_file = "password"\n'
    async with collector(tmp_path, config=config, inventory=inventory()) as client:
        for path in ("/sla", "/sla/2026-11", CIRCUIT, f"{CIRCUIT}.csv", f"{CIRCUIT}.pdf"):
            assert (await client.get(path)).status_code == 401
        assert (await client.get(f"{CIRCUIT}.csv", auth=("x", "secret"))).status_code == 200
