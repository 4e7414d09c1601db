"""The lists on the command line: the same records as the API has, as table, JSON and CSV."""

import json
import re
from pathlib import Path

import pytest

from tests.collector.queries.reporting_city import reporting_city
from thongsuot_collector.cli import lists
from thongsuot_collector.cli.main import main

SITE = """
[[carriers]]
name = "song-hong"
title = "Sông Hồng"
[[sites]]
name = "s1"
title = "Điểm Ba Đình"
commune = "00004"
[[sites.links]]
name = "fixed"
interface = "e"
medium = "fiber"
carrier = "song-hong"
[[sites]]
name = "s9"
title = "Điểm Đống Đa"
commune = "00070"
"""


def configuration(folder: Path) -> str:
    (folder / "inventory").mkdir()
    (folder / "inventory" / "city.toml").write_text(SITE, encoding="utf-8")
    path = folder / "collector.toml"
    path.write_text(f'state_dir = "{folder}"\ninventory_dir = "inventory"\n', encoding="utf-8")
    return str(path)


async def test_the_command_line_lists_what_the_store_knows(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with reporting_city(tmp_path) as city:
        incident = await city.cut("s1")
    config = ("--config", configuration(tmp_path))
    assert main(["sites", "ba dinh", "--json", *config]) == 0
    (site,) = json.loads(capfd.readouterr().out)["items"]
    assert (site["name"], site["state"], site["incidents"]) == ("s1", "down", [incident])
    assert main(["incidents", "--where", "sites=s1", "--where", "status=open", *config]) == 0
    assert incident in capfd.readouterr().out
    assert main(["carriers", "--csv", *config]) == 0
    assert "song-hong,Sông Hồng" in capfd.readouterr().out
    assert main(["sites", "--where", "status=not-installed", *config]) == 0
    table = capfd.readouterr().out
    assert "s9" in table
    assert "s1" not in table
    assert main(["sites", "--where", "colour=red", *config]) == 2
    assert "colour" in capfd.readouterr().err
    assert main(["sites", "--where", "colour", *config]) == 2


VIETNAMESE = {
    "sites": ("tên", "mất kết nối", "đang gửi dữ liệu", "nghiệm thu"),
    "links": ("điểm", "đường truyền", "đoạn lỗi", "đường truyền của nhà mạng tới điểm"),
    "incidents": ("mã", "đang diễn ra", "sự cố lớn", "bên phải xử lý", "nhà mạng", "kết thúc lúc"),
    "carriers": ("tên", "số đường truyền", "kết nối chậm/chập chờn"),
}
"""Of each list the first word of its head, and others that it has in a Vietnamese terminal."""


async def test_a_table_is_in_the_language_of_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reporting_city(tmp_path) as city:
        await city.cut("s1")
    config = ("--config", configuration(tmp_path))
    monkeypatch.delenv("LANGUAGE", raising=False)
    for name, (first, *words) in VIETNAMESE.items():
        tables = {}
        for language in ("C", "vi_VN.UTF-8"):
            monkeypatch.setenv("LC_ALL", language)
            assert main([name, *config]) == 0
            tables[language] = capfd.readouterr().out
        columns = lists._COLUMNS[name]
        assert tables["C"].splitlines()[0].split() == list(columns)
        text = tables["vi_VN.UTF-8"]
        assert text.startswith(f"{first}  ")
        assert [word for word in words if word not in text] == []
        english = {*columns, "reporting", "not-installed", "open", "major", "access"}
        assert english & set(re.split(r"\s+", text)) == set()


def test_a_token_is_made_listed_and_revoked(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = ("--config", configuration(tmp_path))
    create = ("api-token", "create", "Bảng điện tử", "--role", "carrier")
    assert main([*create, "--scope", "nobody", *config]) == 2
    assert main([*create, "--scope", "song-hong", *config]) == 0
    out = capfd.readouterr().out
    assert out.startswith("tsr_")
    assert main(["api-token", "list", *config]) == 0
    listed = capfd.readouterr().out
    assert "carrier song-hong" in listed
    assert out.strip() not in listed
    token_id = listed.splitlines()[1].split()[0]
    assert main(["api-token", "revoke", token_id, *config]) == 0
    assert main(["api-token", "revoke", token_id, *config]) == 1
