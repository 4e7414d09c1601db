"""Test request: a person's request, checked against the inventory. Pure."""

import secrets
import time

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.unknown_names import unknown_site
from thongsuot_collector.store.test_requests import LASTS_NS, RequestedTest
from thongsuot_schema.batch.push import REQUESTABLE_KINDS
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.suggestions import suggested

ID_CHARACTERS = 64
NAME_CHARACTERS = 100


def new_id() -> str:
    """Return a new id."""
    return secrets.token_hex(8)


def is_id(name: str) -> bool:
    """Return whether a text may be the id of a test."""
    return name.isascii() and name.isalnum() and len(name) <= ID_CHARACTERS


def new_request(
    site: str, kind: str, *, link: str = "", target: str = "", requested_by: str, name: str = ""
) -> RequestedTest:
    """Return a new test request; ``name`` is its id if it has one already."""
    now_ns = time.time_ns()
    return RequestedTest(
        id=name or new_id(),
        site=site,
        kind=kind,
        link=link,
        target=target,
        requested_by=requested_by[:NAME_CHARACTERS],
        requested_ns=now_ns,
        expires_ns=now_ns + LASTS_NS,
        changed_ns=now_ns,
    )


def request_mistake(request: RequestedTest, directory: InventoryDirectory) -> Text | None:
    """
    Return the part of a test that is not in the inventory; ``None`` if all is.

    The agent refuses what it does not measure, according to the device's configuration.
    """
    if not is_id(request.id):
        return Text("collector.cli.error.test_id", id=request.id[:80], most=ID_CHARACTERS)
    if request.kind not in REQUESTABLE_KINDS:
        kinds = ", ".join(REQUESTABLE_KINDS)
        return Text("collector.cli.error.test_kind", kind=request.kind, kinds=kinds)
    if request.site not in directory.sites:
        return unknown_site(request.site, sorted(directory.sites))
    links = [link.name for link in directory.site(request.site).links]
    if request.link and request.link not in links:
        near = suggested(request.link, links)
        return Text("collector.cli.error.no_link", site=request.site, name=request.link, near=near)
    if request.target and directory.target(request.target) is None:
        return Text("collector.cli.error.no_target", name=request.target)
    return None
