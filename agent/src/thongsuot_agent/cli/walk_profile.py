"""
``thongsuot-agent snmp walk-profile``: the objects of a device, and the beginning of its profile.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.probe import settings_from
from thongsuot_agent.cli.refusals import cause_of, refuse
from thongsuot_agent.links.egress import family_of
from thongsuot_agent.links.sockets import open_unbound
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.snmp.probe import Settings
from thongsuot_agent.probing.equipment.redaction import redact
from thongsuot_agent.probing.snmp.protocol import ComponentReading, Survey, SurveyRequest
from thongsuot_agent.probing.snmp.visit import device_access, run_survey
from thongsuot_agent.secret_file import SecretUnusable
from thongsuot_agent.worker import WorkerFailed
from thongsuot_runtime.terminal import localized
from thongsuot_schema.localizable import Readable
from thongsuot_schema.words.codes import Code
from thongsuot_schema.words.language import Text, Verbatim

_ENTERPRISES = "1.3.6.1.4.1"
_NET_SNMP = f"{_ENTERPRISES}.8072"
_NOT_THE_VENDORS = (f"{_NET_SNMP}.", f"{_ENTERPRISES}.2021.")
"""net-snmp's own description of the system, on equipment of any maker."""
_WALK_S = 300.0
_SHOWN = 3

_REJECTED: Mapping[str, Text] = {
    "sentinel": Text("agent.cli.walk.rejected.sentinel"),
    "parse": Text("agent.cli.walk.rejected.parse"),
    "range": Text("agent.cli.walk.rejected.range"),
    "words": Text("agent.cli.walk.rejected.words"),
    "inconsistent": Text("agent.cli.walk.rejected.inconsistent"),
}


def walk_profile(options: argparse.Namespace) -> int:
    """Read a device and print; returns the exit code."""
    try:
        settings = settings_from(options.set, Settings)
        survey = asyncio.run(_survey_device(options.host, options.base, settings))
    except ValueError as error:
        return refuse(error, WRONG)
    except (SecretUnusable, LinkUnusable, WorkerFailed, TimeoutError, OSError) as error:
        unreadable = (
            Text("agent.cli.error.cannot_read", what=options.host, why=cause_of(error))
            if str(error)
            else Text("agent.cli.error.too_long", what=options.host)
        )
        return refuse(unreadable, 1)
    if survey.failure:
        why = failure_cause(survey)
        return refuse(Text("agent.cli.error.cannot_read", what=options.host, why=why), 1)
    sys.stdout.write(survey_text(survey))
    return 0


async def _survey_device(host: str, base: str, settings: Settings) -> Survey:
    access = device_access(
        host,
        settings.port,
        settings.visit.credentials,
        answer_s=settings.answer_s,
        retries=settings.retries,
    )
    request = SurveyRequest(
        access=access, profiles=settings.profiles, folder=settings.profile_folder
    )
    with open_unbound(family_of(host), host, settings.port) as opened:
        first = await run_survey(request, opened, settings.timeout_s)
    if first.failure:
        return first
    walk = base or vendor_oid(first.object_id)
    request = msgspec.structs.replace(request, walk=(walk,))
    with open_unbound(family_of(host), host, settings.port) as opened:
        return await run_survey(request, opened, _WALK_S)


def vendor_oid(object_id: str) -> str:
    """
    Return the OID below which a maker's own objects stand.

    A device that calls itself net-snmp has them under another number: all makers' are read.
    """
    numbers = object_id.split(".")
    if not object_id.startswith(f"{_ENTERPRISES}.") or object_id.startswith(f"{_NET_SNMP}."):
        return _ENTERPRISES
    return ".".join(numbers[:7])


def survey_text(survey: Survey) -> str:
    """Return a survey as a person reads it, ending in the beginning of a profile (TOML)."""
    none = localized(Text("agent.cli.walk.none"))
    interfaces = Text("agent.cli.walk.interfaces", names=", ".join(survey.interfaces) or none)
    lines = [
        f"# {redact(survey.description)}",
        f"# sysObjectID {survey.object_id or none}",
        f"# {localized(interfaces)}",
    ]
    for profiled in survey.profiled:
        lines.append(f"# {localized(Text('agent.cli.walk.fits', profile=profiled.profile))}")
        for row, group in profiled.groups.items():
            lines += [f"#   {row}: {text}" for text in _figure_lines(group)]
    if not survey.profiled:
        lines.append(f"# {localized(Text('agent.cli.walk.no_profile'))}")
    lines += ["", *_profile_draft(survey), ""]
    return "\n".join(lines)


def _figure_lines(group: ComponentReading) -> Iterator[str]:
    for name, number in group.numbers.items():
        yield f"{name} = {number:g}"
    for name, text in group.texts.items():
        yield f"{name} = {redact(text)}"
    for name, why in group.rejected.items():
        reason = Code(why, _REJECTED.get(why, Verbatim(why)))
        yield localized(Text("agent.cli.walk.rejected", name=name, why=reason))


def failure_cause(survey: Survey) -> Readable:
    """Return why a device could not be read."""
    said = survey.failure
    match survey.reason:
        case "silent":
            words = Text("agent.cli.walk.silent")
        case "missing":
            words = Text("agent.cli.walk.no_pysnmp")
        case "refused":
            words = Text("agent.cli.walk.refused", said=said)
        case _:
            words = Text("agent.cli.walk.broken", said=said)
    return Code(said, words)


def _profile_draft(survey: Survey) -> Iterator[str]:
    objects = _walked_objects(
        line for line in survey.walked if not line[0].startswith(_NOT_THE_VENDORS)
    )
    present = next(iter(objects), vendor_oid(survey.object_id))
    yield 'title = "…"'
    others = Text("agent.cli.walk.purposes", names="optical, power, system")
    yield f'purpose = "radio"  # {localized(others)}'
    no_object_id = f"# {localized(Text('agent.cli.walk.no_object_id', name='sysObjectID'))}"
    yield f'object_id = ["{survey.object_id}"]' if survey.object_id else no_object_id
    yield f'present = ["{present}"]'
    for oid, (tag, values, is_scalar) in objects.items():
        shown = " | ".join(redact(value)[:40].replace("\n", " ") for value in values[:_SHOWN])
        yield ""
        yield f"# {tag}: {shown}"
        yield "# [[figures]]"
        yield '# name = "…"'
        yield f'# oid = "{oid}"'
        if is_scalar:
            yield "# is_scalar = true"


def _walked_objects(
    walked: Iterable[tuple[str, str, str]],
) -> dict[str, tuple[str, list[str], bool]]:
    """
    Return the walked values by object; scalars end in ``.0``, a column is one object for all its
    rows.
    """
    objects: dict[str, tuple[str, list[str], bool]] = {}
    for oid, tag, value in walked:
        is_scalar = oid.endswith(".0")
        key = oid if is_scalar else oid.rpartition(".")[0]
        objects.setdefault(key, (tag, [], is_scalar))[1].append(value)
    return objects
