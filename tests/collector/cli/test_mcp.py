"""``thongsuot-collector mcp`` without what it needs; with it: ``web/mcp/test_server.py``."""

import subprocess
import sys
from pathlib import Path

import pytest

from thongsuot_collector.cli.main import main


@pytest.mark.parametrize("words", [["mcp"], ["check-config"]])
def test_without_the_extra_the_commands_say_what_to_install(
    tmp_path: Path, words: list[str]
) -> None:
    config = tmp_path / "collector.toml"
    setting = "[page]\nmcp = true\n" if words == ["check-config"] else ""
    config.write_text(f'state_dir = "."\n{setting}', encoding="utf-8")
    program = (
        "import sys; sys.modules['mcp'] = None; "
        "from thongsuot_collector.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words, "--config", str(config)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode != 0
    assert "thongsuot-collector[mcp]" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_that_opens_nothing_is_refused_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "."\n', encoding="utf-8")
    token = tmp_path / "token"
    token.write_text("tsr_wrong\n", encoding="utf-8")
    assert main(["mcp", "--config", str(config), "--token-file", str(token)]) == 1
    error = capfd.readouterr().err
    assert "revoked" in error
    assert "tsr_wrong" not in error
