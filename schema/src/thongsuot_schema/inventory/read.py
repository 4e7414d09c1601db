"""
Files of an inventory to one inventory, references checked.

Files may hold any of the tables of ``Inventory`` and are read together:
``carriers.toml``, ``targets.toml``, a file for each district's sites, or one file for all. The 126
communes of Hanoi are there without being written down.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from thongsuot_schema.catalogue.loader import kinds
from thongsuot_schema.document import decode, error_at, nearest_line
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.checks import (
    Mistake,
    carrier_mistakes,
    contact_mistakes,
    escalation_mistakes,
    link_mistakes,
    schedule_mistakes,
    target_mistakes,
)
from thongsuot_schema.inventory.communes import NOWHERE, bundled_communes
from thongsuot_schema.inventory.contract import contract_conflicts, contract_mistakes
from thongsuot_schema.inventory.contract_terms import Contract
from thongsuot_schema.inventory.link_selection import selection_mistakes
from thongsuot_schema.inventory.model import Carrier, Commune, Inventory, Owner, Site, Target
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.suggestion import suggest
from thongsuot_schema.toml_lines import Path, lines_of

EVERY = "*"
"""Stands for every link or target."""

_VERDICT_KINDS = "verdict"
"""The one kind of the catalogue that is not measured by a probe."""


def read_inventory(files: Mapping[str, str]) -> Inventory:
    """
    Return the inventory that some files hold; ``files`` gives the text of each by its name.

    Raises:
        DocumentError: the first mistake, by file and line; ``find_mistakes`` gives all.
    """
    mistakes_found = find_mistakes(files)
    if mistakes_found:
        raise mistakes_found[0]
    return _merged({file: decode(text, Inventory, file=file) for file, text in files.items()})


def find_mistakes(files: Mapping[str, str]) -> list[DocumentError]:
    """
    Return every mistake that is found, by file and line.

    A file that cannot be read as an inventory hides all others' references, so those are looked at
    only when every file can.
    """
    parts: dict[str, Inventory] = {}
    document_errors: list[DocumentError] = []
    for file, text in files.items():
        try:
            parts[file] = decode(text, Inventory, file=file)
        except DocumentError as error:
            document_errors.append(error)
    if not document_errors:
        whole = _merged(parts)
        for file, part in parts.items():
            wrong = (
                *_part_mistakes(part),
                *unknown_references(part, whole),
                *contract_conflicts(part, whole),
            )
            document_errors += [
                error_at(files[file], path, sentence, file=file) for path, sentence in wrong
            ]
        document_errors += _duplicate_names(files, parts)
    order = list(files)
    return sorted(document_errors, key=lambda error: (order.index(error.file), error.line))


def unknown_references(part: Inventory, whole: Inventory) -> Iterator[Mistake]:
    """Yield the names in one part of an inventory that nothing in the whole has."""
    carriers = [carrier.name for carrier in whole.carriers]
    owners = [owner.name for owner in whole.owners]
    targets = [EVERY, *(target.name for target in whole.targets)]
    links = sorted({link.name for site in whole.sites for link in site.links})
    for at, site in enumerate(part.sites):
        path: Path = ("sites", at)
        yield from _commune(site, whole.communes, (*path, "commune"))
        if site.owner:
            yield from _unknown("owner", site.owner, owners, (*path, "owner"))
        yield from _all_unknown("target", site.targets, targets, (*path, "targets"))
        for place, link in enumerate(site.links):
            if link.carrier:
                here = (*path, "links", place, "carrier")
                yield from _unknown("carrier", link.carrier, carriers, here)
    for at, owner in enumerate(part.owners):
        path = ("owners", at, "services")
        yield from _all_unknown("target", owner.services, targets[1:], path)
    circuits = [link.circuit for site in whole.sites for link in site.links if link.circuit]
    for at, contract in enumerate(part.contracts):
        path = ("contracts", at)
        yield from _unknown("carrier", contract.carrier, carriers, (*path, "carrier"))
        yield from _all_unknown("circuit", contract.circuits, circuits, (*path, "circuits"))
    measured = [kind for kind in kinds() if kind != _VERDICT_KINDS]
    for at, schedule in enumerate(part.probes):
        path = ("probes", at)
        yield from _unknown("probe", schedule.kind, measured, (*path, "kind"))
        yield from _all_unknown("target", schedule.targets, targets, (*path, "targets"))
        if whole.sites:
            yield from _all_unknown("link", schedule.links, [EVERY, *links], (*path, "links"))
    # Without sites, links are found on the devices and their names are not known here.
    for at, target in enumerate(part.targets if whole.sites else ()):
        yield from _all_unknown("link", target.links, links, ("targets", at, "links"))


def _all_unknown(
    noun: str, names: Iterable[str], known: Collection[str], path: Path
) -> Iterator[Mistake]:
    for at, name in enumerate(names):
        yield from _unknown(noun, name, known, (*path, at))


def _unknown(noun: str, name: str, known: Collection[str], path: Path) -> Iterator[Mistake]:
    if name not in known:
        yield (
            path,
            Localizable(
                'there is no {noun} "{name}"{ending}',
                noun=Localizable(noun),
                name=name,
                ending=suggest(name, known),
            ),
        )


def _commune(site: Site, communes: tuple[Commune, ...], path: Path) -> Iterator[Mistake]:
    names = {commune.code: commune.name for commune in communes}
    if site.commune == NOWHERE or site.commune in names:
        return

    def alike(code: str) -> int:
        return sum(digit == other for digit, other in zip(code, site.commune, strict=True))

    near = max(names, key=alike)
    yield (
        path,
        Localizable(
            'there is no commune "{commune}"; did you mean "{near}" ({title})?',
            commune=site.commune,
            near=near,
            title=names[near],
        ),
    )


def _part_mistakes(part: Inventory) -> Iterator[Mistake]:
    """Yield the errors inside the objects of one part, independent of others."""
    for at, target in enumerate(part.targets):
        yield from target_mistakes(target, ("targets", at))
    for at, schedule in enumerate(part.probes):
        yield from schedule_mistakes(schedule, ("probes", at))
    for at, carrier in enumerate(part.carriers):
        yield from carrier_mistakes(carrier, ("carriers", at))
        yield from contact_mistakes(carrier.contacts, ("carriers", at, "contacts"))
        yield from escalation_mistakes(carrier, ("carriers", at))
    for at, owner in enumerate(part.owners):
        yield from contact_mistakes(owner.contacts, ("owners", at, "contacts"))
    for at, contract in enumerate(part.contracts):
        yield from contract_mistakes(contract, ("contracts", at))
    for at, site in enumerate(part.sites):
        yield from contact_mistakes(site.contacts, ("sites", at, "contacts"))
        yield from _site_links(site, ("sites", at, "links"))


def _site_links(site: Site, path: Path) -> Iterator[Mistake]:
    seen: set[str] = set()
    for at, link in enumerate(site.links):
        yield from link_mistakes(link, (*path, at))
        if link.name in seen:
            yield (
                (*path, at, "name"),
                (
                    Localizable(
                        'name "{link}" stands twice among the links of "{site}"; each link '
                        "needs its own",
                        link=link.name,
                        site=site.name,
                    )
                ),
            )
        seen.add(link.name)
    yield from selection_mistakes(site.links, path)


def _duplicate_names(
    files: Mapping[str, str], parts: dict[str, Inventory]
) -> Iterator[DocumentError]:
    """Yield names that are given twice, in one file or in two, at the later place."""
    seen: dict[tuple[str, str], tuple[str, Path] | None] = {
        ("commune", commune.code): None for commune in bundled_communes()
    }
    lines: dict[str, Mapping[Path, int]] = {}

    def line_of(file: str, path: Path) -> int:
        # A document is searched once, and only where a name is given twice: a city has thousands.
        if file not in lines:
            lines[file] = lines_of(files[file])
        return nearest_line(lines[file], path)

    for file, part in parts.items():
        for noun, name, path in _named_entries(part):
            if (noun, name) not in seen:
                seen[noun, name] = file, path
                continue
            place = seen[noun, name]
            before = (
                Localizable("it ships with the program, leave it out")
                if place is None
                else f"{place[0]}:{line_of(*place)}"
            )
            sentence = Localizable(
                '{noun} "{name}" is there already: {before}',
                noun=Localizable(noun),
                name=name,
                before=before,
            )
            yield DocumentError(file, line_of(file, path), sentence)


def _named_entries(part: Inventory) -> Iterator[tuple[str, str, Path]]:
    """Yield the named objects: the kind, the name, and the place of the name."""
    for at, commune in enumerate(part.communes):
        yield "commune", commune.code, ("communes", at, "code")
    named: dict[str, Sequence[Carrier | Contract | Owner | Site | Target]] = {
        "carriers": part.carriers,
        "owners": part.owners,
        "sites": part.sites,
        "targets": part.targets,
        "contracts": part.contracts,
    }
    for table, things in named.items():
        for at, thing in enumerate(things):
            yield table.removesuffix("s"), thing.name, (table, at, "name")


def _merged(parts: Mapping[str, Inventory]) -> Inventory:
    return Inventory(
        communes=(
            *bundled_communes(),
            *(commune for part in parts.values() for commune in part.communes),
        ),
        carriers=tuple(carrier for part in parts.values() for carrier in part.carriers),
        owners=tuple(owner for part in parts.values() for owner in part.owners),
        sites=tuple(site for part in parts.values() for site in part.sites),
        targets=tuple(target for part in parts.values() for target in part.targets),
        probes=tuple(probe for part in parts.values() for probe in part.probes),
        contracts=tuple(contract for part in parts.values() for contract in part.contracts),
    )
