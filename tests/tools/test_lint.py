"""What lint checks of files that were added: themselves, and what only the whole tree shows."""

import subprocess
from pathlib import Path

from tools.lint import added_commands, added_files, commands

from tests.contract.house import plant

ALONE = {"types (mypy)", "types (basedpyright)", "style", "format"}


def test_added_files_are_those_staged_or_unknown_to_git_and_no_edited_ones(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True
        )

    git("init", "-q")
    plant(tmp_path, "old.py", "")
    plant(tmp_path, ".gitignore", "left_out.py\n")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    plant(tmp_path, "room/staged.py", "a = 1\n")
    plant(tmp_path, "room/page.md", "text\n")
    git("add", ".")
    plant(tmp_path, "room/meant.py", "a = 2\n")
    git("add", "--intent-to-add", ".")
    plant(tmp_path, "room/unknown.py", "b = 1\n")
    plant(tmp_path, "old.py", "edited = 1\n")
    plant(tmp_path, "left_out.py", "c = 1\n")
    assert added_files(tmp_path) == ["room/meant.py", "room/staged.py", "room/unknown.py"]


def test_style_and_types_are_asked_of_the_added_files_alone() -> None:
    checks = added_commands(["room/staged.py"])
    assert {name for name, words in checks.items() if "room/staged.py" in words} == ALONE
    assert all("." not in checks[name] for name in ALONE)


def test_checks_that_need_the_whole_tree_get_it_even_with_nothing_added() -> None:
    every_change = commands()
    nothing, one = added_commands([]), added_commands(["room/staged.py"])
    assert nothing == {name: words for name, words in one.items() if name not in ALONE}
    assert nothing == {name: every_change[name] for name in nothing}
    assert {"borders", "dead code", "spelling", "hosts and paths", "secrets"} == nothing.keys()
