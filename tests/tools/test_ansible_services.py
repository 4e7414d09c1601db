"""A roll-out starts each service once: after everything that its handlers would restart it for."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

ROLES = Path(__file__).parents[2] / "ansible" / "roles"
SERVICE = "ansible.builtin.systemd_service"
Tasks = list[dict[str, object]]


def entries(role: str, folder: str, file: str = "main") -> Tasks:
    """Return the tasks or the handlers of a role."""
    read: Tasks = yaml.safe_load((ROLES / role / folder / f"{file}.yml").read_text("utf-8"))
    return read


def started(task: Mapping[str, object], variables: Mapping[str, object]) -> set[str]:
    """Return the services that a task starts if they do not run."""
    service = task.get(SERVICE)
    if not isinstance(service, dict) or "started" not in str(service.get("state")):
        return set()
    looped = str(task.get("loop", service["name"]))
    # A loop may be a variable of the role, with the services in its text.
    looped += str(variables.get(looped.strip("{ }"), ""))
    return set(re.findall(r"[a-z-]+\.(?:service|timer)", looped))


def restarts() -> Iterator[tuple[str, str, str]]:
    """Each handler that restarts a service: its role, its name, the service."""
    for role in sorted(folder.parent.name for folder in ROLES.glob("*/handlers")):
        for handler in entries(role, "handlers"):
            service = handler.get(SERVICE)
            if isinstance(service, dict) and service["state"] == "restarted":
                yield role, str(handler["name"]), str(service["name"])


@pytest.mark.parametrize(("role", "handler", "service"), list(restarts()))
def test_a_handler_is_run_before_the_task_that_starts_its_service(
    role: str, handler: str, service: str
) -> None:
    tasks = entries(role, "tasks")
    variables = yaml.safe_load((ROLES / role / "vars" / "main.yml").read_text("utf-8"))
    starts = [number for number, task in enumerate(tasks) if service in started(task, variables)]
    if not starts:
        assert not service.startswith("thongsuot-"), "ours is started by its role"
        return
    (start,) = starts
    (flush,) = (
        number
        for number, task in enumerate(tasks)
        if task.get("ansible.builtin.meta") == "flush_handlers"
    )
    assert flush < start
    assert [task["name"] for task in tasks[flush:] if task.get("notify") == handler] == []


def test_debian_does_not_start_what_has_no_settings_yet() -> None:
    tasks = entries("monitoring", "tasks")
    installs = [task["ansible.builtin.apt"] for task in tasks if "ansible.builtin.apt" in task]
    assert len(installs) == 2
    for package in installs:
        assert isinstance(package, dict)
        assert package["policy_rc_d"] == 101, "invoke-rc.d: action forbidden by policy"


@pytest.mark.parametrize("role", ["database", "monitoring"])
def test_a_service_that_has_just_been_started_is_not_told_to_read_its_settings(role: str) -> None:
    restart, reload = entries(role, "handlers")[:2]
    assert str(reload["name"]).startswith("Reload ")
    assert f"not ({restart['register']}.changed | default(false))" in str(reload["when"])
