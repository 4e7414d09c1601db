"""Every command beside a running collector: it does its work or refuses, and hurts nobody."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.collector.app.stage import SITE, NotifyingStack
from tests.collector.command_line import run_command
from tests.collector.store.test_former_copy import rows_of, store_of_version_9
from tests.contract.test_command_results import leaves
from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.cli.main import build_parser
from thongsuot_collector.store.folder_lock import lock_folder
from thongsuot_schema.state import State

OTHER = "ba-dinh"
NOWHERE = "http://127.0.0.1:1/"

DONE: dict[str, list[str]] = {
    "init": ["--host", "localhost", "--state-dir", "{state}"],
    "check-config": [],
    "token create": [OTHER],
    "token list": [],
    "token revoke": [OTHER],
    "enrol": [OTHER],
    "audit": [],
    "person add": ["an", "--role", "city-reader"],
    "person list": [],
    "person change": ["an", "--role", "city-engineer"],
    "person sessions": ["an"],
    "person sign-out": ["an"],
    "person remove": ["an"],
    "desk-key create": ["vnpt"],
    "desk-key list": [],
    "api-token create": ["a program"],
    "api-token list": [],
    "sites": [],
    "links": [],
    "incidents": [],
    "carriers": [],
    "maintenance add": ["--site", SITE, "--to", "2100-01-01T00:00"],
    "maintenance list": [],
    "request-test": [SITE, "http"],
    "site-configs": [],
    "journal status": [],
    "verify": [],
    "dead-letters list": [],
    "dead-letters retry": ["--site", SITE],
    "account": [],
    "backup": ["--to", "{folder}/backups"],
    "notify test": ["vnpt"],
    "ca renew": [],
    "ca show": [],
    "ca list": [],
    "signing-keys list": [],
    "export": ["--from", "2026-01-01", "--out", "{folder}/results.csv", "--format", "csv"],
    "sla": ["--month", "2026-01", "--out", "{folder}/statements"],
    "leaflet": [SITE, "--url", NOWHERE, "--out", "{folder}/leaflet.pdf"],
    "commissioning": [SITE],
}
"""What works beside a collector, each with the arguments of a usual call."""

REFUSED: dict[str, tuple[list[str], str]] = {
    "run": ([], "in use by PID"),
    "downgrade": ([], "in use by PID"),
    "journal copy": (["--config", "{folder}/shared.toml"], "in use by PID"),
    "store copy": (["--config", "{folder}/shared.toml"], "in use by PID"),
    "restore": (["{backup}"], "is there already"),
    "salvage": (["{state}/journal.sqlite", "--to", "{state}/store.sqlite"], "is there already"),
    "person reset-second-factor": (["an"], "no second factor"),
    "desk-key revoke": (["1"], "no link 1"),
    "api-token revoke": (["1"], "no token 1"),
    "maintenance end": (["1"], "no work named 1"),
    "dead-letters show": (["1"], "no dead letter 1"),
    "accept-loss": (["--damage", "--by", "An", "--reason", "a disk"], "no damage"),
    "ca init": ([], "an authority already"),
    "ca renew-server": (["--host", "localhost"], "certificate_file"),
    "ca revoke": ([OTHER], "no such good certificate"),
    "signing-keys retire": ([SITE, "--reason", "lost"], "no such key"),
    "inventory netbox": (["--url", NOWHERE, "--token-file", "{secret}"], "refused"),
}
"""What refuses: it needs the files for itself, or does not find what it is asked about."""

NO_STATE = {"reflector", "watch", "mcp"}
"""What runs until it is stopped, and opens neither journal nor store."""


def test_no_command_is_forgotten() -> None:
    commands = {" ".join(words) for words, _ in leaves(build_parser(), ())}
    assert commands == {*DONE, *REFUSED, *NO_STATE}


async def test_every_command_beside_a_collector_leaves_it_its_files_and_its_pushes(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "collector"
    folder.mkdir()
    stack = NotifyingStack(folder)
    await stack.collector.start()
    state = folder / "state"
    (folder / "shared.toml").write_text(
        f'state_dir = "{state}"\n'
        '[journal]\nurl = "postgresql://127.0.0.1:1/t"\n'
        '[store]\nurl = "postgresql://127.0.0.1:1/t"\n'
    )
    (state / f"{STORE_FILE}.version-1-1").touch()
    files = [state / STORE_FILE, state / JOURNAL_FILE]
    places = {"folder": folder, "state": state, "secret": folder / "secret", "backup": ""}
    before = [file.stat().st_ino for file in files]
    pushed = 0
    try:
        for words in (*DONE, *REFUSED):
            arguments, text = REFUSED.get(words, (DONE.get(words, []), ""))
            line = [*words.split(), "--config", str(stack.collector.config)]
            line += [argument.format(**places) for argument in arguments]
            status, output = await run_command(*line)
            assert "Traceback" not in output, (words, output)
            assert (status != 0) == (words in REFUSED), (words, output)
            assert text in output, (words, output)
            assert [file.stat().st_ino for file in files] == before, words
            assert (await stack.report(State.UP)).status_code == 200, words
            pushed += 1
            if words == "backup":
                (places["backup"],) = (folder / "backups").iterdir()
        assert await stack.collector.end() == 0
        log = stack.collector.log()
        assert " ERROR " not in log, log
        assert "Traceback" not in log, log
    finally:
        await stack.close()
    for file in files:
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    with closing(sqlite3.connect(state / JOURNAL_FILE)) as connection:
        numbers = connection.execute("SELECT number FROM entries ORDER BY number").fetchall()
    assert numbers == [(number,) for number in range(1, pushed + 1)]


async def test_a_command_of_a_newer_program_does_not_migrate_the_store_under_a_collector(
    tmp_path: Path,
) -> None:
    """An older one that runs, until it is restarted, would not find its tables again."""
    state = tmp_path / "state"
    state.mkdir()
    store = store_of_version_9(state)
    before = rows_of(store)
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\n')
    with lock_folder(state):
        status, output = await run_command("token", "list", "--config", config)
        assert (status, "in use by PID" in output) == (1, True), output
        assert rows_of(store) == before
    assert (await run_command("token", "list", "--config", config))[0] == 0
    assert rows_of(store) != before
