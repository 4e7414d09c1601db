"""``enrol`` and ``audit`` as a person uses them."""

import io
from pathlib import Path

import pytest
import segno

from thongsuot_collector.cli.enrol import qr_text
from thongsuot_collector.cli.main import main
from thongsuot_collector.store import enrolments
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.enrolments import digest_of_code


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "collector.toml"
    path.write_text('state_dir = "state"\n')
    return path


def test_a_code_is_shown_once_works_and_is_in_the_log(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("enrol", "hoan-kiem", "--valid-for", "12h", "--config", str(config))
    assert main(words) == 0
    shown = capsys.readouterr()
    code = shown.out.strip()
    assert code.startswith("TSE-")
    assert "for site hoan-kiem" in shown.err
    store = open_store(tmp_path / "state" / "store.sqlite")
    used = enrolments.use(store, digest_of_code(code.lower()), b"t" * 32, site="", by="device:x")
    store.dispose()
    assert used.site == "hoan-kiem"
    assert main(("audit", "--config", str(config))) == 0
    log = capsys.readouterr().out
    assert [line.split()[4] for line in log.splitlines()[1:]] == ["code_created", "enrolled"]
    assert code not in log
    assert main(("audit", "ba-dinh", "--config", str(config))) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_qr_code_holds_the_command_for_the_device(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "https://collector.example:8480"
    assert main(("enrol", "hoan-kiem", "--qr", "--url", url, "--config", str(config))) == 0
    code, picture = capsys.readouterr().out.split("\n", 1)
    text = f"thongsuot-agent enrol --collector {url} --code {code}"
    assert qr_text(code, url) == text
    same = io.StringIO()
    segno.make_qr(text, error="m").terminal(out=same, compact=True)
    assert picture == same.getvalue()


@pytest.mark.parametrize("span", ["0d", "7", "91d", "soon", "-1d"])
def test_an_invalid_duration_exits_with_2(
    config: Path, capsys: pytest.CaptureFixture[str], span: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(("enrol", "hoan-kiem", f"--valid-for={span}", "--config", str(config)))
    assert ended.value.code == 2
    assert "90d" in capsys.readouterr().err


def test_a_code_for_what_cannot_name_a_site_is_refused(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("enrol", "Hoàn Kiếm", "--config", str(config))) == 2
    assert "Hoàn Kiếm" in capsys.readouterr().err
