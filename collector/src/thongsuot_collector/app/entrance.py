"""The entrance: by what agents are known, and what is needed to ask them for it."""

from dataclasses import dataclass

from sqlalchemy import Engine

from thongsuot_collector.app.server import tls_context
from thongsuot_collector.certificates import authority
from thongsuot_collector.certificates.admission import Admission
from thongsuot_collector.certificates.external import ExternalRoll
from thongsuot_collector.certificates.handshake import Handshakes
from thongsuot_collector.certificates.issuing import Issuer
from thongsuot_collector.certificates.own import OwnRoll
from thongsuot_collector.certificates.policy import Policy
from thongsuot_collector.certificates.roll import Ends, Roll
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.ingest.tokens import TokenBook
from thongsuot_collector.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """
    ``issuer`` is ``None`` where this collector issues no certificates, ``handshakes`` where it asks
    for none.
    """

    tokens: TokenBook
    admission: Admission
    issuer: Issuer | None
    handshakes: Handshakes | None
    metrics: Metrics

    async def refresh(self) -> None:
        """Read what is good now."""
        await self.tokens.refresh()
        await self.admission.refresh()
        self._follow()

    async def keep_fresh(self) -> None:
        """Follow what becomes of certificates and their authorities, for ever."""
        await self.admission.keep_fresh(self._follow)

    def _follow(self) -> None:
        """Take what the authorities are now, and tell how long they and their lists are good."""
        if self.handshakes is not None:
            self.handshakes.renew()
        if self.admission.roll is not None:
            ends = self.admission.roll.ends
            self.metrics.tell_ends(ends.authorities, ends.lists)


def entrance(configuration: Configuration, store: Engine, metrics: Metrics) -> Entrance:
    """
    Return the entrance that a configuration asks for.

    Raises:
        AuthorityError: there is no authority to ask for certificates of.
    """
    settings = configuration.settings
    policy, tokens = settings.listen.client_certificates, TokenBook(store)
    roll: Roll | None = None
    issuer: Issuer | None = None
    if policy is not Policy.OFF and settings.certificates.authorities_file:
        roll = ExternalRoll(settings.certificates)
    elif policy is not Policy.OFF:
        folder = configuration.state_dir / authority.FOLDER
        own = authority.load(folder)
        ends = Ends(authorities={own.name: own.not_after.timestamp()})
        roll = OwnRoll(store, authority.trusted(folder), ends)
        issuer = Issuer(own, settings.certificates.lifetime_s)
    handshakes = None
    if roll is not None:
        make, refusals = (lambda: tls_context(settings.listen)), metrics.handshakes_refused
        handshakes = Handshakes(roll, make, refusals)
    return Entrance(
        tokens=tokens,
        admission=Admission(store, tokens, policy, roll),
        issuer=issuer,
        handshakes=handshakes,
        metrics=metrics,
    )
