"""The command as a person runs it: what it prints and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import thongsuot_agent
from tests.unmeasured import unmeasured
from thongsuot_agent.cli.main import build_parser, read_run_options
from thongsuot_agent.memory import BLOCKED_IMPORTS
from thongsuot_agent.version import VERSION

ROOT = Path(thongsuot_agent.__file__).parents[2]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "thongsuot_agent.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The least configuration, good."""
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text("secret", encoding="ascii")
    path = tmp_path / "agent.toml"
    path.write_text(
        f"""
        [site]
        name = "ba-dinh"
        [collector]
        url = "https://collector.example"
        token_file = "{token}"
        [spool]
        state_dir = "{tmp_path}/state"
        runtime_dir = "{tmp_path}/run"
        """,
        encoding="utf-8",
    )
    return path


def test_a_good_configuration_is_reported_as_good(config: Path) -> None:
    done = command("check-config", "--config", str(config))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{config}: good\nsite: ba-dinh\n")
    assert "probe icmp: every 5 s, metered every 20 s, to all targets it applies to" in done.stdout
    assert "secret" not in done.stdout
    assert not (config.parent / "state").exists(), "checking makes nothing"


def test_the_effective_configuration_is_available_to_programs(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    link = '[[links]]\nname = "5g"\ninterface = "wwan0"\nallowance_bytes = 2_000_000_000\n'
    config.write_text(text + link, encoding="utf-8")
    done = command("check-config", "--json", "--config", str(config))
    checked = json.loads(done.stdout)
    assert (checked["site"], checked["links"]) == ("ba-dinh", ["5g"])
    assert {probe["kind"]: probe["every_s"] for probe in checked["probes"]}["icmp"] == 5
    (allowance,) = checked["allowances"]
    assert allowance["allowance_bytes"] == 2_000_000_000
    assert 0 < allowance["used_bytes"] < allowance["allowance_bytes"]
    done = command("site-config", "--json", "--config", str(config))
    assert json.loads(done.stdout)["status"]["state"] == "none"


@pytest.mark.parametrize("name", ["check-config", "run"])
def test_a_wrong_configuration_ends_with_2_and_says_where(config: Path, name: str) -> None:
    text = config.read_text(encoding="utf-8").replace("token_file", "tokenfile")
    config.write_text(text, encoding="utf-8")
    done = command(name, "--config", str(config))
    assert done.returncode == 2
    expected = f'{config}:6: unknown key "tokenfile" in [collector]; did you mean "token_file"?\n'
    assert done.stderr == expected


def test_a_token_that_everybody_can_read_is_refused_at_start(config: Path) -> None:
    (config.parent / "token").chmod(0o644)
    done = command("run", "--config", str(config))
    assert done.returncode == 2
    assert "chmod 640" in done.stderr


def test_a_probe_can_be_run_by_hand() -> None:
    done = command("probe", "host", "--interface", "lo")
    assert done.returncode == 0
    assert done.stdout.startswith("host over lo: ok\n")
    assert "host_uptime_seconds" in done.stdout


def test_a_probe_over_an_interface_that_is_not_there_is_unmeasured() -> None:
    done = command("probe", "icmp", "192.0.2.1", "--interface", "absent0")
    assert done.returncode == 4
    assert done.stdout.startswith("icmp over absent0, ip4: unmeasured (interface_absent)\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("probe", "ping", "192.0.2.1"),
            "no probe 'ping'; known: counter, dns, egress, failover, fresh_echo, host, http, icmp",
        ),
        (("probe", "icmp"), "icmp cannot measure ''"),
        (("probe", "icmp", "192.0.2.1", "--set", "timeout"), "'timeout' is not KEY=VALUE"),
        (
            ("probe", "icmp", "192.0.2.1", "--set", "timeout_s=soon"),
            '"timeout_s" in [--set] must be a number, not "soon"',
        ),
        (
            ("probe", "icmp", "192.0.2.1", "--set", "timeout=1"),
            'unknown key "timeout" in [--set]; did you mean "timeout_s"?',
        ),
        (("replay", "absent.jsonl"), "absent.jsonl"),
        (("dance",), "invalid choice"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_why(
    arguments: tuple[str, ...], message: str
) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


RUNS = (
    ("run",),
    ("run", "--verbose"),
    ("run", "--config", "/a b/agent.toml", "--record", "events"),
    ("run", "--config", "first", "--config", "second", "--verbose", "--verbose"),
)


@pytest.mark.parametrize("words", RUNS)
def test_the_options_of_run_are_read_as_the_full_parser_would(words: tuple[str, ...]) -> None:
    parsed, options = build_parser().parse_args(words), read_run_options(words)
    assert options == (parsed.config, parsed.verbose, parsed.record)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("doctor",),
        ("run", "--help"),
        ("run", "--config"),
        ("run", "--config", "--verbose"),
        ("run", "--config=agent.toml"),
        ("run", "--verb"),
        ("run", "more"),
    ],
)
def test_other_commands_are_left_to_the_full_parser(words: tuple[str, ...]) -> None:
    assert read_run_options(words) is None


def test_the_resident_process_loads_no_parser() -> None:
    code = (
        "import sys; from thongsuot_agent.cli.main import main;"
        "code = main(['run', '--config', '/nonexistent/agent.toml']);"
        "print(code, 'argparse' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=unmeasured()
    )
    assert done.stdout == "2 False\n"


def test_the_resident_process_loads_no_blocked_module() -> None:
    code = (
        "import thongsuot_agent.cli.main, thongsuot_agent.cli.run, sys;"
        f"print([name for name in {BLOCKED_IMPORTS!r} if sys.modules.get(name)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=unmeasured()
    )
    assert done.stdout == "[]\n"


def test_the_version_is_that_of_the_distribution() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_version_is_printed() -> None:
    done = command("--version")
    assert (done.returncode, done.stdout) == (0, f"thongsuot-agent {VERSION}\n")
