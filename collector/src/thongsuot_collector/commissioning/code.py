"""The code of the day of a site, which its device computes itself."""

from sqlalchemy import Engine

from thongsuot_collector.store import tokens
from thongsuot_schema.commissioning.run import commissioning_code
from thongsuot_schema.words.dates import local


def code_of_today(store: Engine, site: str, now_s: float) -> str:
    """
    Return the code that begins a run on the device of a site, from its newest valid token; empty
    without one.
    """
    good = [token for token in tokens.listed(store, site) if token.revoked_ns is None]
    if not good:
        return ""
    return commissioning_code(good[-1].digest, local(now_s).date().isoformat())
