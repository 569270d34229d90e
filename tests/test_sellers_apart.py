"""Sellers and customers' faces are never in one place: no event, table, metric or export has both."""

import re
from pathlib import Path

import pytest

from tillsight_edge.vision.process.wire import Seen
from tillsight_hub.exports.columns import EVENT_COLUMNS, SCORE_COLUMNS
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.tables import metadata
from tillsight_models.events import PAYLOADS, DemographicsWindowed, EmotionWindowed, Payload

ROOT = Path(__file__).parents[1]

FACES = (
    *("emotion", "valence", "mood", "gender", "male", "age_", "_age", "under_18", "from_18"),
    *("positive", "neutral", "unknown"),
)
SELLERS = ("team", "staff", "seller", "shift", "employee", "cashier", "attempt")
ONE_PERSON = ("track", "visit", "press", "person", "face", "id", "enter", "leave")

SUMS = {"rollup_hour", "rollup_day"}
"""Sums of a touchpoint over an hour or a day: there attempts are a number, of no team."""
OF_STAFF = ["label_staff", "attempts", "attempt_ms", "attempt_square"]
"""Presses that staff made itself, and attempts to sell: numbers without a name."""


def about(words: tuple[str, ...], names: list[str]) -> list[str]:
    return [name for name in names if any(word in f"_{name}" for word in words)]


EVENTS = {name: list(payload.__struct_fields__) for name, payload in PAYLOADS.items()}
MESSAGES = {seen.__name__: list(seen.__struct_fields__) for seen in Seen.__args__}
TABLES = {name: list(table.columns.keys()) for name, table in metadata.tables.items()}
EXPORTS = {
    "scores": [column.name for column in SCORE_COLUMNS],
    "events": [column.name for column in EVENT_COLUMNS],
}
METRICS = {metric.id: [metric.id, *metric.inputs] for metric in catalogue(MetricSettings())}


@pytest.mark.parametrize(
    "places", [EVENTS, MESSAGES, EXPORTS, METRICS], ids=["event", "wire", "export", "metric"]
)
def test_nothing_has_a_seller_and_a_face(places: dict[str, list[str]]) -> None:
    both = {
        name: about(FACES, fields) + about(SELLERS, fields)
        for name, fields in places.items()
        if about(FACES, [name, *fields]) and about(SELLERS, [name, *fields])
    }
    assert not both


def test_no_table_has_a_seller_and_a_face() -> None:
    for name, columns in TABLES.items():
        sellers = about(SELLERS, columns)
        if name in SUMS:
            sellers = [each for each in sellers if each not in OF_STAFF]
        assert not (about(FACES, columns) and sellers), name


def test_the_sums_say_nothing_of_a_team() -> None:
    for name in SUMS:
        assert about(SELLERS, TABLES[name]) == OF_STAFF


@pytest.mark.parametrize("payload", [EmotionWindowed, DemographicsWindowed])
def test_what_is_told_of_faces_is_sums_and_nothing_of_one_person(payload: type[Payload]) -> None:
    fields = EVENTS[payload.TYPE]
    words = [part for field in fields for part in field.split("_")]
    assert not set(words) & set(ONE_PERSON)
    assert not about(SELLERS, fields)


def test_the_words_find_what_they_are_for() -> None:
    """Each family is found where it is known to be, so the tests above can fail."""
    assert about(FACES, EVENTS["emotion.window"])
    assert about(FACES, EVENTS["demographics.window"])
    assert about(SELLERS, EVENTS["staff.shift"])
    assert about(FACES, MESSAGES["MoodsCounted"])
    assert about(FACES, MESSAGES["AgesCounted"])
    assert about(SELLERS, ["team", "attempts"])
    assert not about(FACES, EVENTS["staff.shift"])


@pytest.mark.parametrize("folder", ["hub/tillsight_hub", "edge/tillsight_edge/pages"])
def test_people_are_never_shown_one_of_the_eight_emotions(folder: str) -> None:
    """Too often wrong on one face to be said of one: only positive, neutral, negative and unknown are."""
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".html", ".js", ".toml")]
    words = re.compile(r"\b(disgust|contempt|sadness|anger|surprise|happiness)\b", re.IGNORECASE)
    assert files
    assert not [path.name for path in files if words.search(path.read_text(encoding="utf-8"))]
