"""The command line as a person uses it; ``run`` is a process of its own (``app/test_kill``)."""

import json
import os
import pwd
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from thongsuot_collector.cli.main import build_parser, main
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch import kernel


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "collector.toml"
    path.write_text('state_dir = "state"\n')
    return path


def say(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_check_config_lists_sites_sinks_channels_and_files(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = say(capsys, "check-config", "--config", config)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        f"{config}: good; sites: 0; sinks: none; channels: none",
        f"journal: {config.parent / 'state' / 'journal.sqlite'}",
        f"store: {config.parent / 'state' / 'store.sqlite'}",
    ]


def test_a_mistake_in_configuration_or_inventory_is_named_and_ends_with_2(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text('state_dir = "state"\n\n[lisen]\n')
    status, out, err = say(capsys, "run", "--config", config)
    assert (status, out) == (2, "")
    assert err.startswith(f"{config}:3: ")
    folder = tmp_path / "inventory"
    folder.mkdir()
    (folder / "sites.toml").write_text('[[sites]]\nname = "a"\ncarrier = "x"\n')
    config.write_text('inventory_dir = "inventory"\n')
    status, _, err = say(capsys, "check-config", "--config", config)
    assert status == 2
    assert f"{folder}/sites.toml:3: " in err


def test_an_address_in_use_is_reported_and_exits_with_1(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(f'state_dir = "state"\n[listen]\naddress = "127.0.0.1:{port}"\n')
        status, _, err = say(capsys, "run", "--config", config)
    assert status == 1
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in err


def test_a_token_is_printed_only_when_it_is_created(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = say(capsys, "token", "create", "hoan-kiem", "--config", config)
    assert status == 0
    secret = out.strip()
    assert out == f"{secret}\n"
    _, listing, _ = say(capsys, "token", "list", "--config", config)
    assert "hoan-kiem" in listing
    assert secret not in listing
    token_id = listing.splitlines()[1].split()[0]
    words = ("token", "revoke", "hoan-kiem", "--id", token_id, "--config", config)
    assert say(capsys, *words)[0] == 0
    status, _, err = say(capsys, *words)
    assert status == 1
    assert "no token" in err
    _, listing, _ = say(capsys, "token", "list", "hoan-kiem", "--config", config)
    assert listing.splitlines()[1].split()[-1] != "-"


def test_a_token_for_what_cannot_name_a_site_is_refused(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = say(capsys, "token", "create", "Hoàn Kiếm", "--config", config)
    assert (status, out) == (2, "")
    assert "Hoàn Kiếm" in err


def test_a_token_for_a_site_that_the_inventory_lacks_is_made_with_a_word(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "sites.toml").write_text('[[sites]]\nname = "ba-dinh"\n')
    config.write_text('state_dir = "state"\ninventory_dir = "inventory"\n')
    status, out, err = say(capsys, "token", "create", "hoan-kiem", "--config", config)
    assert status == 0
    assert out.startswith("tst_")
    assert "hoan-kiem" in err


@pytest.mark.parametrize("words", [(), ("token",), ("token", "create"), ("fly",)])
def test_an_unknown_command_exits_with_2(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: thongsuot-collector" in capsys.readouterr().err


def test_a_reflector_that_is_not_configured_is_reported(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(capsys, "reflector", "--config", config) == (
        2,
        "",
        f"{config}: [reflector] has no address\n",
    )


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (("run",), "collector.toml"),
        (("check-config",), "collector.toml"),
        (("ca", "list"), "collector.toml"),
        (("watch",), "watch.toml"),
    ],
)
def test_each_command_reads_its_own_file_where_none_is_named(
    words: tuple[str, ...], file: str
) -> None:
    assert build_parser().parse_args(words).config == Path("/etc/thongsuot") / file


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    release = version("thongsuot-collector")
    printed = f"thongsuot-collector {release} (kernel: {kernel.IMPLEMENTATION})\n"
    assert capsys.readouterr().out == printed


def test_a_file_that_is_not_there_is_named_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing.toml"
    status, out, err = say(capsys, "check-config", "--config", missing)
    assert (status, out) == (2, "")
    assert err == f"thongsuot-collector: there is no file {missing}\n"


@pytest.fixture
def service() -> Iterator[Path]:
    """The configuration of a collector whose state is a folder of the user that runs the tests."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        state = Path(folder, "state")
        state.mkdir(mode=0o700)
        open_store(state / "store.sqlite").dispose()
        (state / "journal.sqlite").touch(mode=0o600)
        config = Path(folder, "collector.toml")
        config.write_text(f'state_dir = "{state}"\n', encoding="utf-8")
        yield config


COMMANDS = (
    "run",
    "audit",
    "token list",
    "sla --month 2026-11",
    "journal status",
    "verify",
    "ca list",
)

AS_ANOTHER_USER = """
import contextlib, io, json, logging, sys
from thongsuot_collector.cli.main import main
for words in sys.argv[2:]:
    logging.root.handlers.clear()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([*words.split(), "--config", sys.argv[1]])
    print(json.dumps([status, out.getvalue(), err.getvalue()]))
"""
"""Plays all commands in one process: to start one costs more than all that they do."""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_command_run_by_the_wrong_user_names_the_right_one_in_one_sentence(service: Path) -> None:
    command = [
        *("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"),
        *(sys.executable, "-c", AS_ANOTHER_USER, str(service), *COMMANDS),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    user = pwd.getpwuid(os.geteuid()).pw_name
    for words, line in zip(COMMANDS, done.stdout.splitlines(), strict=True):
        status, out, err = json.loads(line)
        assert (status, out) == (1, ""), words
        (sentence,) = err.splitlines()
        assert sentence.startswith("thongsuot-collector: user nobody may not use "), words
        assert f"run this as the user {user}" in sentence


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_read_only_file_system_is_not_taken_for_the_wrong_user(service: Path) -> None:
    state = service.parent / "state"
    remounted = f"mount --bind {state} {state} && mount -o remount,bind,ro {state}"
    command = [sys.executable, "-c", AS_ANOTHER_USER, str(service), *COMMANDS]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f'{remounted} && exec "$@"', "sh", *command],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    for words, line in zip(COMMANDS, done.stdout.splitlines(), strict=True):
        status, _, err = json.loads(line)
        assert (status, "read-only file system" in err) == (1, True), (words, err)


def test_a_store_that_cannot_be_read_is_reported_in_the_language_of_the_terminal(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    (config.parent / "state").mkdir()
    store = config.parent / "state" / "store.sqlite"
    store.write_bytes(b"no database" * 1000)
    status, out, err = say(capsys, "token", "list", "--config", config)
    assert (status, out) == (1, "")
    assert err.startswith(
        f"thongsuot-collector: kho dữ liệu {store} bị hỏng, không đọc được gì: hãy khôi phục"
    )


@pytest.mark.parametrize("words", ["journal status", "account ba-dinh"])
def test_a_file_that_is_not_a_journal_is_reported_in_one_sentence(
    config: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    (config.parent / "state").mkdir()
    journal = config.parent / "state" / "journal.sqlite"
    journal.write_bytes(b"no database" * 1000)
    assert say(capsys, *words.split(), "--config", config) == (
        1,
        "",
        (
            f"thongsuot-collector: cannot read the journal {journal}: file is not a database; "
            "where it is damaged, `thongsuot-collector salvage` copies what can be read\n"
        ),
    )


def test_a_journal_of_a_newer_collector_is_not_read(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "state").mkdir()
    with closing(sqlite3.connect(config.parent / "state" / "journal.sqlite")) as journal:
        journal.execute("PRAGMA user_version = 999")
    status, out, err = say(capsys, "journal", "status", "--config", config)
    assert (status, out) == (1, "")
    assert "the journal is of version 999, this collector knows up to " in err
    assert err.endswith("; install the newer collector again\n")


def test_a_file_in_a_missing_folder_is_reported_by_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "nowhere" / "collector.toml"
    status, out, err = say(capsys, "check-config", "--config", file)
    assert (status, out) == (2, "")
    assert err == f"thongsuot-collector: there is no folder {file.parent} (for {file})\n"
