"""``init`` and ``ca renew-server``: from an empty folder to a collector that lets a device in."""

import asyncio
import os
import re
import signal
import ssl
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from tests.collector.running import WITHIN_S
from thongsuot_collector.cli.main import main
from thongsuot_schema.enrolment import PATH_ENROL, TOKEN_PREFIX, token_digest

COLLECTOR = (sys.executable, "-m", "thongsuot_collector.cli.main")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "etc" / "thongsuot"


def arguments(place: Path, *more: str) -> tuple[str, ...]:
    return (
        "init", "--config", str(place / "collector.toml"), "--host", "127.0.0.1",
        "--host", "collector.example", "--state-dir", str(place.parent / "state"),
        "--site", "hoan-kiem-1", "--title", "Phường Hoàn Kiếm", "--commune", "00070", *more,
    )  # fmt: skip


@asynccontextmanager
async def running(config: Path) -> AsyncIterator[str]:
    """Run a collector as its unit does; yields the address that it says."""
    process: Process = await asyncio.create_subprocess_exec(
        *COLLECTOR, "run", "--config", str(config), stdout=PIPE
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        match = re.search(r"https://\S+:(\d+)/", line)
        assert match, line
        yield f"https://127.0.0.1:{match[1]}"
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


def secret_after(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(word)).split()[-1]


async def test_after_init_the_collector_runs_shows_itself_and_lets_the_first_device_in(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = place / "collector.toml"
    assert main(arguments(place)) == 0
    config.write_text(config.read_text().replace("[::]:8480", "127.0.0.1:0"))
    password = (place / "collector" / "page.password").read_text().strip()
    assert "account engineer" in capsys.readouterr().out
    assert main(("enrol", "hoan-kiem-1", "--config", str(config))) == 0
    code = capsys.readouterr().out.strip()

    trusted = ssl.create_default_context(cafile=place.parent / "state" / "ca" / "ca.pem")
    async with (
        running(config) as url,
        httpx.AsyncClient(verify=trusted, base_url=url, timeout=WITHIN_S) as client,
    ):
        assert (await client.get("/")).status_code == 401
        page = await client.get("/", auth=("clerk", password))
        assert page.status_code == 200
        assert "Hoàn Kiếm" in page.text
        digest = token_digest(TOKEN_PREFIX + "a" * 43)
        enrolled = await client.post(PATH_ENROL, json={"code": code, "token_digest": digest})
        assert enrolled.json()["site"] == "hoan-kiem-1"


def test_init_run_again_changes_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(place)) == 0
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    account = secret_after(capsys.readouterr().out, "account")
    assert main(arguments(place)) == 0
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before
    again = capsys.readouterr().out
    assert account not in again
    assert f"{place / 'collector.toml'} is there already" in again


def test_the_next_steps_are_in_the_language_of_the_terminal(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    assert main(arguments(place)) == 0
    said = capsys.readouterr().out
    assert f"đã tạo {place / 'collector.toml'}" in said
    assert "mật khẩu (chỉ hiện một lần): " in said
    steps = said.partition("\nTiếp theo:\n")[2].splitlines()
    assert [step[:2] for step in steps] == ["1.", "2.", "3.", "4.", "  "]
    assert steps[3].startswith("4. Đăng ký thiết bị đầu tiên: ")


def test_init_leaves_only_the_certificate_of_the_authority_readable_to_others(place: Path) -> None:
    old = os.umask(0)
    try:
        assert main(arguments(place)) == 0
    finally:
        os.umask(old)
    everything = (*place.rglob("*"), *(place.parent / "state").rglob("*"))
    for_all = {path.name for path in everything if path.is_file() and path.stat().st_mode & 0o007}
    assert for_all <= {"ca.pem"}


def test_a_certificate_of_somebody_else_is_used_and_never_renewed(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issued = trustme.CA().issue_cert("collector.example")
    pem, key = tmp_path / "city.pem", tmp_path / "city.key"
    issued.cert_chain_pems[0].write_to_path(pem)
    issued.private_key_pem.write_to_path(key)
    files = ("--certificate-file", str(pem), "--key-file", str(key))
    assert main(arguments(place, *files)) == 0
    assert str(pem) in (place / "collector.toml").read_text()
    assert not (place / "collector" / "certificate.pem").exists()
    assert main(("ca", "renew-server", "--config", str(place / "collector.toml"))) == 1
    assert "issued by somebody else" in capsys.readouterr().err


def test_the_listeners_certificate_is_renewed_for_the_same_hosts(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(place)) == 0
    certificate = place / "collector" / "certificate.pem"
    before = certificate.read_bytes()
    config = ("--config", str(place / "collector.toml"))
    assert main(("ca", "renew", *config)) == 0
    capsys.readouterr()
    assert main(("ca", "renew-server", *config)) == 0
    assert "collector.example, 127.0.0.1" in capsys.readouterr().out
    assert certificate.read_bytes() != before
    assert main(("check-config", *config)) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--site", "Hoàn Kiếm"), "cannot name a site"),
        (("--key-file", "x"), "belong together"),
        (("--host", "not a host"), "neither the name of a host nor an address"),
        (("--commune", "99999"), "99999"),
    ],
)
def test_a_mistake_is_named(
    place: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    assert main(arguments(place, *words)) != 0
    assert sentence in capsys.readouterr().err
