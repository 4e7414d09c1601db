"""Where the collector listens, and limits per sender; the only place of these defaults."""

from typing import Annotated

import msgspec

from thongsuot_collector.pki.settings import ClientCertificatePolicy
from thongsuot_schema.inventory.fields import StrictStruct
from thongsuot_schema.localizable import Localizable

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Listen(StrictStruct, frozen=True, kw_only=True):
    """
    Where the collector listens, for agents and for people.

    ``address`` is ``host:port``, IPv6 in brackets; port 0 takes any free one and logs it. Tokens
    must not travel unencrypted: without a certificate only a loopback address is accepted, unless
    ``plaintext`` declares that TLS is terminated before the collector.

    ``client_certificates`` determines whether agents present certificates besides their tokens:
    ``off``, ``optional`` (agents without one use their token only) or ``required`` (no push without
    one). Enrolment, pages and callbacks at the same address never need one.
    """

    address: str = "127.0.0.1:8480"
    certificate_file: str = ""
    key_file: str = ""
    plaintext: bool = False
    trusted_proxies: tuple[str, ...] = ()
    client_certificates: ClientCertificatePolicy = ClientCertificatePolicy.OFF


class IngestSettings(StrictStruct, frozen=True, kw_only=True):
    """
    Limits per sender.

    A site may push ``pushes_per_s`` indefinitely and ``pushes_burst`` at once (an hour's backlog is
    240), ``bytes_per_s`` and ``bytes_burst`` likewise: room in the journal (a usual site makes 150
    bytes a second, three days' backlog is 12 MB; at 2,000 one site takes a twelfth of 64 GiB in 31
    days).
    ``values_per_s`` and ``values_burst`` limit what is packed in them: a usual site makes 20 values
    a second, 1.6 million a day, and a body of 200 bytes can hold 80,000 equal ones.
    ``series_per_s`` and ``series_burst`` limit new series, which every database has to keep: a
    usual site has about 1,000. ``layout_bytes_per_s`` and ``layout_bytes_burst`` limit the layouts
    that name them, by their memory: 250 bytes for each series (a usual one has 75 KB).
    ``unknown_names_per_s`` and ``unknown_names_burst`` limit links and services with verdicts that
    the inventory does not have, ``streams_per_s`` and ``streams_burst`` new streams and boots (a
    device has one each time that it starts), ``gaps_per_s`` and ``gaps_burst`` the gaps between the
    numbers of a stream's batches, ``notices_per_s`` and ``notices_burst`` what a device reports of
    itself: a notice that is written down for people or in the account of its record (a start, a
    step of a commissioning, a test, a problem, lost batches) counts as ten; a usual device makes
    some hundred a day.
    ``work_ratio`` is the part of a processor that timelines and incidents of one site may take,
    ``work_burst_s`` what they may take at once. From the bytes on, a site of which the inventory
    has more than 60 targets over links may bring more in proportion; one that is over a budget from
    the values on is quarantined for ten minutes: people are told, and it pushes once a second at
    most. An address, of IPv6 a network of 64 bits, may come with ``bad_tokens_burst`` bad tokens
    (and as many bad codes), then one every ``1 / bad_tokens_per_s`` seconds; a good token is taken
    all the same.

    While more than ``backlog_lag_entries`` accepted batches are not judged yet (about as many as a
    small machine judges in a second), batches older than a minute have to come again later, so that
    a fresh fault does not wait behind the hours that a city of agents brings along after an outage.
    Of several collectors on one database all go by the one that judges.
    """

    pushes_per_s: Positive = 20.0
    pushes_burst: Positive = 500.0
    bytes_per_s: Positive = 2_000.0
    bytes_burst: Positive = 64e6
    values_per_s: Positive = 5_000.0
    values_burst: Positive = 8e6
    series_per_s: Positive = 0.05
    series_burst: Positive = 10_000.0
    layout_bytes_per_s: Positive = 400.0
    layout_bytes_burst: Positive = 16e6
    unknown_names_per_s: Positive = 0.001
    unknown_names_burst: Positive = 500.0
    streams_per_s: Positive = 0.01
    streams_burst: Positive = 300.0
    gaps_per_s: Positive = 0.05
    gaps_burst: Positive = 2_000.0
    notices_per_s: Positive = 2.0
    notices_burst: Positive = 20_000.0
    work_ratio: Positive = 0.02
    work_burst_s: Positive = 5.0
    bad_tokens_per_s: Positive = 0.2
    bad_tokens_burst: Positive = 20.0
    backlog_lag_entries: Positive = 500.0


def host_and_port(address: str) -> tuple[str, int]:
    """
    Return the parts of ``host:port``.

    Raises:
        ValueError: it does not have that form.
    """
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(Localizable("address {address} is not host:port", address=repr(address)))
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError(
            Localizable(
                "address {address}: an IPv6 address stands in brackets", address=repr(address)
            )
        )
    return host.strip("[]"), int(port)
