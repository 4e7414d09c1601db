"""A picture of each board from the lab's data: well-formed, complete, nothing outside of it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.dashboards.recording.__main__ import CHOSEN
from tests.dashboards.recording.filled_prometheus import RecordedLabData
from thongsuot_dashboards.boards import load
from thongsuot_dashboards.picture.__main__ import main
from thongsuot_dashboards.text import Language

pytestmark = pytest.mark.servers

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", load())
def test_a_board_is_drawn_whole(
    name: str, language: Language, lab_data: RecordedLabData, tmp_path: Path
) -> None:
    file = tmp_path / f"{name}.svg"
    choose = [f"--choose={key}={value}" for key, value in CHOSEN.get(name, {}).items()]
    main(
        [
            name,
            f"--prometheus={lab_data.server.url}",
            f"--until={lab_data.asked_s}",
            f"--hours={lab_data.recording.length_s / 3600}",
            f"--language={language}",
            f"--output={file}",
            *choose,
        ]
    )
    root = ET.fromstring(file.read_text("utf-8"))
    written = [element.text for element in root.iter(f"{SVG}text")]
    board = json.loads(load()[name].to_json(language))
    for panel in board["panels"]:
        assert any(text and panel["title"].startswith(text[:12]) for text in written), panel[
            "title"
        ]
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(element.attrib[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width + 0.2, ET.tostring(element)
        assert 0 <= y <= y + h <= height + 0.2, ET.tostring(element)
        assert w >= 0, ET.tostring(element)
