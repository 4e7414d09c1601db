"""What commands print with ``--json``: one document, of the shape that the reference has."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from thongsuot_collector.cli.main import build_parser, main
from thongsuot_collector.cli.results import json_text, key_of, rows_shape, utc
from thongsuot_collector.journal.sqlite_tables import open_or_recover

Printed = Callable[..., Any]
INVENTORY = """
[[sites]]
name = "ba-dinh"

[[sites.links]]
name = "fixed"
interface = "eth0"
"""


@pytest.fixture
def printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Printed:
    """Carries out a command with ``--json``, and returns what it printed as the shape reads it."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "sites.toml").write_text(INVENTORY)
    config = tmp_path / "collector.toml"
    config.write_text(
        'state_dir = "state"\ninventory_dir = "inventory"\n'
        '[notify]\npage_url = "https://thongsuot.example"\n'
    )

    def say(*words: object, status: int = 0) -> Any:  # noqa: ANN401 - of each command another
        whole = [*map(str, words), "--config", str(config), "--json"]
        assert main(whole) == status
        out = capsys.readouterr().out
        shape = build_parser().parse_args(whole).shape
        # What the shape does not name may not be there: encoded again it is the same.
        value = msgspec.json.decode(out, type=shape)
        assert json_text(value) == out.removesuffix("\n")
        return value

    return say


def test_tokens_codes_and_accounts_are_printed_as_records(printed: Printed) -> None:
    token = printed("token", "create", "ba-dinh")
    assert (token.site, token.token[:4]) == ("ba-dinh", "tst_")
    assert [row.site for row in printed("token", "list")] == ["ba-dinh"]
    assert printed("token", "revoke", "ba-dinh").revoked == 1
    code = printed("enrol", "ba-dinh", "--url", "https://thongsuot.example", "--qr")
    assert code.code in code.qr
    account = printed("person", "add", "lan", "--title", "Lan")
    assert (account.name, bool(account.password)) == ("lan", True)
    assert [row.second_factor for row in printed("person", "list")] == [None]
    assert printed("person", "sign-out", "lan").ended == 0
    key = printed("api-token", "create", "report")
    assert [row.id for row in printed("api-token", "list")] == [key.id]
    assert printed("api-token", "revoke", key.id).id == key.id
    assert printed("site-configs", "ba-dinh")[0].newest is None
    assert len(printed("audit")) > 5


def test_planned_work_and_tests_are_printed_as_records(printed: Printed) -> None:
    work = printed("maintenance", "add", "--site", "ba-dinh", "--to", "+2h", "--note", "thay cáp")
    assert (work.site, work.note, work.covers) == ("ba-dinh", "thay cáp", 2)
    assert (work.ends_at - work.starts_at).total_seconds() == pytest.approx(7200, abs=1)
    assert [row.name for row in printed("maintenance", "list")] == [work.name]
    assert printed("maintenance", "end", work.name).had_begun
    wanted = printed("request-test", "ba-dinh", "throughput", "--id", "abc")
    assert (wanted.id, wanted.state, wanted.runs) == ("abc", "waiting", [])
    report = printed("commissioning", "ba-dinh")
    assert (report.state, report.lines) == ("none", [])


def test_the_authority_and_a_backup_are_printed_as_records(
    printed: Printed, tmp_path: Path
) -> None:
    authority = printed("ca", "init")
    shown = printed("ca", "show")
    assert (shown.sha256, shown.certificate[:10]) == (authority.sha256, "-----BEGIN")
    assert printed("ca", "list") == []
    assert printed("signing-keys", "list") == []
    checked = printed("check-config")
    assert (checked.sites, checked.sinks) == (1, [])
    printed("token", "create", "ba-dinh")
    assert open_or_recover(tmp_path / "state" / "journal.sqlite") is None
    backup = printed("backup", "--to", tmp_path / "copies")
    assert (backup.elsewhere, backup.removed) == ({}, [])
    assert Path(backup.folder).is_dir()
    restored = printed("restore", backup.folder, "--root", tmp_path / "root")
    assert restored.files == backup.files
    damaged = printed("salvage", tmp_path / "state" / "store.sqlite", "--to", tmp_path / "new")
    assert (damaged.unreadable, damaged.rows > 0) == ({}, True)


def test_a_refused_command_prints_an_error_and_its_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\n')
    words = ["maintenance", "end", "nothing", "--config", str(config)]
    assert main([*words, "--json"]) == 1
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert (error["exit_code"], error["mistakes"]) == (1, [])
    assert err == f"thongsuot-collector: {error['message']}\n"
    assert "không" in error["message"]
    assert main(words) == 1
    assert capsys.readouterr().out == ""


def test_each_mistake_in_a_file_is_printed_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\n\n[lisen]\n')
    assert main(["check-config", "--config", str(config), "--json"]) == 2
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert err == f"{error['message']}\n"
    (mistake,) = error["mistakes"]
    assert (mistake["file"], mistake["line"]) == (str(config), 3)
    assert error["message"] == f"{config}:3: {mistake['message']}"


def test_columns_are_keys_and_moments_utc() -> None:
    assert key_of("key (SHA-256)") == "key_sha_256"
    assert msgspec.json.decode('[{"a_b": null}]', type=rows_shape(("a b",)))[0].a_b is None
    assert json_text(utc(1_500_000_000)) == '"1970-01-01T00:00:01.500000Z"'
