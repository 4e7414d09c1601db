"""Filter: settings as a TOML document."""

from typing import Any

import tomli_w


def to_toml(settings: dict[str, Any]) -> str:
    """Return settings as TOML; what is absent (None) is left out, TOML has no null."""
    return tomli_w.dumps(_plain(settings))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    # Ansible hands over text that remembers where it came from; TOML wants plain text.
    return str(value) if isinstance(value, str) else value


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"to_toml": to_toml}
