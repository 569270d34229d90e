"""`/data`: one sentence for each problem, for everybody about their own part."""

from datetime import date, timedelta

from tests.harness.websites import Visitor, Website, now_ms

from tillsight_hub.calendar import PlaceCalendar
from tillsight_hub.ingest.refusals import REASONS
from tillsight_hub.pages.texts import texts

from .conftest import Visit


def reader(site: Website, visit: Visit, name: str) -> Visitor:
    visitor = visit(site)
    visitor.log_in(name)
    return visitor


def test_the_page_says_what_to_do_and_for_whom(site: Website, visit: Visit) -> None:
    rome = PlaceCalendar("Europe/Rome")
    yesterday = date.fromisoformat(rome.business_day(now_ms())) - timedelta(days=1)
    noon = rome.day_bounds(yesterday.isoformat())[0] + 12 * 3_600_000
    box = site.boxes["box-1"]
    site.ingest(*(box.press(t=noon + n) for n in range(3)))
    box.skip(4)
    site.ingest(box.dropped((4, 7), t=now_ms()))
    page = reader(site, visit, "ada").client.get("/data").text
    assert "Rollups were not compared with their events yet." in page
    assert "4 events are lost for good, on box-1." in page
    assert 'class="heard" d="M' in page
    mona = reader(site, visit, "mona").client.get("/data?days=90").text
    assert "Till 1" in mona
    assert "Stall" not in mona
    assert reader(site, visit, "anna").client.get("/data").status_code == 200
    assert reader(site, visit, "anna").client.get("/data?days=5").status_code == 422


def test_every_reason_of_quarantine_has_its_advice() -> None:
    assert not [reason for reason in REASONS if not texts().has(f"data.quarantine_{reason}")]
