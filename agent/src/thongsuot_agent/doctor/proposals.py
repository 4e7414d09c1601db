"""Proposals: known routers that no link uses, as settings to copy. Pure."""

from collections.abc import Iterator

from thongsuot_agent.links.snapshot import KernelTables, default_gateways
from thongsuot_schema.inventory.model import Link


def proposals(tables: KernelTables, specs: tuple[Link, ...]) -> Iterator[str]:
    """
    Yield what may be missing in the settings.

    An interface on which default routes lead to several routers is several links, and the settings
    have one of it, or none.
    """
    for interface, gateways in default_gateways(tables).items():
        own = [spec for spec in specs if spec.interface == interface]
        used = {gateway for spec in own for gateway in spec.gateways}
        missing = [gateway for gateway in gateways if gateway not in used]
        if len(gateways) < 2 or not missing:
            continue
        yield (
            f"{interface} has default routes by {len(gateways)} routers ({', '.join(gateways)}); "
            "each may be a line of its own. To measure them apart:\n\n"
            + "\n".join(
                f'[[links]]\nname = "{_name(interface, place)}"\ninterface = "{interface}"\n'
                f'gateways = ["{gateway}"]\n'
                for place, gateway in enumerate(gateways, start=1)
            )
        )


def _name(interface: str, place: int) -> str:
    return f"{interface.lower()}-{place}"
