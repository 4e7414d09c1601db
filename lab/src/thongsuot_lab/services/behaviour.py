"""The behaviour of a server: normal, until a fault changes it."""

from typing import Literal, TypeVar

import msgspec

from thongsuot_lab.errors import UnknownFaultError

Certificate = Literal["good", "expired", "expiring", "wrong-name", "unknown-issuer"]


class NameBehaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How a name server answers.

    ``forged`` answers every query for an address with ``addresses``: a loopback address for a
    blocking resolver, a captive portal's otherwise. ``gone`` are names that no longer exist.
    """

    answer: Literal["truth", "forged", "silence", "refused", "servfail", "nxdomain"] = "truth"
    addresses: tuple[str, ...] = ()
    delay_s: float = 0.0
    gone: tuple[str, ...] = ()


class PortalBehaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How a portal treats its visitors.

    ``refuse``: nothing listens. ``hang``: connections are accepted and never answered.
    """

    mode: Literal["serve", "refuse", "hang"] = "serve"
    delay_s: float = 0.0
    status: int = 200
    text: str | None = None
    certificate: Certificate = "good"


class ProxyBehaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a proxy treats its users; see ``PortalBehaviour``."""

    mode: Literal["serve", "refuse", "hang"] = "serve"


class ModemBehaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    State of a modem: present or not, its SIM (the first or the second) and that SIM's PIN, the
    network, whether the network grants a bearer, and the access point that it requests: the
    contract's, one that leads into a company's private network, or one that the network does not
    know.
    """

    is_present: bool = True
    sim: Literal[1, 2] = 1
    sim_state: Literal["ready", "locked", "absent"] = "ready"
    registration: Literal["home", "searching", "denied"] = "home"
    has_bearer: bool = True
    apn: Literal["contract", "private", "unknown"] = "contract"


B = TypeVar("B", NameBehaviour, PortalBehaviour, ProxyBehaviour, ModemBehaviour)


def merge_overlays(kind: type[B], overlays: dict[str, dict[str, object]]) -> B:
    """
    Merge the changes of several faults into one behaviour; a later fault overrides an earlier one.

    Raises:
        UnknownFaultError: this kind of server does not support the change.
    """
    changes: dict[str, object] = {}
    for overlay in overlays.values():
        changes.update(overlay)
    try:
        return msgspec.convert(changes, kind)
    except msgspec.ValidationError as error:
        raise UnknownFaultError(f"no such behaviour: {changes}: {error}") from error
