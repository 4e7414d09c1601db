"""What the command line shows as text: columns under their heads, and a dash for what is not."""

import json

import msgspec
import pytest

from thongsuot_collector.cli import tables
from thongsuot_collector.journal.journal import Cursor, Extent
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.store.people import Person
from thongsuot_collector.store.tokens import AgentToken
from thongsuot_runtime.terminal import localized

S = 1_000_000_000
DAY_NS = 1_795_564_800 * S
DAY = "2026-11-25 07:00:00+0700 (00:00:00Z)"
UTC_DAY = "2026-11-25 00:00:00Z"


def test_tokens_and_people_stand_in_columns_without_what_is_secret() -> None:
    tokens = [
        AgentToken(id="1", digest=b"", site="ba-dinh", created_ns=DAY_NS, revoked_ns=None),
        AgentToken(id="22", digest=b"", site="tay-ho", created_ns=DAY_NS, revoked_ns=DAY_NS + S),
    ]
    assert tables.tokens_table(tokens).text.splitlines() == [
        "id  site     created                               revoked",
        f"1   ba-dinh  {DAY}  -",
        f"22  tay-ho   {DAY}  2026-11-25 07:00:01+0700 (00:00:01Z)",
    ]
    person = Person(
        name="lan", title="Trần Thị Lan", digest=b"", created_ns=DAY_NS, revoked_ns=None
    )
    assert tables.people_table([person], {"lan"}).text.splitlines() == [
        f"name  title         role           second factor  {'since':{len(DAY)}}  revoked",
        f"lan   Trần Thị Lan  city-engineer  yes            {DAY}  -",
    ]


def test_heads_and_words_are_in_the_language_of_the_terminal_and_json_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    monkeypatch.delenv("LANGUAGE", raising=False)
    rows = [("phúc-xá", "-", "-", "settings file", "current", "the inventory has changed since")]
    table = tables.Table(("site", "newest", "made", "runs", "status", "why"), rows)
    assert table.text.splitlines() == [
        "điểm     bản mới nhất  đã tạo  đang dùng     tình trạng              vì sao",
        (
            "phúc-xá  -             -       tệp cấu hình  đang dùng bản mới nhất  "
            "danh mục đã thay đổi từ đó"
        ),
    ]
    (row,) = json.loads(table.json)
    assert (row["site"], row["runs"]) == ("phúc-xá", "settings file")


def test_every_column_of_a_command_has_its_head_in_vietnamese(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LANGUAGE", raising=False)
    read = {}
    for language in ("vi_VN.UTF-8", "C"):
        monkeypatch.setenv("LC_ALL", language)
        read[language] = [localized(text) for text in (tables.COLUMNS | tables.CELLS).values()]
    words = [*tables.COLUMNS, *(cell.replace("_", " ") for _, cell in tables.CELLS)]
    assert read["C"] == words
    same = {vi for vi, en in zip(*read.values(), strict=True) if vi == en}
    assert same == set()


def test_programs_read_moments_in_utc_alone() -> None:
    token = AgentToken(id="1", digest=b"", site="ba-dinh", created_ns=DAY_NS, revoked_ns=None)
    (row,) = json.loads(tables.tokens_table([token]).json)
    assert (row["created"], row["revoked"]) == (UTC_DAY, None)


def test_a_night_in_utc_is_the_next_morning_in_vietnam() -> None:
    late = DAY_NS + 20 * 3600 * S
    assert tables.shown_moment(late) == "2026-11-26 03:00:00+0700 (20:00:00Z)"
    assert tables.shown_moment(0) == "-"


def test_a_journal_is_shown_with_who_is_how_far_behind() -> None:
    extent = Extent(
        tail=3, head=7, size_bytes=2_500_000, tail_received_ns=DAY_NS, head_received_ns=DAY_NS
    )
    text = tables.journal_table(extent, {"prometheus": Cursor(sequence=5, lost=1)})
    assert text.splitlines() == [
        "entries  5 (sequences 3 to 7)",
        f"oldest   {DAY}",
        "size     2.5 MB",
        "",
        "consumer    done  behind  lost",
        "prometheus  5     2       1",
    ]


def test_packets_of_a_reflector_are_counted_by_what_became_of_them() -> None:
    metrics = Metrics()
    assert tables.reflected_text(metrics) == "no packets"
    metrics.reflected.labels("answered").inc(3)
    assert tables.reflected_text(metrics) == "3 answered"


def test_a_table_becomes_json_with_keys_from_its_head_and_null_for_a_dash() -> None:
    table = tables.Table(("site", "key (SHA-256)"), [("ba-dinh", "-"), ("Đống Đa", "a1b2")])
    assert msgspec.json.decode(table.json) == [
        {"site": "ba-dinh", "key_sha_256": None},
        {"site": "Đống Đa", "key_sha_256": "a1b2"},
    ]
