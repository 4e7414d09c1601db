"""Errors in the table ``[reflector]``."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from thongsuot_collector.config.certificates import server_certificate_mistake
from thongsuot_collector.errors import CollectorError
from thongsuot_collector.ingest.settings import host_and_port
from thongsuot_collector.reflector.access import networks_from, read_key
from thongsuot_collector.reflector.model import ReflectorSettings
from thongsuot_runtime.config_file import Mistake
from thongsuot_schema.localizable import Localizable, sentence_of


def mistakes(settings: ReflectorSettings) -> Iterator[Mistake]:
    """Yield all errors, each with its place below the table."""
    if settings.key_file:
        try:
            read_key(Path(settings.key_file))
        except CollectorError as error:
            yield ("key_file",), sentence_of(error)
    lists = {"allow": settings.allow, "twamp_light": settings.twamp_light}
    for key, texts in lists.items():
        for place, text in enumerate(texts):
            try:
                networks_from((text,))
            except ValueError:
                yield (
                    (key, place),
                    Localizable('"{text}" is no network, as in "203.0.113.0/24"', text=text),
                )
    yield from _address(settings, "stamp_address")
    yield from _address(settings, "throughput_address")
    yield from _secrecy(settings)


def _address(settings: ReflectorSettings, key: str) -> Iterator[Mistake]:
    address: str = getattr(settings, key)
    if not address:
        return
    try:
        host, _ = host_and_port(address)
        ip_address(host)
    except ValueError as error:
        yield (
            (key,),
            Localizable(
                '{why}; an address and a port, as in "0.0.0.0:862"', why=sentence_of(error)
            ),
        )
        return
    if not (settings.key_file or settings.allow or settings.twamp_light):
        yield (
            (key,),
            Localizable(
                "the reflector would answer nobody: give key_file, or the networks of allow"
            ),
        )


def _secrecy(settings: ReflectorSettings) -> Iterator[Mistake]:
    certificate, key = settings.certificate_file, settings.certificate_key_file
    if bool(certificate) is not bool(key):
        yield (
            ("certificate_file" if certificate else "certificate_key_file",),
            Localizable("certificate_file and certificate_key_file belong together"),
        )
    elif certificate:
        unusable = server_certificate_mistake(certificate, key)
        if unusable:
            yield ("certificate_file",), unusable
