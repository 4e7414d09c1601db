"""
The files by which a device becomes a service point on its first boot.

``agent.toml`` with the settings that only the device's own file can have (site, collector,
interfaces), ``code`` with the one-time code, and ``collector-ca.pem`` if the collector's own
authority issued its certificate. Everything else, including targets and probes, comes from the
inventory in the answer to a push.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from thongsuot_schema.inventory.model import Link, Site

SETTINGS, CODE, AUTHORITY = "agent.toml", "code", "collector-ca.pem"
_PLACE_OF_AUTHORITY = f"/etc/thongsuot/{AUTHORITY}"


def write_device_files(
    folder: Path, *, site: Site, code: str, url: str, authority: Path
) -> list[Path]:
    """Write the files into a folder, which is created if missing; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    has_authority = authority.exists()
    files = [folder / SETTINGS, folder / CODE]
    files[0].write_text(settings_text(site, url, has_authority=has_authority), encoding="utf-8")
    # Valid once, and until then equivalent to the site's token.
    descriptor = os.open(files[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(f"{code}\n")
    if has_authority:
        files.append(folder / AUTHORITY)
        files[2].write_bytes(authority.read_bytes())
    return files


def settings_text(site: Site, url: str, *, has_authority: bool) -> str:
    """Return the settings of a site's agent, as TOML."""
    tables = ["\n".join(_lines("[site]", {"name": site.name}))]
    collector: dict[str, object] = {"url": url, "token_file": "token"}
    if has_authority:
        collector["ca_file"] = _PLACE_OF_AUTHORITY
    tables.append("\n".join(_lines("[collector]", collector)))
    tables += ["\n".join(_lines("[[links]]", _differing(link))) for link in site.links]
    return "\n\n".join(tables) + "\n"


def _lines(title: str, values: dict[str, object]) -> Iterator[str]:
    yield title
    for name, value in values.items():
        # Strings, numbers, booleans and lists of these are written alike in TOML and in JSON.
        yield f"{name} = {json.dumps(value, ensure_ascii=False)}"


def _differing(link: Link) -> dict[str, object]:
    """Return the settings of a link that differ from the defaults."""
    fields: dict[str, object] = msgspec.to_builtins(link)
    defaults = {field.name: field.default for field in msgspec.structs.fields(Link)}
    return {
        name: value
        for name, value in fields.items()
        if name not in defaults or getattr(link, name) != defaults[name]
    }
