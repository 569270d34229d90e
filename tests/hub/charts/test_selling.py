"""The hours of sellers: what was served, bought and spoken to."""

from tests.harness.drawings import drawn, voice, words_in

from tillsight_hub.charts.selling import SellingHour, selling_hours

HOURS = [SellingHour("09", 12.0, 4.0, 6.0), SellingHour("10", 20.0, None, 0.0)]


def test_every_kind_that_is_known_has_its_name_and_column() -> None:
    drawing = selling_hours(voice(), "hours", "Hours", HOURS, summary="")
    assert drawing.columns == ("Hour", "Served", "Receipts", "Attempts")
    assert drawing.rows == (("09", "12.0", "4.0", "6.0"), ("10", "20.0", "–", "0.0"))
    assert {"Served", "Receipts", "Attempts", "09", "10"} <= set(words_in(drawn(drawing)))


def test_what_nobody_counts_is_left_out() -> None:
    hours = [SellingHour("09", None, 4.0, None)]
    drawing = selling_hours(voice("it"), "hours", "Ore", hours, summary="")
    assert drawing.columns == ("Ora", "Scontrini")
    assert "Tentativi" not in words_in(drawn(drawing, "it"))
