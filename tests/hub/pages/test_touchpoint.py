"""The touchpoint page over HTTP: its numbers, days and doubts, and what its stream sends."""

import re

import pytest
from sqlalchemy import select
from tests.harness.ingesting import DAY, HOUR, NOON
from tests.harness.websites import Visitor, Website, now_ms

from tillsight_hub import tables
from tillsight_hub.pages.touchpoint import PARTS
from tillsight_models.events import CameraReported, CounterAudited

from .conftest import Visit
from .test_overview import frames, next_with


@pytest.fixture
def ada(site: Website, visit: Visit) -> Visitor:
    visitor = visit(site)
    visitor.log_in("ada")
    return visitor


@pytest.fixture(scope="module")
def past_day(site: Website) -> str:
    """2026-10-06 at till 1: 40 served, 12 responses of which 3 are negative, a repeat and an undone press."""
    box = site.boxes["box-1"]
    events = [box.contact(people=40, t=NOON)]
    events += [
        box.press(rating, t=NOON + n * 60_000)
        for n, rating in enumerate([1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4])
    ]
    events.append(box.press(4, repeat=True, t=NOON + HOUR))
    events.append(box.press(3, t=NOON + HOUR + 1000))
    events.append(box.undo(box.seq, t=NOON + HOUR + 2000))
    events.append(box.press(5, scale="smiley-5", t=NOON + 2 * HOUR))
    site.ingest(*events)
    return "2026-10-06"


def words(html: str) -> str:
    """The page as one reads it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_funnel_leads_from_served_to_said(ada: Visitor, past_day: str) -> None:
    text = words(ada.client.get(f"/touchpoints/till-1?day={past_day}").text)
    funnel = text[text.index("From served to said") : text.index("Hour by hour")]
    assert re.search(r"counted by a presence sensor", funnel)
    for words_expected in ("40", "12", "28", "30% of those served", "70% of those served"):
        assert words_expected in funnel
    assert "15 presses in all: 1 repeats and 1 taken back are not counted." in funnel


def test_every_number_says_how_it_is_computed(ada: Visitor, past_day: str) -> None:
    page = ada.client.get(f"/touchpoints/till-1?day={past_day}").text
    for metric in ("csat", "happy_index", "response_rate", "relative_dissatisfaction", "silent_share"):
        assert f"{metric}, version 1" in page
    assert "95%, wilson" in page


def test_what_a_place_does_not_have_takes_no_room(ada: Visitor, past_day: str) -> None:
    text = words(ada.client.get(f"/touchpoints/till-1?day={past_day}").text)
    assert "Silent customers" in text
    assert "Closing rate" not in text
    assert "People who look positive" not in text


def test_presses_are_listed_with_their_labels(ada: Visitor, past_day: str) -> None:
    text = words(ada.client.get(f"/touchpoints/till-1?day={past_day}").text)
    begin = text.index("Last presses")
    presses = text[begin : text.index("Devices", begin)]
    for part in (
        "On another scale 14:00:00",
        "Not counted taken back 13:00:01",
        "Not counted repeat, not counted 13:00:00",
        "Counted",
    ):
        assert part in presses
    assert "Happy" not in presses, "nobody reads what one person said"


def test_doubts_are_told_in_words(ada: Visitor, past_day: str) -> None:
    text = words(ada.client.get(f"/touchpoints/till-1?day={past_day}").text)
    assert "Fewer than 50 contacts of this counter were compared with a count by hand" in text
    assert "Presses on another scale than the touchpoint&#39;s were left out." in text


def test_a_touchpoint_without_a_counter_says_so(ada: Visitor) -> None:
    text = words(ada.client.get("/touchpoints/till-2").text)
    assert "nothing counts who was served" in text


def test_a_camera_is_shown_with_what_it_could_see_and_its_last_audit(site: Website, ada: Visitor) -> None:
    box = site.boxes["box-4"]
    site.ingest(
        box.event(CameraReported(camera="desk-cam", state="ok", period_s=300, working_s=300), t=NOON),
        box.event(
            CameraReported(camera="desk-cam", state="covered", period_s=300, working_s=102), t=NOON + 300_000
        ),
        box.event(CounterAudited(period_s=600, counted=21, observed=22, matched=20), t=NOON + 400_000),
        box="box-4",
    )
    text = words(ada.client.get("/touchpoints/desk?day=2026-10-06").text)
    for expected in ("Camera desk-cam", "covered", "67%", "20 of 22 customers found, 1 too many"):
        assert expected in text, expected
    assert "camera saw only part" in text


def test_other_days_can_be_chosen_and_linked(ada: Visitor, past_day: str) -> None:
    page = ada.client.get(f"/touchpoints/till-1?day={past_day}").text
    assert "Tuesday 6 October 2026" in page
    assert 'href="?day=2026-10-05"' in page
    assert 'href="?day=2026-10-07"' in page
    assert f'value="{past_day}"' in page
    assert 'min="2026-10-06"' in page


@pytest.mark.parametrize(
    "path", ["/touchpoints/nothing", "/touchpoints/till-1?day=tomorrow", "/touchpoints/till-1?day=2026-02-30"]
)
def test_what_does_not_exist_is_a_page_that_says_so(ada: Visitor, path: str) -> None:
    answer = ada.client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert ada.client.get(path, headers={"Accept": "application/json"}).json()["detail"]


def test_the_stream_sends_the_parts_that_a_press_changes(site: Website, ada: Visitor) -> None:
    with frames(ada, "/live/touchpoints/till-1") as stream:
        first = next(stream)["parts"]
        assert set(PARTS) <= first.keys()
        site.press(1)
        assert next_with(stream, "counts")["presses"] == first["counts"]["presses"] + 1


def test_a_late_event_changes_the_page_of_its_day(site: Website, ada: Visitor, past_day: str) -> None:
    with frames(ada, f"/live/touchpoints/till-1?day={past_day}") as stream:
        before = next_with(stream, "counts")["presses"]
        site.ingest(site.boxes["box-1"].press(4, t=NOON - HOUR))
        assert next_with(stream, "counts")["presses"] == before + 1


def test_health_of_the_device_is_shown(site: Website, ada: Visitor) -> None:
    engine = site.services.engine
    health = '{"outbox_events": 7, "panel": "stuck", "clock_quality": "ntp", "temperature_c": 61.4}'
    with engine.begin() as connection:
        connection.execute(
            tables.device.update()
            .where(tables.device.c.id == "box-2")
            .values(health=health, state="lost", last_seen=now_ms() - DAY, version="9.9.9")
        )
        assert connection.scalar(select(tables.device.c.state).where(tables.device.c.id == "box-2")) == "lost"
    text = words(ada.client.get("/touchpoints/till-2").text)
    for part in ("9.9.9", "a button is stuck", "61 °C", "lost"):
        assert part in text
    with engine.begin() as connection:
        connection.execute(tables.device.update().values(health="not health at all"))
    assert ada.client.get("/touchpoints/till-2").status_code == 200
