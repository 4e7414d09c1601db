"""
Profiles of equipment that a configuration names: they are there, and can be used.

Reads files, where there are settings that name any; else nothing of SNMP is loaded.
"""

from collections.abc import Iterator

import msgspec

from thongsuot_agent.config.model import AgentConfig
from thongsuot_runtime.config_file import Mistake
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.localizable import Localizable, sentence_of
from thongsuot_schema.suggestion import suggest
from thongsuot_schema.toml_lines import Path


class _ProfileSettings(msgspec.Struct, frozen=True):
    """What settings of ``snmp`` and ``radio`` say of profiles."""

    profile_folder: str = ""
    profiles: tuple[str, ...] = ()
    source: str = "snmp"


def mistakes(config: AgentConfig) -> Iterator[Mistake]:
    """Yield each profile, or folder of them, that a probe names and that cannot be used."""
    for place, schedule in enumerate(config.probes):
        if schedule.kind in {"snmp", "radio"} and {"profiles", "profile_folder"} & set(
            schedule.settings
        ):
            yield from _profile_mistakes(schedule, ("probes", place, "settings"))


def _profile_mistakes(schedule: ProbeSchedule, path: Path) -> Iterator[Mistake]:
    try:
        named = msgspec.convert(schedule.settings, _ProfileSettings)
    except msgspec.ValidationError:
        return  # of the wrong type, which is reported elsewhere
    if named.source != "snmp":
        return
    from thongsuot_agent.probing.snmp.profile import ProfileInvalid, known_profiles  # noqa: PLC0415 - most have none

    try:
        there = known_profiles(named.profile_folder)
    except ProfileInvalid as wrong:
        yield (*path, "profile_folder"), sentence_of(wrong)
        return
    for name in named.profiles:
        if name not in there:
            where = (
                Localizable(" in {folder} or", folder=named.profile_folder)
                if named.profile_folder
                else ""
            )
            yield (
                (*path, "profiles"),
                (
                    Localizable(
                        'there is no profile "{name}"{where} among those that come along{ending}',
                        name=name,
                        where=where,
                        ending=suggest(name, there),
                    )
                ),
            )
