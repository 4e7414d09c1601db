"""Layouts stand beside the record, so that a process after a kill has all that batches refer to."""

from pathlib import Path

from tests.agent.spool.making import SERIES
from thongsuot_agent.spool.layouts import Layouts


def test_a_layout_that_has_grown_is_kept_beside_the_former_after_a_restart(tmp_path: Path) -> None:
    before = Layouts(tmp_path / "layouts")
    former = before.index_with(SERIES[:1])
    grown = before.index_with(SERIES[1:])
    assert grown.layout.series == before.index_with(SERIES).layout.series, "the former's included"
    assert (tmp_path / "layouts").stat().st_mode & 0o777 == 0o700, "nobody else's to read"
    after = Layouts(tmp_path / "layouts")
    after.load()
    assert after.layout(former.layout_id) == former.layout
    assert after.layout(grown.layout_id) == grown.layout


def test_a_half_written_layout_is_removed(tmp_path: Path) -> None:
    before = Layouts(tmp_path / "layouts")
    index = before.index_with(SERIES)
    (whole,) = (tmp_path / "layouts").iterdir()
    half = whole.with_name(f"{whole.name}.tmp")
    half.write_bytes(whole.read_bytes()[:10])
    after = Layouts(tmp_path / "layouts")
    after.load()
    assert list((tmp_path / "layouts").iterdir()) == [whole]
    assert after.layout(index.layout_id) == index.layout


def test_a_directory_that_takes_no_files_leaves_the_layouts_in_memory(tmp_path: Path) -> None:
    (tmp_path / "layouts").write_text("a file stands here")
    layouts = Layouts(tmp_path / "layouts")
    index = layouts.index_with(SERIES)
    assert layouts.layout(index.layout_id) == index.layout


def test_directories_above_the_layouts_are_made_and_a_layout_once_made_is_not_made_again(
    tmp_path: Path,
) -> None:
    directory = tmp_path / "run" / "layouts"
    layouts = Layouts(directory)
    index = layouts.index_with(SERIES)
    assert [file.name for file in directory.iterdir()] == [index.layout_id.hex()]
    assert layouts.index_with(SERIES[:1]) is index, "it has that series already"
    assert Layouts(directory).layout(index.layout_id) is None, "before it is read"
