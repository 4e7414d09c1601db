from thongsuot_schema.page.allowance import allowance_part, curve
from thongsuot_schema.view import AllowanceUse


def month(*by_day: tuple[int, int], today: int = 10) -> AllowanceUse:
    return AllowanceUse(
        allowance_bytes=300_000_000,
        spent_bytes=sum(used for _, used in by_day),
        by_day=by_day,
        today=today,
        days=30,
    )


def test_the_sentence_says_how_much_of_how_much_on_which_day() -> None:
    sentence = allowance_part(month((1, 30_000_000)), "l0", "vi")
    assert "Đã dùng 30,0 trong 300 MB (10 %), ngày 10/30." in sentence
    sentence = allowance_part(month((1, 30_000_000)), "l0", "en")
    assert "30.0 of 300 MB used (10%), day 10 of 30." in sentence
    assert "Faster" not in sentence


def test_usage_above_an_even_share_is_shown() -> None:
    sentence = allowance_part(month((2, 150_000_000)), "l0", "en")
    assert "Faster than an even share" in sentence


def test_the_curve_adds_up_day_by_day_until_today() -> None:
    points = curve(month((1, 30_000_000), (3, 120_000_000), today=4))
    assert len(points) == 5
    heights = [round(58 - y) for _, y in points]
    assert heights == [0, 6, 6, 28, 28]
    assert points[-1][0] == 310 * 4 / 30


def test_usage_over_the_allowance_stays_in_the_picture() -> None:
    assert curve(month((1, 900_000_000), today=1))[-1][1] == 2
