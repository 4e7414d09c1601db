"""A second run for what the machine, not the code, may have made fail; and for nothing else."""

import json
from pathlib import Path

import pytest
from tools.again import second_run


def failed(folder: Path, *names: str) -> Path:
    record = folder / "lastfailed"
    record.write_text(json.dumps(dict.fromkeys(names, True)), encoding="utf-8")
    return record


def test_nothing_known_to_have_failed_is_a_failure(tmp_path: Path) -> None:
    assert second_run(tmp_path / "absent") == 1
    assert second_run(failed(tmp_path)) == 1


def test_many_failures_are_failures(tmp_path: Path) -> None:
    names = [f"tests/lab/test_up.py::test_{number}" for number in range(6)]
    assert second_run(failed(tmp_path, *names)) == 1


def test_a_test_without_servers_or_namespaces_gets_no_second_run(tmp_path: Path) -> None:
    name = "tests/tools/test_again.py::test_many_failures_are_failures"
    assert second_run(failed(tmp_path, name)) == 1


def test_one_with_namespaces_gets_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    module = "tests/agent/probes/test_icmp.py"
    name = f"{module}::test_an_anchor_and_the_gateway_answer_over_each_link_and_family"
    assert second_run(failed(tmp_path, name)) == 0
    assert f"failed among the others, now alone: {name}" in capfd.readouterr().out
