"""Past: a generated month of each site, pushed to the collector of a lab from this machine."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from thongsuot_lab.history.push import push_record, tls_connection
from thongsuot_lab.history.record import PastRecord, past_records
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.city import DOMAIN

_SITES_AT_ONCE: Final = 8


def push_month(lab: Lab, tokens: Mapping[str, Path], *, collector_port: int) -> None:
    """
    Push the month up to now of each site in ``tokens``, which holds the path of its token.

    Raises:
        HistoryRefused: the collector rejected it.
    """
    port = lab.expose("collector", collector_port)
    connect = partial(tls_connection, port, f"collector.{DOMAIN}", lab.ca_file)

    def push(record: PastRecord) -> None:
        token = tokens[record.site].read_text(encoding="ascii").strip()
        push_record(record, token, connect)

    # The slow part is the collector's disk, which flushes the batches of many pushes at once.
    records = past_records(lab.topology, list(tokens), now_ns=time.time_ns())
    with ThreadPoolExecutor(_SITES_AT_ONCE) as pool:
        for _ in pool.map(push, records):
            pass
