"""How far a site is with its site configuration. Pure."""

from enum import StrEnum

from thongsuot_collector.store.site_configs import AgentConfigStatus, ConfigVersion


class RolloutStatus(StrEnum):
    """How far an agent is with the newest site configuration of its site."""

    CURRENT = "current"
    """It runs it."""

    WAITING = "waiting"
    """It runs another, and has not answered to this one."""

    REFUSED = "refused"
    """It will not run it."""

    NOT_TAKING = "not_taking"
    """It takes no site configurations: an older release, or told so."""

    UNHEARD = "unheard"
    """It has not pushed since there are site configurations."""

    NONE = "none"
    """There is no site configuration: the inventory does not have the site."""


def rollout_status(newest: ConfigVersion | None, run: AgentConfigStatus | None) -> RolloutStatus:
    """Return how far a site is."""
    if newest is None:
        return RolloutStatus.NONE
    if run is None:
        return RolloutStatus.UNHEARD
    if not run.is_accepting:
        return RolloutStatus.NOT_TAKING
    if run.version == newest.version:
        return RolloutStatus.CURRENT
    return RolloutStatus.REFUSED if run.refused == newest.version else RolloutStatus.WAITING
