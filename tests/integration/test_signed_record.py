"""
A signed record: what a real device's agent signed is told from what somebody else made of it, also
by those who have the collector's files and make the whole chain again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.agent.spool.making import result, spool_at
from tests.collector.pki.secured import enrolled, new_authority
from tests.collector.running import collector, token
from tests.integration.device import drain, pushing
from thongsuot_agent.identity.certificate_file import CertificateFile
from thongsuot_agent.identity.signer import BatchSigner
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.cli.main import main
from thongsuot_schema.batch.decode import read_header
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.encode import encode_batch, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.model import Batch

SITE = "site-1"
BATCHES = 6


@pytest.fixture
async def state(tmp_path: Path) -> Path:
    """The folder of a collector that has taken the record of a device that signs."""
    folder = tmp_path / "state"
    new_authority(folder)
    file = enrolled(folder, SITE).both(tmp_path)
    file.chmod(0o600)
    pair = CertificateFile(file, wall_s=lambda: None)
    signer = BatchSigner(lambda: pair.key_pem)
    async with collector(folder) as client:
        secret = token(folder, SITE)
        spool = spool_at(tmp_path / "device")
        await spool.open()
        for serial in range(1, BATCHES):
            spool.add_entry(result(serial))
            spool.seal()
        async with pushing(spool, str(client.base_url), secret, sign=signer) as uplink:
            await drain(spool, uplink)
        await spool.close()
    assert signer.problem == ""
    return folder


@contextmanager
def journal(state: Path) -> Iterator[sqlite3.Connection]:
    """Open the journal for writing, as somebody may who has the machine."""
    with closing(sqlite3.connect(state / JOURNAL_FILE)) as connection, connection:
        yield connection


def verified(state: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return how ``verify`` ends, and what it says."""
    config = state.parent / "collector.toml"
    config.write_text(f'state_dir = "{state}"\n')
    status = main(["verify", "--config", str(config)])
    return status, capsys.readouterr().out


async def test_the_record_of_a_device_with_a_key_is_signed_and_verified(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = verified(state, capsys)
    assert status == 0, out
    with journal(state) as connection:
        kept = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
    assert kept >= BATCHES - 1
    assert f"signed: {kept}; intact" in out


async def test_a_chain_that_was_rewritten_as_a_whole_is_found(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with journal(state) as connection:
        rows = connection.execute("SELECT sequence, body FROM entries ORDER BY number").fetchall()
        previous = b""
        for sequence, body in rows:
            header = read_header(body)
            nothing_happened = Batch(
                site=header.site,
                stream=header.stream,
                number=header.number,
                boot_id=header.boot_id,
                clock=header.clock,
                previous=previous,
            )
            forged = encode_batch(nothing_happened, index_layout(sorted_layout(())))
            previous = digest_of(forged)
            connection.execute(
                "UPDATE entries SET body = ?, digest = ?, layout = x'' WHERE sequence = ?",
                (forged, previous, sequence),
            )
    status, out = verified(state, capsys)
    assert status == 1
    assert "does not follow" not in out, "the chain itself is whole"
    assert out.count("is not what key") == len(rows)


async def test_removed_signatures_and_foreign_keys_are_found(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with journal(state) as connection:
        connection.execute("UPDATE entries SET signature = x'' WHERE number = 2")
        connection.execute(
            "UPDATE entries SET signature = CAST(zeroblob(16) || substr(signature, 17) AS BLOB) "
            "WHERE number = 3"
        )
    status, out = verified(state, capsys)
    assert status == 1
    assert "batch 2 is not signed, although its site signed by then" in out
    assert f"batch 3 is signed by key {'00' * 16}, which is not on record for its site" in out


async def test_keys_are_listed_and_retired_by_hand(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ("--config", str(state.parent / "collector.toml"))
    verified(state, capsys)
    assert main(["signing-keys", "list", *config]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(SITE)]
    digest = line.split()[1]
    retire = ["signing-keys", "retire", SITE, "--reason", "another device", *config]
    assert main([*retire, "--key", "ff" * 32]) == 1
    assert main([*retire, "--key", digest[:12], "--by", "lan"]) == 0
    capsys.readouterr()
    assert main(retire) == 1, "none is left"
    # What it had signed until then stays signed.
    assert verified(state, capsys)[0] == 0
