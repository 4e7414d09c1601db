"""The leaflet for the wall beside a counter: one A4, in both languages, or one sentence why not."""

import io
import unicodedata
from pathlib import Path

import pytest
from pypdf import PdfReader

from thongsuot_collector.cli.main import main
from thongsuot_collector.inventory.read import read_directory
from thongsuot_collector.leaflet.document import leaflet_document
from thongsuot_schema.page.step_pictures import picture_alternative
from thongsuot_schema.words.sentence import StepPicture

INVENTORY = """
[[carriers]]
name = "vnpt"
title = "VNPT"
hotline = "1800 1166"
[[carriers]]
name = "fpt"
title = "FPT Telecom"
[[sites]]
name = "hoan-kiem"
title = "Điểm Phục vụ hành chính công phường Hoàn Kiếm"
commune = "00070"
"""

LINK = """
[[sites.links]]
name = "{name}"
interface = "{name}"
medium = "fiber"
carrier = "{carrier}"
circuit = "HNI-FTTH-{name}"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "inventory").mkdir()
    lines = LINK.format(name="eth0", carrier="vnpt") + LINK.format(name="eth1", carrier="fpt")
    (tmp_path / "inventory" / "city.toml").write_text(INVENTORY + lines, encoding="utf-8")
    file = tmp_path / "collector.toml"
    file.write_text(
        'inventory_dir = "inventory"\n[page]\nsupport_hotline = "024 3000 0000"\n'
        '[notify]\npage_url = "https://thongsuot.example/"\n',
        encoding="utf-8",
    )
    return file


def made(config: Path, *words: str) -> list[str]:
    """Return the text of each page of the leaflet."""
    out = config.parent / "leaflet.pdf"
    assert main(["leaflet", "hoan-kiem", "--config", str(config), "--out", str(out), *words]) == 0
    pages = PdfReader(io.BytesIO(out.read_bytes())).pages
    return [" ".join(unicodedata.normalize("NFC", page.extract_text()).split()) for page in pages]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("vi", ("Mạng có vấn đề?", "Quét mã bằng điện thoại", "hỏi bộ phận hỗ trợ")),
        ("en", ("Trouble with the network?", "Scan the code", "ask the support desk")),
    ],
)
def test_it_says_what_to_open_and_whom_to_call(
    config: Path, language: str, sentences: tuple[str, ...]
) -> None:
    (text,) = made(config, "--lang", language)
    figures = ("1800 1166", "HNI-FTTH-eth0", "024 3000 0000", "phường Hoàn Kiếm")
    for part in (*sentences, *figures, "https://thongsuot.example/sites/hoan-kiem"):
        assert part in text, part


def test_the_lamp_and_the_plug_to_look_at_are_drawn_beside_their_steps(config: Path) -> None:
    directory = read_directory(str(config.parent / "inventory"))
    sheet = leaflet_document("hoan-kiem", "http://192.168.1.20/", directory, "vi", hotline="")
    drawn = {step.alternative for step in sheet.steps if step.picture}
    assert drawn == {
        picture_alternative(picture, "vi")
        for picture in (StepPicture.LOS_LAMP, StepPicture.POWER, StepPicture.BACKUP)
    }
    for step in sheet.steps:
        speaks_of_one = "đèn" in step.text or "dây" in step.text
        assert bool(step.picture) == speaks_of_one, step.text


def test_the_points_own_backup_instructions_replace_the_general_ones(
    config: Path,
) -> None:
    file = config.parent / "inventory" / "city.toml"
    text = file.read_text("utf-8").replace(
        'commune = "00070"', 'commune = "00070"\nbackup_instructions = "Cắm dây vào cổng số 2"'
    )
    file.write_text(text, encoding="utf-8")
    (text,) = made(config, "--url", "http://192.168.1.20:8080/")
    assert "Cắm dây vào cổng số 2" in text
    assert "bộ phát 5G" not in text
    assert "http://192.168.1.20:8080/" in text


def test_a_point_with_many_lines_still_has_one_sheet(config: Path) -> None:
    file = config.parent / "inventory" / "city.toml"
    more = "".join(LINK.format(name=f"wan{at}", carrier="vnpt") for at in range(6))
    file.write_text(file.read_text("utf-8") + more, encoding="utf-8")
    assert len(made(config)) == 1


def test_a_missing_requirement_is_one_sentence(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["leaflet", "hoan-kim", "--config", str(config)]) == 2
    assert "did you mean 'hoan-kiem'" in capsys.readouterr().err
    config.write_text('inventory_dir = "inventory"\n', encoding="utf-8")
    assert main(["leaflet", "hoan-kiem", "--config", str(config)]) == 1
    assert "--url" in capsys.readouterr().err
