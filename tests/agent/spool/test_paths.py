"""Where the record stands: as configured, else as systemd says, else as usual."""

from pathlib import Path

from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.paths import paths_from_config

SYSTEMD = {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "RUNTIME_DIRECTORY": "/run/a"}


def test_what_is_configured_comes_first() -> None:
    paths = paths_from_config(SpoolConfig(state_dir="/s", runtime_dir="/r"), SYSTEMD)
    assert (paths.state_dir, paths.runtime_dir) == (Path("/s"), Path("/r"))
    assert paths.spool_file == Path("/s/spool.db")
    assert paths.record_dir == Path("/r/record")


def test_systemd_names_the_directories_of_a_service() -> None:
    paths = paths_from_config(SpoolConfig(), SYSTEMD)
    assert (paths.state_dir, paths.runtime_dir) == (Path("/var/lib/a"), Path("/run/a"))


def test_a_runtime_directory_that_is_named_is_taken_as_it_is() -> None:
    paths = paths_from_config(SpoolConfig(runtime_dir="/proc/nothing/here"), {})
    assert paths.runtime_dir == Path("/proc/nothing/here")
    assert paths.state_dir == Path("/var/lib/thongsuot-agent")
