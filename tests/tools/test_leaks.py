"""No secret gets into the repository unseen. What looks like one here is put together when run."""

import subprocess
from pathlib import Path

import pytest
from tools import leaks

RANDOM = "q7Zp2Lx9" + "Vb4Kt8Rw" + "Yd6Hn3Mc"

SECRETS = [
    "-----BEGIN RSA PRIVATE " + "KEY-----",
    "-----BEGIN OPENSSH PRIVATE " + "KEY-----",
    "x = 'ghp_" + "a1B2" * 9 + "'",
    "AKIA" + "ABCDEFGH12345678",
    "url: https://admin:" + "hunter22@db.example/",
    "nbt_" + "abcdefgh." + "a1B2" * 10,
    "tst_" + "a1B2" * 11,
    "123456789:AA" + "a1B2c3D4e5F" * 3,
    f'password = "{RANDOM}"',
    f'"api_key": "{RANDOM}"',
    f"TOKEN={RANDOM}",
    f"community: {RANDOM}",
]

OTHERS = [
    'token_file = "secrets/agent-1.token"',
    'password = "correct horse battery staple"',
    "token = tokens.create(store, site_1)",
    "secret: thongsuot-agent-0.1.0-py3-none-any.whl",
    'url = "https://user:password@smtp.example"',
    "https://{user}:{password}@host.example",
    f"sha256:{RANDOM}",
    "community = 'publicpublicpublic1'",
]


@pytest.mark.parametrize("line", SECRETS)
def test_possible_secrets_are_found_with_their_line(line: str) -> None:
    assert [number for number, _ in leaks.found("a.py", f"\n{line}\n".encode())] == [2]


@pytest.mark.parametrize("line", OTHERS)
def test_text_that_only_mentions_secrets_is_left_alone(line: str) -> None:
    assert list(leaks.found("a.py", line.encode())) == []


def test_a_line_that_says_why_it_has_to_look_so_is_left_alone() -> None:
    line = SECRETS[0]
    assert list(leaks.found("a.py", f"{line}  # no secret: cut off\n".encode())) == []
    assert list(leaks.found("a.py", f"# no secret: cut off\n{line}\n".encode())) == []
    assert list(leaks.found("a.py", f"# no secret: of the next\n\n{line}\n".encode())) != []


def test_files_that_hold_nothing_else_are_found_by_name() -> None:
    for name in ("agent.key", "deploy/id_ed25519", ".env", "a/b.p12"):
        assert list(leaks.found(name, b"")) == [(0, "a file that holds secrets")]
    for name in ("keys.py", "monkey.toml", "environment"):
        assert list(leaks.found(name, b"")) == []


def test_a_tracked_file_is_found_and_what_it_holds_is_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text(f'x = 1\npassword = "{RANDOM}"\n')
    (tmp_path / "untracked.toml").write_text(f'password = "{RANDOM}"\n')
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "a.toml"], cwd=tmp_path, check=True)
    assert leaks.check(tmp_path) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("a.toml:2: a value that looks like a password")
    assert RANDOM not in printed
    assert "untracked" not in printed
