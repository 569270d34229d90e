"""Ids of scores: one for each number, and the way back to it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.chain import Chain, open_chain

from tillsight_hub.calendar import PlaceCalendar
from tillsight_hub.errors import BadScoreId
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import Counts
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Every, Period
from tillsight_hub.scores.named_scores import group_of, members_of
from tillsight_hub.scores.score_ids import ScoreId, days_of, editions, explain_page, series_editions
from tillsight_hub.scores.scores import By, read_counts, series
from tillsight_models.scales import SCALES

MARCH = Period("2026-03-23", "2026-04-05")
METRICS = catalogue(MetricSettings())


@given(
    place=st.none() | st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True),
    cut=st.sampled_from(
        [
            ("total", ""),
            ("day", "2026-03-29"),
            ("week", "2026-W13"),
            ("month", "2026-03"),
            ("weekday", "7"),
            ("hour", "02"),
            ("hour", "unknown"),
            ("each-hour", "20260329T0100Z"),
        ]
    ),
    level=st.sampled_from([0.9, 0.95, 0.99, 0.999, 0.9123456789]),
)
def test_an_id_leads_back_to_its_question(place: str | None, cut: tuple[str, str], level: float) -> None:
    asked = ScoreId("csat", place, "smiley-4", MARCH, *cut, level)  # type: ignore[arg-type]
    text = str(asked)
    assert ScoreId.parse(text) == asked
    assert all(letter.isalnum() or letter in "._-" for letter in text)


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "csat/till-1", "csat.till-1.smiley-4.x.y.total.0-95"])
def test_what_is_no_id_says_what_one_looks_like(text: str) -> None:
    with pytest.raises(BadScoreId, match=r"expected|date"):
        ScoreId.parse(text)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with open_chain(f"sqlite:///{tmp_path_factory.mktemp('chain') / 'hub.db'}") as made:
        made.press("till-1", "2026-03-29T12:10", 4, times=12)
        made.press("till-1", "2026-03-30T12:10", 4, times=2, tq="bounded")
        made.press("counter", "2026-03-29T02:20", 1, times=3)
        made.press("desk", "2026-03-29T12:10", 9, times=4)
        made.settle()
        yield made


@pytest.mark.parametrize("by", ["touchpoint", "store", "region", "org", "day", "week", "weekday", "hour"])
@pytest.mark.parametrize("asked", [None, "north", "till-1"])
def test_every_group_is_found_again_by_its_id(chain: Chain, by: By, asked: str | None) -> None:
    with chain.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        places = hierarchy.within(asked)
        edition_of = editions(connection, hierarchy, places, asked=asked, period=MARCH, by=by)
        for group in read_counts(connection, places, MARCH.first, MARCH.last, by):
            question = ScoreId.parse(edition_of(group).id("presses"))
            members = members_of(question, hierarchy, None)
            found = group_of(connection, question, hierarchy, members, METRICS.chosen(["presses"]))
            assert found.counts == group.counts, question


@pytest.mark.parametrize("every", ["hour", "day", "week", "month", "total"])
def test_every_row_of_an_export_is_found_again_by_its_id(chain: Chain, every: Every) -> None:
    with chain.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        for place in hierarchy.within("north"):
            edition_of = series_editions(connection, place, MARCH, every)
            for group in series(connection, place, MARCH, every):
                question = ScoreId.parse(edition_of(group).id("presses"))
                found = group_of(connection, question, hierarchy, [place], METRICS.chosen(["presses"]))
                assert found.counts == group.counts, question


def test_a_place_is_called_the_same_whatever_it_was_asked_with(chain: Chain) -> None:
    with chain.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        ids = set()
        for asked in (None, "acme", "north", "market", "till-1"):
            places = hierarchy.within(asked)
            edition_of = editions(connection, hierarchy, places, asked=asked, period=MARCH)
            groups = read_counts(connection, places, MARCH.first, MARCH.last)
            ids.add(next(edition_of(group).id("csat") for group in groups if group.key == "till-1"))
    assert ids == {"csat.till-1.smiley-4.2026-03-23.2026-04-05.total.0-95"}


def test_a_part_of_a_store_is_not_called_like_the_store(chain: Chain) -> None:
    with chain.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        places = hierarchy.within("till-1")
        edition_of = editions(connection, hierarchy, places, asked="till-1", period=MARCH, by="store")
        (group,) = read_counts(connection, places, MARCH.first, MARCH.last, "store")
        assert edition_of(group).place == "till-1"


def test_an_hour_is_of_the_days_that_it_lies_in() -> None:
    rome = PlaceCalendar("Europe/Rome")
    question = ScoreId("csat", "till-1", "smiley-4", MARCH, "each-hour", "20260329T2100Z", 0.95)
    assert days_of(question, rome) == {"2026-03-29"}


def test_the_page_of_a_score_is_named_by_it() -> None:
    score = METRICS["csat"].score(Counts.none_yet(SCALES["smiley-4"]))
    address = explain_page(score, "till-1", "smiley-4", "2026-03-29", 1_774_771_200)
    assert address == "/explain/csat.till-1.smiley-4.2026-03-29.2026-03-29.each-hour-20260329T0800Z.0-95"
