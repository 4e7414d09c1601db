"""Which files hold tests of real things, seen without importing them."""

from pathlib import Path

import pytest

from tests import policy
from tests.real_things import REAL_THINGS, pytest_ignore_collect

# Not written out: this file has no such test, and must not look like one that has.
MARK = "@pytest.mark" + ".servers"


def test_only_files_that_show_a_mark_are_read(tmp_path: Path) -> None:
    marked, plain = tmp_path / "test_marked.py", tmp_path / "test_plain.py"
    marked.write_text(f"{MARK}\ndef test_it(): ...\n", "utf-8")
    plain.write_text("def test_it(landmark, servers): ...\n", "utf-8")
    assert pytest_ignore_collect(marked) is None
    assert pytest_ignore_collect(plain) is True
    assert pytest_ignore_collect(tmp_path) is None
    assert pytest_ignore_collect(tmp_path / "conftest.py") is None


@pytest.mark.parametrize("mark", REAL_THINGS)
def test_a_mark_that_its_file_does_not_show_is_refused(
    request: pytest.FixtureRequest, mark: str
) -> None:
    items = [request.node]
    policy.pytest_collection_modifyitems(items)
    request.node.add_marker(mark)
    with pytest.raises(pytest.UsageError, match="has to show the mark"):
        policy.pytest_collection_modifyitems(items)
