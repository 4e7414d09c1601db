"""A line never ends inside a time, a telephone number or a circuit id; the rest of a page stays."""

import pytest

from thongsuot_schema.page.unbroken import keep_unbroken


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("24/11/2026 09:42", "<span class=nb>24/11/2026 09:42</span>"),
        ("gọi 1800 1166 ngay", "gọi <span class=nb>1800 1166</span> ngay"),
        ("gọi 024 3825 3536", "gọi <span class=nb>024 3825 3536</span>"),
        ("+84 24 3825 3536", "<span class=nb>+84 24 3825 3536</span>"),
        ("mạch HNI-BDH-000123 mất", "mạch <span class=nb>HNI-BDH-000123</span> mất"),
        ("(mã kênh HNI-S2-FIXED)", "(mã kênh <span class=nb>HNI-S2-FIXED</span>)"),
        ("TS-2026-000317.", "<span class=nb>TS-2026-000317</span>."),
    ],
)
def test_times_numbers_and_ids_stay_on_one_line(text: str, kept: str) -> None:
    assert keep_unbroken(f"<p>{text}</p>") == f"<p>{kept}</p>"


@pytest.mark.parametrize(
    "page",
    [
        '<a href="/x?at=20:23" title="20:23">x</a>',
        "<style>a{margin:0 1800 1166}</style>",
        "<title>Mất kết nối 20:23</title>",
        "<time>20:23</time>",
        "<option>1800 1166</option>",
        "<p>2001:db8:20:23::1 10.0.0.1 21 ms 3/3 14,3 %</p>",
        "<p>&#39;20&#39;</p>",
        "<p>SỰ-CỐ WI-FI UPS-ONLINE</p>",
    ],
)
def test_tags_styles_titles_and_other_figures_stay_as_they_are(page: str) -> None:
    assert keep_unbroken(page) == page
