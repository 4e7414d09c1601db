"""Stand: how far a site is with its plan. Pure."""

from enum import StrEnum

from thongsuot_collector.store.site_plans import Made, Run


class Stand(StrEnum):
    """How an agent stands to the newest plan of its site."""

    CURRENT = "current"
    """It runs it."""

    WAITING = "waiting"
    """It runs another, and has not answered to this one."""

    REFUSED = "refused"
    """It will not run it."""

    NOT_TAKING = "not_taking"
    """It takes no plans: an older release, or told so."""

    UNHEARD = "unheard"
    """It has not pushed since there are plans."""

    NONE = "none"
    """There is no plan: the inventory does not have the site."""


def stand_of(made: Made | None, run: Run | None) -> Stand:
    """Return how far a site is."""
    if made is None:
        return Stand.NONE
    if run is None:
        return Stand.UNHEARD
    if not run.is_taking:
        return Stand.NOT_TAKING
    if run.version == made.version:
        return Stand.CURRENT
    return Stand.REFUSED if run.refused == made.version else Stand.WAITING
