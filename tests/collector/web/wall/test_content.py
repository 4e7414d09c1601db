"""What the wall shows of a large city, and what it costs."""

from tests.collector.queries.large_city import DOWN_EVERY, NOT_INSTALLED_EVERY, SITES, large_city
from thongsuot_collector.queries.selection import Selection
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.lists.cells import ListReader
from thongsuot_collector.web.wall.content import WallContent, wall_content
from thongsuot_collector.web.wall.page import wall_page
from thongsuot_schema.state import State

NOT_INSTALLED = SITES // NOT_INSTALLED_EVERY
DOWN = sum(at % DOWN_EVERY == 1 and at % NOT_INSTALLED_EVERY != 0 for at in range(SITES))


def content(**filters: str) -> WallContent:
    chosen = {name: (value,) for name, value in filters.items()}
    return wall_content(large_city(), Selection(filters=chosen))


def test_every_commune_has_a_tile_and_every_point_a_row_in_it() -> None:
    wall = content()
    assert len(wall.tiles) == 126
    assert sum(len(tile.sites) for tile in wall.tiles) == SITES
    places = [(tile.row, tile.column) for tile in wall.tiles]
    assert places == sorted(places)
    assert sum(tile.fixed is State.DOWN for tile in wall.tiles) == DOWN
    halves = [site for tile in wall.tiles for site in tile.sites]
    assert sum(site.fixed is None for site in halves) == NOT_INSTALLED


def test_the_share_is_of_the_points_that_have_a_device() -> None:
    figures = content().figures
    assert figures.not_installed == NOT_INSTALLED
    assert figures.installed == SITES - NOT_INSTALLED
    assert figures.whole == SITES - NOT_INSTALLED - DOWN


def test_filters_reduce_the_shown_links_and_not_the_totals_of_the_city() -> None:
    whole, of_one = content(), content(carrier="vnpt", medium="fiber")
    assert of_one.figures == whole.figures
    shown = [site for tile in of_one.tiles for site in tile.sites]
    assert all(site.mobile is None for site in shown)
    assert sum(site.fixed is not None for site in shown) == SITES // 4 - SITES // 100
    down = content(state="down")
    assert {tile.fixed for tile in down.tiles} == {State.DOWN, None}


def test_the_grid_counts_every_link_once() -> None:
    wall = content()
    assert len(wall.matrix) == 30
    cells = [cell for _, row in wall.matrix for cell in row]
    assert sum(cell.total for cell in cells) == 2 * (SITES - NOT_INSTALLED)
    assert sum(cell.total - cell.up for cell in cells) == DOWN


def test_the_page_of_five_hundred_points_is_made_without_asking_the_store() -> None:
    city = large_city()  # it has no store at all
    page = PageReader(language="vi", now_s=1_764_000_000.0)
    reader = ListReader(page, city.directory)
    wall = wall_content(city, Selection())
    text = wall_page(wall, Selection(), city, reader, [], is_screen=True)
    assert text.count("<b>") == SITES
    assert len(text.encode()) < 160 * 1024
