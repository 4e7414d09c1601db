"""Settings of sinks over HTTP, and their checks."""

import ssl
from base64 import b64encode
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from thongsuot_collector.clients import client_context, read_secret
from thongsuot_collector.sinks.contract import SinkSettings
from thongsuot_schema.localizable import Localizable

Positive = Annotated[float, msgspec.Meta(gt=0)]


class HttpSinkSettings(SinkSettings, frozen=True, kw_only=True):
    """
    One ``[[sinks]]`` over HTTP.

    ``username`` and ``password_file``, or ``bearer_file``, are credentials; ``ca_file`` has the
    authorities for the receiver's certificate. The wait between two attempts is ``min_backoff_s``,
    and doubles up to ``max_backoff_s``; ten and five times as long if a person has to change
    something.

    ``process_metrics_url`` is the receiver's own URL, without a proxy, of the metric
    ``process_start_time_seconds``: needed if it answers before data is on its disk, like
    VictoriaMetrics. ``flushed_after_s`` is the time after which data certainly is (by default three
    times VictoriaMetrics' ``-inmemoryDataFlushInterval``).
    """

    url: str
    username: str = ""
    password_file: str = ""
    bearer_file: str = ""
    ca_file: str = ""
    timeout_s: Positive = 30.0
    min_backoff_s: Positive = 1.0
    max_backoff_s: Positive = 60.0
    linger_s: Annotated[float, msgspec.Meta(ge=0)] = 0.2
    samples_per_request: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    jump_entries: Annotated[int, msgspec.Meta(ge=1)] = 5_000
    process_metrics_url: str = ""
    flushed_after_s: Positive = 15.0


def check_http(settings: HttpSinkSettings) -> None:
    """Reject settings that cannot work: see ``SinkKind``."""
    for name, url in (("url", settings.url), ("process_metrics_url", settings.process_metrics_url)):
        if url or name == "url":
            _check_url(name, url)
    if settings.bearer_file and settings.username:
        raise ValueError(Localizable("bearer_file and username are both set; one of them is meant"))
    if bool(settings.username) is not bool(settings.password_file):
        raise ValueError(Localizable("username and password_file belong together"))
    for file in (settings.password_file, settings.bearer_file):
        if file:
            read_secret(file)
    if settings.min_backoff_s > settings.max_backoff_s:
        raise ValueError(
            Localizable(
                "min_backoff_s {min_backoff_s} is above max_backoff_s {max_backoff_s}",
                min_backoff_s=f"{settings.min_backoff_s:g}",
                max_backoff_s=f"{settings.max_backoff_s:g}",
            )
        )
    if settings.ca_file:
        client_context(settings.ca_file)


def _check_url(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            Localizable(
                "{name} {url} is not http:// or https:// with a host", name=name, url=repr(url)
            )
        )
    if parts.username or parts.password:
        raise ValueError(
            Localizable("{name} holds credentials; use username and password_file", name=name)
        )


def authorization(settings: HttpSinkSettings) -> str:
    """Return the header with the credentials; empty without any."""
    if settings.bearer_file:
        return f"Bearer {read_secret(settings.bearer_file)}"
    if settings.username:
        pair = f"{settings.username}:{read_secret(settings.password_file)}"
        return f"Basic {b64encode(pair.encode()).decode()}"
    return ""


def tls_of(settings: HttpSinkSettings) -> ssl.SSLContext | None:
    """Return the TLS context for the receiver; ``None`` without TLS."""
    return tls_for(settings.url, settings)


def tls_for(url: str, settings: HttpSinkSettings) -> ssl.SSLContext | None:
    """Return the TLS context for a URL of the receiver; ``None`` without TLS."""
    return client_context(settings.ca_file) if urlsplit(url).scheme == "https" else None
