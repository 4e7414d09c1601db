"""Filter: settings as a TOML document."""

from collections.abc import Callable, Mapping

import tomli_w


def to_toml(settings: Mapping[str, object]) -> str:
    """Return settings as TOML; absent values (None) are left out, because TOML has no null."""
    return tomli_w.dumps(_table(settings))


def _table(settings: Mapping[str, object]) -> dict[str, object]:
    return {str(key): _plain(value) for key, value in settings.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return _table(value)
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    # Ansible passes text that remembers its origin; TOML needs plain text.
    return str(value) if isinstance(value, str) else value


class FilterModule:
    """The class in which Ansible looks for filters."""

    def filters(self) -> dict[str, Callable[[Mapping[str, object]], str]]:
        """Return the filters by name."""
        return {"to_toml": to_toml}
