"""Rating scales: the worst rating is 1, wherever its button sits."""

import pytest

from tillsight_models.errors import BadScale
from tillsight_models.scales import MAX_RATINGS, SCALES, Scale, scale


@pytest.mark.parametrize("each", SCALES.values(), ids=list(SCALES))
def test_a_scale_is_whole(each: Scale) -> None:
    ratings = set(range(1, each.ratings + 1))
    assert 2 <= each.ratings <= MAX_RATINGS
    assert each.negative and each.positive
    assert each.negative | each.positive <= ratings
    assert max(each.negative) < min(each.positive)
    assert len(set(each.labels)) == each.ratings


@pytest.mark.parametrize("each", SCALES.values(), ids=list(SCALES))
def test_buttons_and_ratings_match_one_to_one_also_on_a_reversed_panel(each: Scale) -> None:
    buttons = range(1, each.ratings + 1)
    assert [each.rating(button) for button in buttons] == list(buttons)
    assert [each.rating(button, is_reversed=True) for button in buttons] == list(reversed(buttons))


@pytest.mark.parametrize("button", [0, -1, 5])
def test_a_button_that_the_panel_does_not_have_is_refused(button: int) -> None:
    with pytest.raises(BadScale, match=f"button {button}: scale smiley-4 has buttons 1 to 4"):
        scale("smiley-4").rating(button)


def test_nps_counts_from_zero_with_its_published_groups() -> None:
    nps = scale("nps")
    values = {rating: nps.value(rating) for rating in range(1, 12)}
    assert list(values.values()) == list(range(11))
    assert {values[rating] for rating in nps.negative} == {0, 1, 2, 3, 4, 5, 6}
    assert {values[rating] for rating in nps.positive} == {9, 10}
    assert nps.label(1) == "0"


def test_yes_is_one_and_no_is_zero() -> None:
    answer = scale("yes-no")
    assert [(answer.label(rating), answer.value(rating)) for rating in (1, 2)] == [("no", 0), ("yes", 1)]


def test_an_unknown_scale_is_answered_with_the_known_ones() -> None:
    with pytest.raises(
        BadScale, match=r"scale 'stars': expected one of smiley-4, smiley-5, smiley-3, nps, yes-no"
    ):
        scale("stars")
