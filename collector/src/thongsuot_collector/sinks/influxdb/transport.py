"""
Transport to InfluxDB's v2 write API, by ``influxdb-client``.

The client is imported at its first use, in the sink's own thread: it costs 36 MB and half a second
to a second and a half (2026-11), only with such a sink, and without blocking others. It gets
complete lines: its own ``Point`` takes 20 µs per line. Only its synchronous post is used: no
retries, no batching, no sign-in (which ``username`` would trigger), no redirects, all of which are
handled in a higher layer, for all sinks.
"""

import contextlib
import importlib
import socket
from dataclasses import dataclass
from typing import Any

from thongsuot_collector.sinks.delivery.retrying_client import DeliveryRequest, TransportResponse

_NO_REDIRECT = {"redirect": False, "retries": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxBucket:
    """
    The destination of lines: ``url`` without ``/api/v2/write``, ``authorization`` as the whole
    header.
    """

    url: str
    org: str
    bucket: str
    authorization: str
    timeout_s: float
    ca_file: str


class InfluxTransport:
    """Posts line protocol; see ``Transport``."""

    def __init__(self, place: InfluxBucket) -> None:
        self._place = place
        self._client: Any = None
        self._sockets: list[socket.socket] = []
        """The sockets opened last, which ``abort`` has to close."""

    def send(self, request: DeliveryRequest) -> TransportResponse:
        """See ``Transport``."""
        client = self._client = self._client or self._make_client()
        rest: Any = importlib.import_module("influxdb_client.rest")
        errors: Any = importlib.import_module("urllib3.exceptions")
        service: Any = importlib.import_module("influxdb_client.service.write_service")
        try:
            service.WriteService(client.api_client).post_write(
                org=self._place.org,
                bucket=self._place.bucket,
                body=request.body,
                precision="ms",
                urlopen_kw=_NO_REDIRECT,
            )
        except rest.ApiException as error:
            if not error.status:  # its wrapper of TLS errors
                raise ConnectionError(str(error.reason)) from error
            return TransportResponse(
                status=int(error.status),
                text=str(error.body or ""),
                headers={name.lower(): value for name, value in (error.headers or {}).items()},
            )
        except errors.HTTPError as error:
            raise ConnectionError(f"{type(error).__name__}: {error}") from error
        return TransportResponse(status=204, text="")

    def abort(self) -> None:
        """See ``Transport``."""
        for sock in self._sockets:
            with contextlib.suppress(OSError):  # it has already ended
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """See ``Transport``."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _make_client(self) -> Any:  # noqa: ANN401 - what it returns is imported at run time
        module: Any = importlib.import_module("influxdb_client")
        client = module.InfluxDBClient(
            url=self._place.url,
            token="",
            org=self._place.org,
            timeout=round(self._place.timeout_s * 1000),
            enable_gzip=True,
            ssl_ca_cert=self._place.ca_file or None,
            connection_pool_maxsize=1,
        )
        client.api_client.set_default_header("User-Agent", "thongsuot-collector")
        if self._place.authorization:
            client.api_client.set_default_header("Authorization", self._place.authorization)
        self._track_sockets(client.api_client.rest_client.pool_manager)
        return client

    def _track_sockets(self, pools: Any) -> None:  # noqa: ANN401 - urllib3's, without types here
        """Record every opened connection: the client has no way to abort one."""
        sockets = self._sockets

        def noting(kind: Any) -> Any:  # noqa: ANN401 - a class of urllib3's
            class Noted(kind.ConnectionCls):  # type: ignore[misc]  # its base is known at run time
                def connect(self) -> None:
                    super().connect()
                    sockets[:] = [self.sock]

            return type(kind.__name__, (kind,), {"ConnectionCls": Noted})

        pools.pool_classes_by_scheme = {
            scheme: noting(kind) for scheme, kind in pools.pool_classes_by_scheme.items()
        }
