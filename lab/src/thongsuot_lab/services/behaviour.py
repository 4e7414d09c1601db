"""How a server behaves: honestly, until a fault lays something else on it."""

from typing import Literal, TypeVar

import msgspec

from thongsuot_lab.errors import UnknownFaultError

Certificate = Literal["good", "expired", "expiring", "wrong-name", "unknown-issuer"]


class NameBehaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What a name server does with a question.

    ``forged`` answers every question for an address with ``addresses``: a loopback address for a
    blocking resolver, a captive portal's otherwise. ``gone`` are names that no longer exist.
    """

    answer: Literal["truth", "forged", "silence", "refused", "servfail", "nxdomain"] = "truth"
    addresses: tuple[str, ...] = ()
    delay_s: float = 0.0
    gone: tuple[str, ...] = ()


class PortalBehaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What a portal does with a visitor.

    ``refuse``: nothing listens. ``hang``: connections are accepted and never answered.
    """

    mode: Literal["serve", "refuse", "hang"] = "serve"
    delay_s: float = 0.0
    status: int = 200
    text: str | None = None
    certificate: Certificate = "good"


class ProxyBehaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a proxy does with whoever uses it; as ``PortalBehaviour``."""

    mode: Literal["serve", "refuse", "hang"] = "serve"


class ModemBehaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What a modem is like: there at all, its SIM (the first or the second) and that one's PIN, the
    network, whether the network gives it a bearer, and the access point that it asks for: the
    contract's, one that leads into a company's own network, or one that the network does not know.
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
    One behaviour out of what several faults changed; a later fault wins over an earlier one.

    Raises:
        UnknownFaultError: a change that this kind of server cannot make.
    """
    changes: dict[str, object] = {}
    for overlay in overlays.values():
        changes.update(overlay)
    try:
        return msgspec.convert(changes, kind)
    except msgspec.ValidationError as error:
        raise UnknownFaultError(f"no such behaviour: {changes}: {error}") from error
