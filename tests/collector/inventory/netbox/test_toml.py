"""A written inventory is read back unchanged, whatever it contains."""

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.inventory.netbox.toml import origin, render_toml
from thongsuot_schema.document import decode
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Carrier, Contact, Inventory, Link, Site

TEXT = st.text(st.characters(codec="utf-8"))


@given(title=TEXT, email=TEXT, circuit=TEXT, where=TEXT)
def test_an_inventory_comes_back_as_it_was(
    title: str, email: str, circuit: str, where: str
) -> None:
    link = Link(name="fiber", interface="eth0", medium=Medium.FIBER, circuit=circuit)
    person = Contact(name=title, email=email)
    site = Site(name="a", title=title, contacts=(person, person), links=(link,))
    carrier = Carrier(name="b", asn=(1, 2), channels=(title,), contacts=(person,))
    inventory = Inventory(carriers=(carrier,), sites=(site, site))
    text = render_toml(inventory, {("sites", "a"): where}, "Head")
    assert decode(text, Inventory, file="x") == inventory


def test_a_line_is_traced_to_where_it_comes_from() -> None:
    inventory = Inventory(sites=(Site(name="a", title="A"), Site(name="b", title="B")))
    places = {("sites", name): f"https://netbox.example/{name}" for name in "ab"}
    text = render_toml(inventory, places, "Head")
    line = text.splitlines().index('title = "B"') + 1
    assert origin(text, line) == "https://netbox.example/b"
    assert origin(text, 1) == "Head"
