"""Where the record stands: as configured, else as systemd says, else as usual."""

from pathlib import Path

from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.paths import paths_from_config

SYSTEMD = {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "RUNTIME_DIRECTORY": "/run/a"}


def test_what_is_configured_comes_first() -> None:
    found = paths_from_config(SpoolConfig(state_dir="/s", runtime_dir="/r"), SYSTEMD)
    assert (found.state_dir, found.runtime_dir) == (Path("/s"), Path("/r"))
    assert found.spool_file == Path("/s/spool.db")
    assert found.record_dir == Path("/r/record")


def test_systemd_names_the_directories_of_a_service() -> None:
    found = paths_from_config(SpoolConfig(), SYSTEMD)
    assert (found.state_dir, found.runtime_dir) == (Path("/var/lib/a"), Path("/run/a"))


def test_a_runtime_directory_that_is_named_is_taken_as_it_is() -> None:
    found = paths_from_config(SpoolConfig(runtime_dir="/proc/nothing/here"), {})
    assert found.runtime_dir == Path("/proc/nothing/here")
    assert found.state_dir == Path("/var/lib/thongsuot-agent")
