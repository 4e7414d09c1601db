"""Every commune has one place on the wall, and stands where it lies."""

from thongsuot_collector.inventory.tiles import area_of, tiles
from thongsuot_schema.inventory.communes import bundled_communes


def test_every_commune_has_a_place_of_its_own() -> None:
    assert set(tiles()) == {commune.code for commune in bundled_communes()}
    places = {(tile.row, tile.column) for tile in tiles().values()}
    assert places == {(row, column) for row in range(1, 10) for column in range(1, 15)}
    assert len({tile.area for tile in tiles().values()}) == 30


def test_north_is_above_and_west_is_left() -> None:
    soc_son, ba_vi, hoan_kiem, my_duc = (
        next(tiles()[commune.code] for commune in bundled_communes() if commune.name == name)
        for name in ("Xã Sóc Sơn", "Xã Ba Vì", "Phường Hoàn Kiếm", "Xã Mỹ Đức")
    )
    assert soc_son.row < hoan_kiem.row < my_duc.row
    assert ba_vi.column < hoan_kiem.column
    assert (area_of(soc_son.code), area_of("99999")) == ("Sóc Sơn", "")
