"""The configuration files of the parts of the stack, as TOML text."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import tomli_w

from thongsuot_agent.config.profile import DEFAULT_PROBES
from thongsuot_schema.inventory.model import Carrier, Inventory, Link, ProbeSchedule, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDocument:
    """Settings of an agent. With empty ``links`` it discovers the uplinks itself."""

    site: str
    title: str
    commune: str
    commune_title: str
    collector_url: str
    token_file: Path
    ca_file: Path | None
    state_dir: Path
    runtime_dir: Path
    page_listen: str
    links: tuple[Link, ...] = ()
    targets: tuple[Target, ...] = ()
    probes: tuple[ProbeSchedule, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    push_every_s: float = 15.0
    judge: dict[str, object] = field(default_factory=dict)
    spool: dict[str, object] = field(default_factory=dict)
    site_config: dict[str, object] = field(default_factory=dict)

    def text(self) -> str:
        """Return the agent's configuration file."""
        document: dict[str, object] = {
            "site": {
                "name": self.site,
                "title": self.title,
                "commune": self.commune,
                "commune_title": self.commune_title,
            },
            "collector": {
                "url": self.collector_url,
                "token_file": str(self.token_file),
                "ca_file": "" if self.ca_file is None else str(self.ca_file),
                "push_every_s": self.push_every_s,
            },
            "page": {"listen": self.page_listen},
            "spool": {
                "state_dir": str(self.state_dir),
                "runtime_dir": str(self.runtime_dir),
                **self.spool,
            },
            "links": toml_tables(self.links),
            "targets": toml_tables(self.targets),
            "probes": toml_tables(self.probes),
            "carriers": toml_tables(self.carriers),
            "judge": self.judge,
            "site_config": self.site_config,
        }
        return tomli_w.dumps({key: value for key, value in document.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorDocument:
    """Settings of a collector. Without a certificate it may only listen on loopback."""

    state_dir: Path
    inventory_dir: Path
    listen: str
    page_listen: str = ""
    certificate_file: Path | None = None
    key_file: Path | None = None
    remote_write_url: str = ""
    silent_after_s: float = 45.0
    support_hotline: str = ""
    channels: tuple[dict[str, object], ...] = ()
    notify: dict[str, object] = field(default_factory=dict)
    timeline: dict[str, object] = field(default_factory=dict)

    def text(self) -> str:
        """Return the collector's configuration file."""
        listen: dict[str, object] = {"address": self.listen}
        if self.certificate_file is not None:
            listen["certificate_file"] = str(self.certificate_file)
            listen["key_file"] = str(self.key_file)
        page: dict[str, object] = {"silent_after_s": self.silent_after_s}
        if self.support_hotline:
            page["support_hotline"] = self.support_hotline
        if self.page_listen:
            page["address"] = self.page_listen
        document: dict[str, object] = {
            "state_dir": str(self.state_dir),
            "inventory_dir": str(self.inventory_dir),
            "listen": listen,
            "page": page,
            # Nobody who tries a lab for a quarter of an hour sets up an authenticator app.
            "sign_in": {"second_factor": "optional"},
        }
        if self.remote_write_url:
            document["sinks"] = [
                {"kind": "remote_write", "name": "prometheus", "url": self.remote_write_url}
            ]
        more = {"notify": self.notify, "timeline": self.timeline, "channels": list(self.channels)}
        document |= {name: table for name, table in more.items() if table}
        return tomli_w.dumps(document)


def default_probes(ca_file: Path) -> tuple[ProbeSchedule, ...]:
    """Return the agent's default profile, with other authorities for the portals' certificates."""
    return tuple(
        msgspec.structs.replace(schedule, settings={"ca_file": str(ca_file.absolute())})
        if schedule.kind in {"http", "counter"}
        else schedule
        for schedule in DEFAULT_PROBES
    )


def inventory_text(inventory: Inventory) -> str:
    """Return an inventory as one file."""
    parts = msgspec.to_builtins(inventory)
    return tomli_w.dumps({key: _without_none(value) for key, value in parts.items() if value})


def toml_tables(things: tuple[msgspec.Struct, ...]) -> list[object]:
    """Return structs as tables; TOML has no null, so absent values are left out."""
    return [_without_none(msgspec.to_builtins(thing)) for thing in things]


def _without_none(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_without_none(inner) for inner in value]
    return value
