"""Code that no code of the product uses is found; what a framework calls is not taken for it."""

from pathlib import Path

from tools.dead_code import ROOT, USED_BY, dead_names

from tests.contract.house import plant


def test_a_function_that_nothing_calls_is_found_and_one_of_a_framework_is_not(
    tmp_path: Path,
) -> None:
    text = "def used(): ...\n\ndef dead():\n    return used()\n\ndef do_GET(): ...\n"
    plant(tmp_path, "agent/src/thongsuot_agent/x.py", text)
    assert dead_names(tmp_path) == ["agent/src/thongsuot_agent/x.py:3: function dead"]


def test_each_name_that_is_excused_is_still_there() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for room in ("schema", "agent", "collector", "dashboards", "lab")
        for path in (ROOT / room / "src").rglob("*.py")
    )
    assert {name for name in USED_BY if name not in sources} == set()
