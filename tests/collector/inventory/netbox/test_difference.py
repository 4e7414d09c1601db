"""What an import from NetBox changes, as a person and a log read it."""

from thongsuot_collector.inventory.netbox.difference import differences
from thongsuot_schema.inventory.model import Carrier, Contact, Inventory
from thongsuot_schema.words.language import in_language

VNPT = Carrier(name="vnpt", title="VNPT", hotline="1800 1166")


def told(old: Inventory, new: Inventory) -> list[tuple[str, str]]:
    """Return each change in English and in Vietnamese."""
    return [(str(line), in_language(line, "vi")) for line in differences(old, new)]


def test_added_and_removed_items_are_one_line_each() -> None:
    before = Inventory(carriers=(VNPT,))
    assert told(Inventory(), before) == [
        (
            "added carrier vnpt: title VNPT, hotline 1800 1166",
            "thêm nhà mạng vnpt: title VNPT, hotline 1800 1166",
        )
    ]
    assert told(before, Inventory()) == [("removed carrier vnpt", "bỏ nhà mạng vnpt")]


def test_changes_are_reported_by_field_and_people_only_by_their_number() -> None:
    renamed = Carrier(
        name="vnpt", title="VNPT mới", contacts=(Contact(name="NOC", email="noc@vnpt.example"),)
    )
    assert told(Inventory(carriers=(VNPT,)), Inventory(carriers=(renamed,))) == [
        (
            (
                "changed carrier vnpt: title VNPT -> VNPT mới; hotline 1800 1166 -> nothing; "
                "contacts changed (0 before, 1 now)"
            ),
            (
                "sửa nhà mạng vnpt: title VNPT -> VNPT mới; hotline 1800 1166 -> không có; "
                "contacts đã thay đổi (trước 0, nay 1)"
            ),
        )
    ]
