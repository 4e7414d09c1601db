"""``snmp walk-profile``: what fits a device, and the beginning of a profile that can be read."""

import subprocess
import sys
from pathlib import Path

from tests.agent.probing.snmp.simulator import simulator
from thongsuot_agent.cli.walk_profile import vendor_oid
from thongsuot_agent.probing.snmp.profile import parse_profile

DEVICES = Path(__file__).parents[1] / "probing" / "snmp" / "devices"


def walked(port: int, community: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "thongsuot_agent.cli.main",
            "snmp",
            "walk-profile",
            "127.0.0.1",
            "--set",
            f"port={port}",
            "--set",
            f"community_file={community}",
            "--set",
            "timeout_s=120",
            *more,
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_device_is_shown_and_its_draft_is_a_profile(tmp_path: Path) -> None:
    community = tmp_path / "community"
    community.write_text("two-legs")
    community.chmod(0o600)
    with simulator(DEVICES, tmp_path) as port:
        done = walked(port, community)
        assert (done.returncode, done.stderr) == (0, "")
        assert "# profile advantech-icr fits and reads:" in done.stdout
        assert "#   0: nr_rsrp_dbm = -102" in done.stdout
        assert "#   0: nr_sinr_db = 0" in done.stdout
        draft = done.stdout.partition("title = ")[2]
        draft = f"title = {draft}".replace("# [[", "[[").replace("# oid", "oid")
        draft = draft.replace("# is_scalar", "is_scalar").replace('# name = "…"', 'name = "a"')
        assert len(parse_profile("draft", draft).figures) == 15
        wrong = walked(port, community, "--set", "version=9")
        assert (wrong.returncode, '"9" is not' in wrong.stderr) == (2, True)


def test_a_makers_objects_stand_under_its_number() -> None:
    assert vendor_oid("1.3.6.1.4.1.30140.1.10") == "1.3.6.1.4.1.30140"
    assert vendor_oid("1.3.6.1.4.1.8072.3.2.10") == "1.3.6.1.4.1"
    assert vendor_oid("") == "1.3.6.1.4.1"
