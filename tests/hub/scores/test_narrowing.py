"""Some weekdays and hours, as people type them and as ids of scores name them."""

import pytest

from tillsight_hub.errors import BadNarrowing, BadScoreId
from tillsight_hub.scores.narrowing import Narrowing
from tillsight_hub.scores.score_ids import ScoreId


@pytest.mark.parametrize(
    ("weekdays", "hours", "key", "spans"),
    [
        ("1,2,5", "", "125", []),
        ("", "9-12", "1234567_091011", [(9, 12)]),
        ("7", "22-2", "7_00012223", [(0, 2), (22, 24)]),
        (" 1, 3 ", "0-24", "13_" + "".join(f"{hour:02}" for hour in range(24)), [(0, 24)]),
    ],
)
def test_what_is_typed_has_a_key_and_comes_back_from_it(
    weekdays: str, hours: str, key: str, spans: list[tuple[int, int]]
) -> None:
    narrowing = Narrowing.parse(weekdays, hours)
    assert (narrowing.key, narrowing.spans()) == (key, spans)
    assert Narrowing.of_key(key).key == key


@pytest.mark.parametrize(
    ("weekdays", "hours"), [("0", ""), ("mon", ""), ("1,,2", ""), ("", "9"), ("", "25-26"), ("", "9-25")]
)
def test_what_is_none_is_refused(weekdays: str, hours: str) -> None:
    with pytest.raises(BadNarrowing):
        Narrowing.parse(weekdays, hours)


@pytest.mark.parametrize("cut", ["weekdays-125", "hours-1234567_0910"])
def test_ids_name_weekdays_and_hours(cut: str) -> None:
    text = f"csat.till-1.smiley-4.2026-03-01.2026-03-31.{cut}.0-95"
    assert str(ScoreId.parse(text)) == text


@pytest.mark.parametrize(
    "cut",
    ["weekdays-521", "weekdays-8", "weekdays-125_09", "hours-125", "hours-1_2509", "hours-1_9", "weekdays-x"],
)
def test_ids_of_none_are_none(cut: str) -> None:
    with pytest.raises(BadScoreId):
        ScoreId.parse(f"csat.till-1.smiley-4.2026-03-01.2026-03-31.{cut}.0-95")
