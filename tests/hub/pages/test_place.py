"""The page of a place: three answers, no more than may be told, and nothing outside the scope."""

import re
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import insert, update
from tests.harness.declared import declare_faces
from tests.harness.ingesting import DAY
from tests.harness.websites import Visitor, Website, now_ms, website

from tillsight_hub import tables
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.pages.place_why import leading, months_shown
from tillsight_hub.periods import Period
from tillsight_hub.scores.reasons import Reasons
from tillsight_models.events import EmotionWindowed, ReasonGiven

from .conftest import Visit

EVERY_DAY_BUT_ONE = "&".join(f"weekday={day}" for day in range(1, 7))
NOVEMBER_22 = 1_795_348_800_000
EVIL = "<script>alert(1)</script>\"'&"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Three days of one till, with reasons, an action, an alert, a case and somebody who asked."""
    with website(tmp_path_factory.mktemp("place")) as running:
        box, events = running.boxes["box-1"], []
        for back in (3, 2, 1):
            t = now_ms() - back * DAY
            events += [box.contact(people=100, t=t), box.contact(people=100, t=t)]
            events += [box.press(rating, t=t + 1000 * at) for at, rating in enumerate([4] * 20 + [1] * 8)]
            events += [box.event(ReasonGiven(press=1, reason="waiting"), t=t) for _ in range(12)]
            events += [box.event(ReasonGiven(press=1, reason="price"), t=t) for _ in range(3)]
        for first in range(0, len(events), 100):
            running.ingest(*events[first : first + 100])
        furnish(running)
        yield running


def furnish(site: Website) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime(now_ms() / 1000 - 2 * 86400))
    now = now_ms()
    common = {"detail": "", "roles": "{}", "created": 0, "actor": "ada", "first_day": day}
    with site.services.engine.begin() as connection:
        connection.execute(insert(tables.action).values(place="rome", kind="action", title=EVIL, **common))
        connection.execute(
            insert(tables.alert).values(
                rule_id=1, rule_version=1, tp="till-1", since=now, raised=now, noticed=now, detail="{}"
            )
        )
        case = {"tp": "till-1", "opened": now - DAY, "origin": "person", "title": "x", "state": "open"}
        connection.execute(insert(tables.service_case).values(deadline=now - 1, **case))
        person = {"name": "Zoe Secret", "address": "zoe@example.org", "message": "private words"}
        connection.execute(
            insert(tables.contact_request).values(
                tp="till-1", at=now - DAY, language="en", consent="yes", erase_after=now * 2, **person
            )
        )
        connection.execute(
            update(tables.touchpoint).where(tables.touchpoint.c.id == "till-2").values(closed="2026-01-31")
        )
        connection.execute(
            update(tables.touchpoint).where(tables.touchpoint.c.id == "desk").values(review_due="2026-01-31")
        )


@pytest.fixture
def ada(site: Website, visit: Visit) -> Visitor:
    visitor = visit(site)
    assert visitor.log_in("ada").status_code == 303
    return visitor


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL))


def test_three_questions_are_answered_on_one_page(ada: Visitor) -> None:
    text = words(ada.client.get("/places/till-1").text)
    assert re.search(r"How much\? 4\.0% Dissatisfied of those served \(\d\.\d–\d\.\d%\)", text)
    assert "84 of 600 served said something" in text
    assert "Why? Waiting named by 80% of 45 who said why Then Price 20%" in text
    assert "Who exactly? 1 person left contact details and wants an answer Cases open: 1, overdue: 1" in text


def test_nobody_reads_here_who_asked(ada: Visitor) -> None:
    for path in ("/places/till-1", "/places/till-1?why=1"):
        text = ada.client.get(path).text
        assert not re.search("Zoe|zoe@|private words", text)


@pytest.mark.parametrize("query", ["period=last-7-days", "period=last-7-days&" + EVERY_DAY_BUT_ONE])
def test_numbers_lead_to_where_they_come_from(ada: Visitor, query: str) -> None:
    html = ada.client.get(f"/places/rome?{query}").text
    links = set(re.findall(r'href="(/explain/[^"]+)"', html))
    assert len(links) > 8
    for link in sorted(links):
        assert ada.client.get(link).status_code == 200, link


def test_what_the_silent_may_think_is_bounded(ada: Visitor) -> None:
    text = words(ada.client.get("/places/till-1").text)
    assert "86% of those served said nothing" in text
    assert "4.0%–90%" in text
    assert "if they press more readily" in text


def test_what_happened_is_listed_and_names_are_inert(ada: Visitor) -> None:
    html = ada.client.get("/places/till-1").text
    assert "2 things happened" in html
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_store_shows_its_touchpoints_and_which_need_a_look(ada: Visitor) -> None:
    html = ada.client.get("/places/rome?scale=smiley-4").text
    assert 'href="/places/till-1?scale=smiley-4"' in html
    assert "to be looked at again since 31 Jan" in html
    assert "closed since 31 January 2026" in ada.client.get("/places/till-2").text
    assert "closed since" not in ada.client.get("/places/till-1").text


def test_two_scales_are_never_added_up(ada: Visitor) -> None:
    html = ada.client.get("/places/rome").text
    assert re.search(r'href="/places/rome\?scale=smiley-5"', html)
    assert "nobody counts who was served" in words(ada.client.get("/places/rome?scale=smiley-5").text) or (
        "–" in words(ada.client.get("/places/rome?scale=smiley-5").text)
    )


def test_links_keep_what_was_chosen(ada: Visitor) -> None:
    asked = "first=2026-03-01&last=2026-03-31&weekday=6&metric=csat"
    html = ada.client.get(f"/places/rome?{asked}").text.replace("&amp;", "&")
    assert f'href="/places/till-1?{asked}"' in html
    assert f'href="/places/acme?{asked}"' in html
    assert f'data-fragment="/places/rome/why?{asked}"' in html


def test_another_place_is_another_address(ada: Visitor) -> None:
    answer = ada.client.get("/places/rome?place=till-1&period=today")
    assert (answer.status_code, answer.headers["location"]) == (303, "/places/till-1?period=today")


def test_what_cannot_be_is_said_beside_the_field(ada: Visitor) -> None:
    answer = ada.client.get("/places/rome?first=31.3.2026")
    assert answer.status_code == 422
    assert 'value="31.3.2026" aria-invalid="true"' in answer.text
    assert "expected a day from 2000-01-01" in answer.text


@pytest.mark.parametrize("path", ["/places/nowhere", "/places/nowhere/why", "/places/rome?place=nowhere"])
def test_no_such_place(ada: Visitor, path: str) -> None:
    assert ada.client.get(path).status_code == 404


def test_what_lies_outside_the_scope_does_not_exist(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    assert mona.client.get("/places/rome").status_code == 200
    for path in ("/places/acme", "/places/north", "/places/stall", "/places/rome?place=stall"):
        assert mona.client.get(path).status_code == 404, path
    assert "/places/acme" not in mona.client.get("/places/rome").text


def test_nobody_looks_without_a_login(site: Website, visit: Visit) -> None:
    for path in ("/places/rome", "/places/rome/why"):
        assert visit(site).client.get(path).status_code in (303, 401)


@pytest.mark.parametrize(
    "query", ["", "?period=last-365-days", "?from_hour=9&until_hour=12", "?weekday=1&weekday=2"]
)
@pytest.mark.parametrize("place", ["acme", "north", "rome", "till-1", "till-2", "stall"])
def test_every_level_and_filter_has_a_page_in_every_language(ada: Visitor, place: str, query: str) -> None:
    for path in (f"/places/{place}{query}", f"/places/{place}/why{query}"):
        assert ada.client.get(path, headers={"accept-language": "it"}).status_code == 200, path


def test_hours_are_told_of_whole_months_and_the_page_says_so(ada: Visitor) -> None:
    text = words(ada.client.get("/places/till-1?period=last-7-days&from_hour=9&until_hour=12").text)
    assert "Single hours are told of whole months that are over." in text


def test_everything_at_once_for_who_has_no_scripts(ada: Visitor) -> None:
    html = ada.client.get("/places/till-1?why=1").text
    assert "data-fragment" not in html
    assert "whole months" in html


def test_reasons_that_chance_may_have_ordered_lead_together() -> None:
    assert leading(Reasons({"waiting": 27, "price": 15, "range": 2})) == ["waiting", "price"]
    assert leading(Reasons({"waiting": 36, "price": 9})) == ["waiting"]
    assert leading(Reasons({})) == []


@pytest.mark.parametrize(
    ("period", "members", "first", "last"),
    [
        (("2026-09-01", "2026-10-31"), 1, "2026-09-01", "2026-10-31"),
        (("2026-10-26", "2026-11-22"), 1, "2026-08-01", "2026-10-31"),
        (("2026-10-26", "2026-11-22"), 200, "2026-10-01", "2026-10-31"),
        (("2025-11-23", "2026-11-22"), 1, "2025-12-01", "2026-10-31"),
        (("2025-11-23", "2026-11-22"), 100, "2026-08-01", "2026-10-31"),
        (("2026-11-01", "2026-11-30"), 1, "2026-08-01", "2026-10-31"),
        (("2026-03-10", "2026-03-20"), 1, "2025-12-01", "2026-02-28"),
    ],
)
def test_hours_of_the_week_are_of_whole_months(
    site: Website, period: tuple[str, str], members: int, first: str, last: str
) -> None:
    with site.services.engine.connect() as connection:
        till = read_hierarchy(connection).touchpoints["till-1"]
    assert months_shown([till] * members, Period(*period), NOVEMBER_22) == Period(first, last)


def test_expressions_are_of_people_and_only_where_faces_were_judged(
    fresh_site: Website, visit: Visit
) -> None:
    ada = visit(fresh_site)
    ada.log_in("ada")
    box = fresh_site.boxes["box-4"]
    declare_faces(fresh_site.services.engine, "acme")
    judged = (90, 6, 2, 2), (5, 88, 4, 3), (2, 6, 88, 4)
    for validation, is_told in ((None, False), (judged, True)):
        window = EmotionWindowed(
            period_s=900, positive=40, neutral=90, negative=20, unknown=30, validation=validation
        )
        fresh_site.ingest(box.event(window, t=now_ms() - DAY), box="box-4")
        text = words(ada.client.get("/places/desk").text)
        assert ("Positive" in text) == is_told
    assert "Those who are missing looked neutral." in text
    assert re.search(r"Negative \d+% \d[.\d]*–\d+% 300", text)
