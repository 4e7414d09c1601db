"""
A NetBox for tests: a real HTTP server with the paths, pages and rows of NetBox's API.

Rows have the fields that NetBox 4.4 publishes (its serializers for ``dcim``, ``circuits`` and
``tenancy``), no more and no fewer; what stands inside of another has the brief ones. That includes
what trips readers: a contact inside an assignment without its e-mail, a page at most ``max_page``
rows long whatever is asked, statuses as objects, and a ``next`` that is a whole address.
"""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

TOKEN = "nbt_abcdefgh.0123456789abcdefghijklmnopqrstuvwxyz0123"  # no secret: made up
"""In the form of a token of NetBox 4.5: pynetbox tells by it which word comes before."""

Row = dict[str, object]

_COMMON = "id url display_url display tags custom_fields created last_updated"
FIELDS = {
    "dcim/sites": f"{_COMMON} name slug status region group tenant facility time_zone description "
    "physical_address shipping_address latitude longitude comments asns circuit_count device_count "
    "prefix_count rack_count virtualmachine_count vlan_count",
    "circuits/providers": f"{_COMMON} name slug accounts description comments asns circuit_count",
    "circuits/circuits": f"{_COMMON} cid provider provider_account type status tenant install_date "
    "termination_date commit_rate description distance distance_unit termination_a termination_z "
    "comments assignments",
    "tenancy/tenants": f"{_COMMON} name slug group description comments circuit_count device_count "
    "ipaddress_count prefix_count rack_count site_count virtualmachine_count vlan_count vrf_count "
    "cluster_count",
    "tenancy/contacts": f"{_COMMON} groups name title phone email address link "
    "description comments",
    "tenancy/contact-assignments": "id url display object_type object_id object contact role "
    "priority tags custom_fields created last_updated",
}
"""The fields of a row, by where it is asked for."""

_LISTS = ("tags", "asns", "accounts", "groups", "assignments")


class FakeNetbox:
    """What it has, how it is asked, and how it fails."""

    def __init__(self) -> None:
        self.url = ""
        self.rows: dict[str, dict[int, Row]] = {path: {} for path in FIELDS}
        self.max_page = 1000
        self.asked: list[str] = []
        """Paths with queries, in the order they came."""
        self.fail_at = ""
        """The beginning of what is asked, without ``/api/``, that fails."""
        self.failure = ""
        """``refused``, ``cut``, ``silent``, ``html``, ``away``, ``fewer`` or ``twice``."""
        self.released = threading.Event()
        """Set when nobody waits for a silent answer any more."""

    def put(self, path: str, id: int, **fields: object) -> Row:  # noqa: A002 - NetBox's word
        """Add a row, or put it in the place of the one before."""
        row: Row = {}
        for name in FIELDS[path].split():
            row[name] = [] if name in _LISTS else None
        row |= {"url": f"{self.url}/api/{path}/{id}/", "custom_fields": {}, "id": id}
        if "display_url" in row:
            row["display_url"] = f"{self.url}/{path}/{id}/"
        unknown = set(fields) - set(row)
        assert not unknown, f"NetBox has no {unknown} in {path}"
        self.rows[path][id] = row | fields
        return self.rows[path][id]

    def brief(self, path: str, id: int, *names: str) -> Row:  # noqa: A002 - NetBox's word
        """Return a row as it stands inside of another."""
        row = self.rows[path][id]
        return {name: row[name] for name in ("id", "url", "display", "description", *names)}

    def page(self, path: str, query: Mapping[str, list[str]]) -> Row:
        """Return a page of rows."""
        rows = list(self.rows[path].values())
        asked = int(query.get("limit", ["50"])[0]) or self.max_page
        limit, offset = min(asked, self.max_page), int(query.get("offset", ["0"])[0])
        end = offset + limit
        host = "http://127.0.0.2:1" if self._fails("away", path, query) else self.url
        where = f"{host}/api/{path}/?{urlencode({'limit': limit, 'offset': end})}"
        some = rows[offset:end]
        if self._fails("fewer", path, query):
            some = some[:-1]
        if self._fails("twice", path, query):
            some[-1] = some[0]
        return {
            "count": len(rows),
            "next": where if end < len(rows) else None,
            "previous": None,
            "results": some,
        }

    def _fails(self, failure: str, path: str, query: Mapping[str, list[str]]) -> bool:
        asked = f"{path}/?{urlencode({name: values[0] for name, values in query.items()})}"
        return self.failure == failure and asked.startswith(self.fail_at)


def choice(value: str) -> Row:
    """Return a status or another of a closed list as NetBox writes it."""
    return {"value": value, "label": value.capitalize()}


def tags(*slugs: str) -> list[Row]:
    """Return tags as they stand inside of a row."""
    return [{"id": at, "slug": slug, "name": slug} for at, slug in enumerate(slugs, 1)]


def end_at(netbox: FakeNetbox, site: int, **speeds: int) -> Row:
    """Return the end of a circuit at a site, as NetBox writes it since 4.2."""
    return {
        "id": 1,
        "termination_type": "dcim.site",
        "termination_id": site,
        "termination": netbox.brief("dcim/sites", site, "name", "slug"),
        "port_speed": None,
        "upstream_speed": None,
        "xconnect_id": "",
        **speeds,
    }


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[FakeNetbox]:
    """Run a NetBox without a row, over TLS where a context says who it is."""
    netbox = FakeNetbox()

    class NetBoxHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            netbox.asked.append(self.path)
            path = parts.path.removeprefix("/api/").strip("/")
            here = self.path.removeprefix("/api/").startswith(netbox.fail_at)
            failure = netbox.failure if here else ""
            if self.headers.get("authorization") != f"Bearer {TOKEN}" or failure == "refused":
                self._answer(403, {"detail": "Invalid token"})
            elif path not in netbox.rows:
                self._answer(404, {"detail": "Not found."})
            elif failure == "silent":
                netbox.released.wait()
                self.close_connection = True
            elif failure == "html":
                self._body(200, b"<html>", "text/html", 6)
            else:
                page = json.dumps(netbox.page(path, parse_qs(parts.query))).encode()
                size = len(page) + (1000 if failure == "cut" else 0)
                self._body(200, page, "application/json", size)
                self.close_connection = failure == "cut"

        def _answer(self, status: int, answer: Row) -> None:
            body = json.dumps(answer).encode()
            self._body(status, body, "application/json", len(body))

        def _body(self, status: int, body: bytes, kind: str, size: int) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), NetBoxHandler) as server:
        netbox.url = f"http://127.0.0.1:{server.server_address[1]}"
        if tls is not None:
            netbox.url = netbox.url.replace("http:", "https:")
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield netbox
        finally:
            netbox.released.set()
            server.shutdown()
            thread.join()


def fill(netbox: FakeNetbox) -> None:
    """Put a small city in: two sites, two carriers, three circuits, an owner and its people."""
    put = netbox.put
    region: Row = {"id": 4, "name": "Phường Ba Đình", "slug": "ba-dinh"}
    put("tenancy/tenants", 9, name="Trung tâm Phục vụ", slug="service-centre")
    tenant = netbox.brief("tenancy/tenants", 9, "name", "slug")
    active = choice("active")
    common = {"status": active, "tenant": tenant}
    put("dcim/sites", 1, name='Điểm "số 1" Ba Đình', slug="ba-dinh-1", region=region, **common)
    put("dcim/sites", 2, name="Hoàn Kiếm", slug="hoan-kiem-1", tags=tags("branch"), **common)
    netbox.rows["dcim/sites"][2]["custom_fields"] = {"commune": 70, "channels": ["zalo:7"]}
    put("dcim/sites", 3, name="Chưa mở", slug="later", status=choice("planned"))
    asns: list[Row] = [{"id": 1, "asn": 7643}, {"id": 2, "asn": 45899}]
    put("circuits/providers", 1, name="VNPT", slug="vnpt", asns=asns)
    put("circuits/providers", 2, name="Viettel", slug="viettel")
    put("circuits/providers", 3, name="Nobody's", slug="nobody")
    fields = {"hotline": "1800 8119", "plmn": "45204, 45206", "channels": None}
    netbox.rows["circuits/providers"][2]["custom_fields"] = fields
    fiber: Row = {"id": 1, "name": "Cáp quang", "slug": "fiber"}
    mobile: Row = {"id": 2, "name": "Di động", "slug": "mobile"}
    vnpt = netbox.brief("circuits/providers", 1, "name", "slug")
    viettel = netbox.brief("circuits/providers", 2, "name", "slug")

    def circuit(id: int, cid: str, site: int, **fields: object) -> None:  # noqa: A002 - as above
        own: Row = {"status": active, "type": fiber, "termination_a": end_at(netbox, site)}
        put("circuits/circuits", id, cid=cid, **(own | fields))

    wired = {"interface": "eth0", "medium": None, "allowance_bytes": None}
    circuit(1, "HNI-1", 1, provider=vnpt, commit_rate=300_000, custom_fields=wired)
    ends = end_at(netbox, 2, port_speed=500_000, upstream_speed=200_000)
    circuit(2, "HNI-2", 2, provider=viettel, termination_a=ends, custom_fields=wired)
    own = {"interface": "wwan0", "allowance_bytes": 2_000_000_000, "link": "backup"}
    circuit(3, "SIM-3", 1, provider=viettel, type=mobile, tags=tags("5g"), custom_fields=own)
    circuit(4, "OLD-4", 1, provider=vnpt, status=choice("decommissioned"))
    _people(netbox)


def _people(netbox: FakeNetbox) -> None:
    put = netbox.put
    put("tenancy/contacts", 1, name="Trực ban", phone="024 1022", email="", address="Phố Một")
    put("tenancy/contacts", 2, name="NOC", phone="", email="noc@vnpt.example")
    put("tenancy/contacts", 3, name="Không ai", phone="", email="")
    for id_, kind, object_id, contact, priority in (
        (1, "circuits.provider", 1, 2, choice("primary")),
        (2, "dcim.site", 1, 1, None),
        (3, "dcim.site", 1, 2, choice("primary")),
        (4, "tenancy.tenant", 9, 1, choice("inactive")),
        (5, "tenancy.tenant", 9, 3, None),
    ):
        put(
            "tenancy/contact-assignments",
            id_,
            object_type=kind,
            object_id=object_id,
            contact=netbox.brief("tenancy/contacts", contact, "name"),
            role={"id": 1, "name": "Trực", "slug": "duty"},
            priority=priority,
        )
