"""The values, files and statements of the Ansible role ``database`` on a machine."""

from collections.abc import Mapping
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from jinja2 import StrictUndefined
from jinja2.nativetypes import NativeEnvironment

ROLE = Path(__file__).parents[2] / "ansible" / "roles" / "database"
_PLACES = 20
"""Maximum depth of references between variables."""


class DatabaseRole:
    """
    The role as applied on one machine.

    ``machine`` are the variables of the machine, and the paths that differ from those on a real
    one.
    """

    def __init__(self, machine: Mapping[str, object]) -> None:
        self._engine = NativeEnvironment(
            undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
        )
        self._values: Mapping[str, object] = {
            **_read("defaults/main.yml"),
            **_read("vars/main.yml"),
            **machine,
        }
        # A value may refer to others that refer to others.
        for _ in range(_PLACES):
            before, self._values = self._values, self._rendered_all()
            if before == self._values:
                break
        else:
            raise ValueError("a variable of the role refers to itself")

    def _rendered_all(self) -> dict[str, object]:
        return {name: self._rendered(value) for name, value in self._values.items()}

    def words(self, name: str) -> list[str]:
        """Return a variable that is a list of words."""
        value = self._values[name]
        assert isinstance(value, list), name
        return [str(word) for word in value]

    def table(self, name: str) -> dict[str, str]:
        """Return a variable that is a table of texts."""
        value = self._values[name]
        assert isinstance(value, dict), name
        return {str(key): str(entry) for key, entry in value.items()}

    def file(self, template: str) -> str:
        """Return the rendered text of a template."""
        text = (ROLE / "templates" / template).read_text("utf-8")
        return str(self._rendered(text))

    def statements(self, task: str) -> list[str]:
        """Return the SQL of a task of ``accounts.yml``, statement by statement."""
        tasks = yaml.safe_load((ROLE / "tasks" / "accounts.yml").read_text("utf-8"))
        (sql,) = (
            entry["ansible.builtin.command"]["stdin"] for entry in tasks if entry["name"] == task
        )
        return [text.strip() for text in str(self._rendered(sql)).split(";") if text.strip()]

    def _rendered(self, value: object) -> object:
        if isinstance(value, dict):
            return {key: self._rendered(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self._rendered(entry) for entry in value]
        if isinstance(value, str) and ("{{" in value or "{%" in value):
            rendered: object = self._engine.from_string(value).render(self._values)
            return rendered
        return value


def _read(file: str) -> dict[str, object]:
    variables: dict[str, object] = yaml.safe_load((ROLE / file).read_text("utf-8"))
    return variables
