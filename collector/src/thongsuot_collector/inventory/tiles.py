"""
Tiles: the position of the 126 communes on the wall, and the area of each.

``tiles.csv`` beside this module orders them by the approximate centres of their areas: nine bands
from north to south of fourteen communes each, from west to east. Areas are the districts of before
2025-07-01, by the one that most of a commune belonged to.
"""

import csv
from functools import cache
from importlib.resources import files

import msgspec


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """The place of one commune on the wall, from 1, and its area."""

    code: str
    area: str
    row: int
    column: int


@cache
def tiles() -> dict[str, Tile]:
    """Return the tiles by the code of their commune."""
    text = files("thongsuot_collector.inventory").joinpath("tiles.csv").read_text("utf-8")
    return {
        row["code"]: Tile(
            code=row["code"], area=row["area"], row=int(row["row"]), column=int(row["column"])
        )
        for row in csv.DictReader(text.splitlines())
    }


def area_of(commune: str) -> str:
    """Return the area of a commune; empty if its code is not one of the city's."""
    known = tiles().get(commune)
    return "" if known is None else known.area
