"""
A process that stands for election and decides while it leads: a line in the audit log each time.

    python -m tests.collector.store.deciding URL NAME
"""

import sys
import threading
import time

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from thongsuot_collector.errors import Deposed
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.leadership import LeaderCandidate, fence
from thongsuot_collector.store.postgresql import engine_for
from thongsuot_collector.store.term import Term

_EVERY_S = 0.01


def decide(engine: Engine, term: Term, name: str) -> None:
    """Decide something, as long as that is this process's to do."""
    while True:
        try:
            with engine.begin() as connection:
                audit.write(connection, AuditAction.ENROLLED, str(term.number), by=name)
                # Most of its time it is in the middle of a decision: that is where it is stopped.
                connection.execute(text("SELECT pg_sleep(0.02)"))
        except Deposed:
            return
        except DBAPIError:
            if term.is_over:
                return
        time.sleep(_EVERY_S)


def main() -> None:
    """Stand for election until killed."""
    url, name = sys.argv[1:]
    database = PostgresDatabase(url=url, application=name)
    terms: list[Term] = []
    led = threading.Event()

    def changed(term: Term | None) -> None:
        if term is not None:
            terms.append(term)
            led.set()

    LeaderCandidate(database, changed=changed, is_alive=lambda: True).start()
    while True:
        led.wait()
        led.clear()
        term = terms[-1]
        engine = engine_for(database)
        fence(engine, term)
        decide(engine, term, name)
        engine.dispose()


if __name__ == "__main__":
    main()
