"""The command: what it prints of generated scenarios, writes into a page, and plays again."""

from pathlib import Path

import pytest

from thongsuot_lab.truth.__main__ import main
from thongsuot_lab.truth.grammar import scenario
from thongsuot_lab.truth.report import PAGE_BEGIN, PAGE_END

COUNT = 3


def test_scenarios_are_summed_up_on_the_screen_and_in_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "truth.md"
    page.write_text(f"# Truth\n\n{PAGE_BEGIN}\nold figures\n{PAGE_END}\n\nThe end.\n", "utf-8")
    options = ["--seed", "4", "--count", str(COUNT), "--jobs", "1", "--page", str(page)]
    code = main([*options, "--recordings", str(tmp_path / "recordings")])
    printed = capsys.readouterr().out
    assert f"scenarios        {COUNT} with " in printed
    text = page.read_text("utf-8")
    assert text.startswith("# Truth\n")
    assert text.endswith("The end.\n")
    assert "old figures" not in text
    assert f"`./run truth --seed 4 --count {COUNT}`" in text
    # What failed is told with the command that plays it again, and is recorded.
    failed = {line.split()[-1] for line in printed.splitlines() if "--play" in line}
    recorded = {
        file.name.rsplit("-", 1)[0].replace("-", ":")
        for file in (tmp_path / "recordings").glob("*.jsonl")
    }
    assert failed == recorded
    assert not code or failed, "a goal that is missed has a scenario to show"


@pytest.mark.parametrize("is_metered", [False, True])
def test_one_scenario_is_told_as_a_story_and_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_metered: bool
) -> None:
    metered = ["--metered"] if is_metered else []
    main(["--play", "4:0", *metered, "--recordings", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0].count("/metered ") == len(scenario(4, 0).city.sites)) is is_metered
    assert any("fault 0 begins: " in line for line in lines)
    recordings = [
        line.rpartition(" ")[2] for line in lines if line.startswith("recording: thongsuot-agent")
    ]
    assert recordings
    assert all(Path(file).stat().st_size > 0 for file in recordings)
