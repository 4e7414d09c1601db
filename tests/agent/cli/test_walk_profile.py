"""``snmp walk-profile``: what fits a device, and the beginning of a profile that can be read."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.cli.conftest import InBoth
from tests.agent.probing.snmp.simulator import simulator
from thongsuot_agent.cli.refusals import cause_of
from thongsuot_agent.cli.walk_profile import failure_cause, survey_text, vendor_oid
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.snmp.profile import parse_profile
from thongsuot_agent.probing.snmp.protocol import ComponentReading, ProfileReading, Survey
from thongsuot_agent.secret_file import SecretUnusable, read_secret
from thongsuot_agent.worker import WorkerFailed
from thongsuot_runtime.terminal import terminal_language
from thongsuot_schema.reason import Reason

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
            "timeout_s=300",
            "--set",
            "answer_s=60",
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


REJECTED = ("sentinel", "parse", "range", "words", "inconsistent")


def test_a_survey_reads_in_vietnamese(in_both: InBoth) -> None:
    group = ComponentReading(
        numbers={"nr_rsrp_dbm": -102},
        rejected={f"f_{number}": why for number, why in enumerate(REJECTED)},
    )
    known = Survey(
        object_id="1.3.6.1.4.1.1",
        profiled=(ProfileReading(profile="a-1", purpose="radio", groups={"0": group}),),
    )
    text, common = in_both(lambda: survey_text(known) + survey_text(Survey(interfaces=("eth0",))))
    # Keys of a profile and their values.
    assert common <= {"title", "purpose", "radio", "optical", "power", "system", "present"} | {
        "sysObject"
    }
    assert "# mẫu thiết bị a-1 phù hợp, đọc được:\n#   0: nr_rsrp_dbm = -102\n" in text
    assert "#   0: f_2 không có giá trị (ngoài khoảng hợp lý)\n" in text
    assert "# giao diện mạng: không có\n" in text
    assert "# giao diện mạng: eth0\n# chưa có mẫu thiết bị nào phù hợp; hãy giữ lại" in text


def test_why_a_device_cannot_be_read_is_said_in_vietnamese(tmp_path: Path, in_both: InBoth) -> None:
    unknown = LinkUnusable(Reason.UNMEASURED_OTHERWISE, "OSError: name")
    unknown.__cause__ = socket.gaierror(-2, "name or service not known")
    with pytest.raises(SecretUnusable) as secret:
        read_secret(str(tmp_path / "f_1"))
    causes = [
        *(cause_of(unknown), cause_of(secret.value), cause_of(WorkerFailed("E42"))),
        cause_of(LinkUnusable(Reason.NO_ROUTE, "ENETUNREACH: network")),
        failure_cause(Survey(failure="nobody answers", reason="silent")),
        failure_cause(Survey(failure="pysnmp is not there", reason="missing")),
        *(failure_cause(Survey(failure="E42", reason=reason)) for reason in ("refused", "broken")),
    ]
    text, common = in_both(lambda: "\n".join(c.read(terminal_language()) for c in causes))
    assert common <= set()
    assert text.splitlines()[:4] == [
        "không tra được địa chỉ của tên này",
        "không đọc được f_1: không có tệp hoặc thư mục này",
        "chương trình phụ gặp lỗi (E42)",
        "chưa có đường ra",
    ]
