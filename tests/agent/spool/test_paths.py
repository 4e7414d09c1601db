"""Where the record stands: as configured, else as systemd says, else as usual."""

from pathlib import Path

from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.paths import paths_from_config

SYSTEMD = {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "RUNTIME_DIRECTORY": "/run/a"}


def test_configured_values_come_first() -> None:
    paths = paths_from_config(SpoolConfig(state_dir="/s", runtime_dir="/r"), SYSTEMD)
    assert (paths.state_dir, paths.runtime_dir) == (Path("/s"), Path("/r"))
    outlives_the_boot = (
        paths.spool_file,
        paths.rollout_file,
        paths.rejected_dir,
        paths.certificate_file,
    )
    of_this_boot = (paths.record_dir, paths.checkpoint_file, paths.layouts_dir)
    assert {path.parent for path in outlives_the_boot} == {Path("/s")}
    assert {path.parent for path in of_this_boot} == {Path("/r")}
    assert len({*outlives_the_boot, *of_this_boot}) == 7, "each has a name of its own"


def test_systemd_names_the_directories_of_a_service() -> None:
    paths = paths_from_config(SpoolConfig(), SYSTEMD)
    assert (paths.state_dir, paths.runtime_dir) == (Path("/var/lib/a"), Path("/run/a"))


def test_a_runtime_directory_that_is_named_is_taken_as_it_is() -> None:
    paths = paths_from_config(SpoolConfig(runtime_dir="/proc/nothing/here"), {})
    assert paths.runtime_dir == Path("/proc/nothing/here")
    assert paths.state_dir == Path("/var/lib/thongsuot-agent")
