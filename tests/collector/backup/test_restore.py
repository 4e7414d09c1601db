"""A restore that is killed is completed by the next one, and no collector starts on the half."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.collector.journal.journal_contract import entry
from thongsuot_collector.app.durable import open_embedded_store
from thongsuot_collector.backup.create import Source, create_backup
from thongsuot_collector.backup.restore import restore_backup
from thongsuot_collector.errors import BackupError, StoreError
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    """The backup of a collector that has run."""
    state = tmp_path / "old" / "state"
    journal = open_journal(state / "journal.sqlite", committed=lambda _jobs, _took_s: None)
    for number in range(1, 6):
        await journal.append(entry(number))
    await journal.close()
    store = open_store(state / "store.sqlite")
    tokens.create(store, "hoan-kiem")
    store.dispose()
    (state / "links.key").write_text("a key")
    config = tmp_path / "old" / "collector.toml"
    config.write_text('state_dir = "state"\n')
    source = Source(
        databases=(state / "store.sqlite", state / "journal.sqlite"),
        folders=(state,),
        files=(config,),
    )
    into = tmp_path / "backups"
    return create_backup(source, into, program="test", progress=lambda *_: None)[0]


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "collector.lock"
    }


def old_folder_in(root: Path, tmp_path: Path) -> Path:
    return root / str(tmp_path / "old").lstrip("/")


def test_a_restore_killed_at_any_step_is_completed_by_the_next_one(
    backup: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.collector.backup.restore_killer"]
    subprocess.run([*command, str(backup), str(tmp_path / "killed")], check=True)
    roots = sorted((tmp_path / "killed").iterdir(), key=lambda root: int(root.name))
    whole = files_below(old_folder_in(roots.pop(), tmp_path))
    assert len(roots) > 20
    assert set(whole) == {
        "collector.toml",
        "state/journal.sqlite",
        "state/links.key",
        "state/store.sqlite",
    }
    refused = 0
    for root in roots:
        folder = old_folder_in(root, tmp_path)
        left = files_below(folder)
        if left and left != whole:
            with pytest.raises(StoreError, match=r"restore|no store"):
                open_embedded_store(folder / "state")
            refused += 1
            assert files_below(folder) == left, root.name
        restore_backup(backup, root=root)
        assert files_below(folder) == whole, root.name
    assert refused > 10


@pytest.mark.parametrize("end", ["-wal", ".recovered", ".damaged", ".lost"])
@pytest.mark.parametrize("name", ["store.sqlite", "journal.sqlite"])
def test_nothing_is_restored_beside_what_would_be_taken_for_its_own(
    backup: Path, tmp_path: Path, name: str, end: str
) -> None:
    root = tmp_path / "new"
    state = old_folder_in(root, tmp_path) / "state"
    state.mkdir(parents=True)
    (state / f"{name}{end}").write_text("of another collector")
    with pytest.raises(BackupError, match=f"{name}{end} is there already"):
        restore_backup(backup, root=root)
    assert set(files_below(root)) == {str((state / f"{name}{end}").relative_to(root))}
