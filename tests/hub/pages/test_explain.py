"""`/explain/{id}`: the sheet of one number, and the links that lead to it."""

import re

import pytest
from tests.harness.ingesting import HOUR, MINUTE, NOON
from tests.harness.websites import Visitor, Website

from tillsight_hub.pages import explain as explain_pages

from .conftest import Visit

SHEET = "/explain/{metric}.till-1.smiley-4.2026-10-06.2026-10-06.total.0-95"


def words(html: str) -> str:
    """Roughly what somebody reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.fixture(scope="module")
def site(site: Website) -> Website:
    """One afternoon at till 1: 40 people every half minute, every second one presses."""
    till = site.boxes["box-1"]
    events = []
    for number in range(80):
        t = NOON + number * MINUTE
        events.append(till.contact(t=t, dwell_s=20))
        if number % 2:
            events.append(till.press(1 if number % 4 == 1 else 4, t=t + 2000))
    site.ingest(*events)
    return site


@pytest.fixture
def ada(site: Website, visit: Visit) -> Visitor:
    visitor = visit(site)
    visitor.log_in("ada")
    return visitor


def test_a_sheet_says_where_its_number_comes_from(ada: Visitor) -> None:
    answer = ada.client.get(SHEET.format(metric="relative_dissatisfaction"))
    assert answer.status_code == 200
    text = words(answer.text)
    assert re.search(r" 25% \d+–\d+% 95% interval", text)
    for part in (
        "Relative dissatisfaction",
        "Till 1, Rome · 6 October 2026",
        "95% interval 80 that it rests on",
        "negative responses ÷ people served",
        "20 ÷ (80 × 1 = 80 people served) = 0.25",
        "40 presses, 40 of them count.",
        "2026-10-06 00:00 – 2026-10-07 00:00 Europe/Rome",
        "Monday–Sunday 09:00–21:00",
        "Nobody has counted beside this counter in the last year.",
        "The 120 events of these days, counted again",
    ):
        assert part in text, part


def test_every_number_on_the_pages_leads_to_its_sheet(ada: Visitor) -> None:
    page = ada.client.get("/touchpoints/till-1?day=2026-10-06").text
    links = re.findall(
        r'class="explained" href="(/explain/[^"]+)" title="[^"]+" aria-label="([^" ]+) \(', page
    )
    assert len({link for link, _ in links}) > 12
    assert any(".each-hour-20261006T1000Z." in link for link, _ in links)
    for link, value in dict(links).items():
        sheet = ada.client.get(link)
        assert sheet.status_code == 200, link
        assert f'<p class="figure">{value}</p>' in sheet.text, link
        assert "the same</span>" in sheet.text, link


def test_numbers_of_the_overview_lead_to_their_sheets(site: Website, ada: Visitor, visit: Visit) -> None:
    site.serve(50)
    mona = visit(site)
    mona.log_in("mona")
    for visitor, of_all in ((ada, "._all."), (mona, ".rome.")):
        links = set(re.findall(r'href="(/explain/[^"]+)"', visitor.client.get("/").text))
        assert any(".till-1." in link for link in links)
        assert any(of_all in link for link in links)
        assert all(visitor.client.get(link).status_code == 200 for link in links)
    assert mona.client.get(next(link for link in links if ".rome." in link)).status_code == 200


def test_what_others_see_is_not_there(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    for score_id in ("presses._all.smiley-4.2026-10-06.2026-10-06.total.0-95", "csat", "presses.stall.x"):
        answer = mona.client.get(f"/explain/{score_id}", headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text


def test_a_withheld_number_is_not_told_by_its_sheet(site: Website, ada: Visitor) -> None:
    stall = site.boxes["box-3"]
    site.ingest(stall.press(1, t=NOON), stall.press(4, t=NOON + HOUR), box="box-3")
    text = words(ada.client.get("/explain/csat.stall.smiley-4.2026-10-06.2026-10-06.total.0-95").text)
    assert "withheld" in text
    assert "It would tell what too few people said." in text
    assert "what 2 people pressed" in text


def test_many_events_are_counted_only_for_who_asks(ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain_pages, "AT_ONCE", 100)
    address = SHEET.format(metric="csat")
    text = ada.client.get(address).text
    assert "These days have 120 events" in text
    assert "the same</span>" not in text
    assert "the same</span>" in ada.client.get(address + "?recount=true").text


def test_the_words_of_a_part_of_the_time(ada: Visitor) -> None:
    period = "2026-10-05.2026-10-11"
    for cut, said in {
        "weekday-2": "Tuesdays from 5 October 2026 to 11 October 2026",
        "hour-12": "12:00 to 12:59 from 5 October 2026 to 11 October 2026",
        "week-2026-W41": "2026-W41, within 5 October 2026 to 11 October 2026",
        "day-2026-10-06": "Till 1, Rome · 6 October 2026",
        "each-hour-20261006T1000Z": "the hour from 2026-10-06 12:00+02:00",
    }.items():
        answer = ada.client.get(f"/explain/responses.till-1.smiley-4.{period}.{cut}.0-95")
        assert answer.status_code == 200, cut
        assert said in words(answer.text), cut


def test_no_number_on_a_page_is_without_interval_n_and_status(site: Website, ada: Visitor) -> None:
    site.serve(3)
    for path in ("/", "/?measure=satisfied&sort=score", "/touchpoints/till-1?day=2026-10-06"):
        page = ada.client.get(path).text
        numbers = re.findall(r'class="explained"[^>]* aria-label="([^"]+)"', page)
        assert numbers, path
        for said in numbers:
            assert re.fullmatch(r"\S+ \(\S+\), n = \d+, [a-z: ]+: where it comes from", said), said


def test_more_answers_than_people_are_shown_as_they_are(site: Website, ada: Visitor) -> None:
    day = NOON + 7 * 24 * HOUR
    till = site.boxes["box-1"]
    site.ingest(*(till.contact(t=day + number * 10 * MINUTE) for number in range(12)))
    site.ingest(*(till.press(4, t=day + number * 2 * MINUTE) for number in range(36)))
    page = ada.client.get("/touchpoints/till-1?day=2026-10-13")
    assert "300%" in words(page.text)
    assert "counter misses people" in words(page.text)
    sheet = ada.client.get("/explain/response_rate.till-1.smiley-4.2026-10-13.2026-10-13.total.0-95").text
    assert '<p class="figure">300%</p>' in sheet
    assert "counter misses people" in words(sheet)
