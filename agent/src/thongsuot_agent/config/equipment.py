"""
Profiles of equipment that a configuration names: they are there, and can be used.

Reads files, where there are settings that name any; else nothing of SNMP is loaded.
"""

from collections.abc import Iterator

import msgspec

from thongsuot_agent.config.model import AgentConfig
from thongsuot_schema.inventory.model import ProbePlan
from thongsuot_schema.nearest import nearest
from thongsuot_schema.toml_lines import Path

Mistake = tuple[Path, str]


class _Named(msgspec.Struct, frozen=True):
    """What settings of ``snmp`` and ``radio`` say of profiles."""

    profile_folder: str = ""
    profiles: tuple[str, ...] = ()
    source: str = "snmp"


def mistakes(config: AgentConfig) -> Iterator[Mistake]:
    """Yield each profile, or folder of them, that a plan names and that cannot be used."""
    for place, plan in enumerate(config.probes):
        if plan.kind in {"snmp", "radio"} and {"profiles", "profile_folder"} & set(plan.settings):
            yield from _of(plan, ("probes", place, "settings"))


def _of(plan: ProbePlan, path: Path) -> Iterator[Mistake]:
    try:
        named = msgspec.convert(plan.settings, _Named)
    except msgspec.ValidationError:
        return  # of the wrong type, which is said elsewhere
    if named.source != "snmp":
        return
    from thongsuot_agent.snmp.profile import ProfileWrong, known  # noqa: PLC0415 - most have none

    try:
        there = known(named.profile_folder)
    except ProfileWrong as wrong:
        yield (*path, "profile_folder"), str(wrong)
        return
    for name in named.profiles:
        if name not in there:
            where = f" in {named.profile_folder} or" if named.profile_folder else ""
            yield (
                (*path, "profiles"),
                (
                    f'there is no profile "{name}"{where} among those that come along'
                    f"{nearest(name, there)}"
                ),
            )
