"""Reports: the numbers of the API, in the place's language, as a PDF that everybody can read."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness.chain import EVIL_NAME, Chain
from tests.harness.reports import MARKUP, name_reasons, note_action, report_of, watch

from tillsight_hub.__main__ import main
from tillsight_hub.errors import UnknownPlace
from tillsight_hub.reports.document import Chart, Points, Report, Table
from tillsight_hub.reports.kinds import KINDS
from tillsight_hub.reports.typesetting import _compiler, pdf_of, pictures_of

PERIODS = {"weekly": "2026-W11", "monthly": "2026-03", "camera-check": "2026-H1"}


def words_of(report: Report) -> str:
    return json.dumps(report.as_data(), ensure_ascii=False)


def cells_of(report: Report, row: str) -> list[str]:
    """The texts of the first table's row that begins so."""
    tables = [block for section in report.sections for block in section.blocks if isinstance(block, Table)]
    return next(
        [cell.text for cell in cells] for table in tables for cells in table.rows if cells[0].text == row
    )


def by_id(client: Any, path: str, **query: str) -> dict[str, Any]:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return {score["id"]: score for result in answer.json()["results"] for score in result["scores"]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["acme", "market", "till-1"])
def test_every_number_is_the_apis(busy: Chain, as_role: Any, kind: Any, place: str) -> None:
    watch(busy)
    report = report_of(busy, kind, place, PERIODS[kind])
    days = {
        "weekly": ("2026-03-09", "2026-03-15"),
        "monthly": ("2026-03-01", "2026-03-31"),
        "camera-check": ("2026-01-01", "2026-06-30"),
    }[kind]
    told: dict[str, Any] = {}
    for by in ("org", "region", "store", "touchpoint"):
        query = {"from": days[0], "to": days[1], "place": place, "by": by}
        told |= by_id(as_role("admin"), "/api/v1/scores", **query)
    assert len(report.numbers) >= 2
    for number in report.numbers:
        theirs, ours = told[number.id], number.score
        assert (ours.value, ours.lower, ours.upper) == (theirs["value"], theirs["lower"], theirs["upper"])
        assert (ours.n, ours.status, list(ours.flags)) == (theirs["n"], theirs["status"], theirs["flags"])
        assert (ours.value is None) == (number.why is not None)


def test_a_change_that_is_no_chance_is_called_worse(busy: Chain, as_role: Any) -> None:
    report = report_of(busy, "weekly", "market", language="en")
    query = {
        "from": "2026-03-09",
        "to": "2026-03-15",
        "place": "market",
        "metric": "relative_dissatisfaction",
    }
    changes = as_role("admin").get("/api/v1/change", params=query).json()["changes"]
    till = next(change for change in changes if change["key"] == "till-1")
    assert till["arrow"] == "up"
    percent = f"+{100 * (till['value'] - 1):.0f}%"
    assert percent in cells_of(report, "Till 1")
    card = next(each for each in report.numbers if each.score.metric == "relative_dissatisfaction")
    assert card.change is not None
    assert (card.change.text, card.change.mood) == (f"Worse: {percent} against the time before", "bad")


def test_what_too_few_said_is_withheld_in_words(busy: Chain) -> None:
    report = report_of(busy, "weekly", "bar")
    withheld = [number for number in report.numbers if number.why]
    assert {number.score.status for number in withheld} == {"suppressed"}
    assert all(number.text == "withheld" and number.mark is None for number in withheld)
    assert "too few people answered (4)" in words_of(report)
    served = next(number for number in report.numbers if number.score.metric == "contacts")
    assert served.text == "30"


def test_reasons_are_told_where_enough_people_named_one(busy: Chain) -> None:
    assert "Why?" not in [
        section.title for section in report_of(busy, "weekly", "market", language="en").sections
    ]
    name_reasons(busy)
    report = report_of(busy, "weekly", "market", language="en")
    (why,) = [section for section in report.sections if section.title == "Why?"]
    words = words_of(report)
    assert "Waiting time" in words
    assert "Price" not in words
    assert "24 people were asked why; 17 of them are in these numbers. The reasons of 3 are withheld" in words
    assert pdf_of(report)
    assert len(why.blocks) == 2


def test_what_was_done_stands_in_the_trend(busy: Chain) -> None:
    note_action(busy)
    report = report_of(busy, "weekly", "market", "2026-W12", "en")
    trend = next(section for section in report.sections if "last 13 weeks" in section.title)
    chart, *_, done = trend.blocks
    assert isinstance(chart, Chart)
    assert "Lowest" in chart.alt or "Between" in chart.alt
    assert isinstance(done, Points)
    assert [(point.head, point.text) for point in done.points] == [("4 Mar", f"Action: {MARKUP}")]
    assert pdf_of(report)


def test_it_speaks_the_places_language(busy: Chain) -> None:
    report = report_of(busy, "weekly", "market")
    assert (report.language, report.region) == ("it", "IT")
    assert report.kind_name == "Pagina settimanale"
    assert report.period == "9–15 marzo 2026"
    assert "Insoddisfatti sui serviti" in words_of(report)
    assert b"/Lang (it-IT)" in pdf_of(report) or b"/Lang(it-IT)" in pdf_of(report)
    assert report_of(busy, "weekly", "market", language="en").language == "en"
    assert report_of(busy, "weekly", "bar").language == "en"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "it"])
def test_no_word_is_missing_and_the_pdf_is_accessible(busy: Chain, kind: Any, language: str) -> None:
    """typst refuses PDF/UA-1 without a title, a language, or words for a picture."""
    watch(busy)
    report = report_of(busy, kind, "acme", PERIODS[kind], language)
    pdf = pdf_of(report)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"/StructTreeRoot" in pdf
    assert b"/MarkInfo" in pdf
    assert not re.search(r"\{[a-z]{2,}\}", words_of(report).replace(report.page_of, ""))


def test_names_are_letters_and_no_markup(busy: Chain) -> None:
    report = report_of(busy, "weekly", "market", language="en")
    assert report.heading == MARKUP
    assert EVIL_NAME in words_of(report)
    heading, *_ = json.loads(_compiler(report).query("heading.where(level: 1)"))
    assert heading["body"] == {"func": "text", "text": MARKUP}


def test_it_is_the_same_on_a_machine_without_fonts(busy: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    import typst

    report = report_of(busy, "weekly", "market", language="it")
    own = pdf_of(report)
    bare = typst.Fonts(include_system_fonts=False)
    monkeypatch.setattr("tillsight_hub.reports.typesetting._fonts", lambda: bare)
    assert pdf_of(report) == own


def test_a_name_that_no_font_can_write_keeps_no_report_back(busy: Chain) -> None:
    unwritable = replace(report_of(busy, "weekly", "market"), heading="Till \u0378 \U000e0fff")
    pdf = pdf_of(unwritable)
    assert pdf.startswith(b"%PDF")
    assert b"/StructTreeRoot" in pdf


def test_a_weekly_page_has_one_or_two_pages(busy: Chain) -> None:
    pages = pictures_of(report_of(busy, "weekly", "market"), ppi=20)
    assert 1 <= len(pages) <= 2


def test_a_camera_check_says_what_to_do(busy: Chain) -> None:
    watch(busy)
    report = report_of(busy, "camera-check", "bar", "2026-H1", "en")
    first, *_ = report.sections
    assert first.title == "What to do"
    (points,) = first.blocks
    assert isinstance(points, Points)
    assert any("The camera saw 67% of its time" in point.text for point in points.points)
    words = words_of(report)
    assert "dark: once, 1.0 h" in words
    assert "calibrated" in words
    assert cells_of(report, "front")[2] == "67%"
    assert "89%" in words  # recall: 55 of 62
    assert "moods-2" in words


def test_where_nothing_counts_the_check_says_so(busy: Chain) -> None:
    report = report_of(busy, "camera-check", "till-2", "2026-H1", "en")
    assert "Nothing here counts the people who are served." in words_of(report)
    assert pdf_of(report)


def test_numbers_lead_to_where_they_come_from(busy: Chain) -> None:
    report = report_of(busy, "weekly", "market", address="https://hub.example.org/")
    first = report.numbers[0]
    assert first.link == f"https://hub.example.org/explain/{first.id}"
    assert first.link.encode() in pdf_of(report)


def test_how_long_a_device_reported(busy: Chain) -> None:
    report = report_of(busy, "weekly", "market", language="en")
    devices = next(section for section in report.sections if section.title == "Devices")
    (table,) = devices.blocks
    assert isinstance(table, Table)
    heard = {row[0].text: row[2].text for row in table.rows}
    assert heard["Till 1"] == "0.3%"  # 15 minutes of 84 hours: the store opens at 9, the device spoke at 9:15
    assert heard["Desk"] == "no reports"


def test_the_api_gives_the_file(busy: Chain, as_role: Any) -> None:
    answer = as_role("manager", "market").get(
        "/api/v1/reports/weekly.pdf", params={"place": "market", "period": "2026-W11"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="weekly-market-2026-W11.pdf"'
    assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "role, scope, path, status, says",
    [
        ("manager", "bar", "weekly.pdf?place=market", 404, "market"),
        ("manager", "market", "weekly.pdf?place=acme", 404, "acme"),
        ("ops", None, "weekly.pdf?place=market", 403, "ops"),
        ("admin", None, "weekly.pdf?place=market&period=tomorrow", 422, "expected 2026-W47"),
        ("admin", None, "weekly.pdf?place=market&language=xx", 422, "language: 'xx': expected one of en, it"),
        ("admin", None, "weekly.pdf", 422, "place: is missing"),
        ("admin", None, "daily.pdf?place=market", 422, "report"),
    ],
)
def test_who_may_not_read_what(
    busy: Chain, as_role: Any, role: str, scope: str | None, path: str, status: int, says: str
) -> None:
    answer = as_role(role, scope).get(f"/api/v1/reports/{path}")
    assert answer.status_code == status, answer.text
    assert says in answer.json()["detail"]


def test_ops_read_the_camera_check(busy: Chain, as_role: Any) -> None:
    answer = as_role("ops").get(
        "/api/v1/reports/camera-check.pdf", params={"place": "acme", "period": "2026-H1"}
    )
    assert answer.status_code == 200, answer.text


def test_the_command_writes_it(busy: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, out = tmp_path / "hub.toml", tmp_path / "week.pdf"
    config.write_text(f'[database]\nurl = "{busy.engine.url}"\n')
    asked = ["--config", str(config), "report", "--kind", "weekly", "--out", str(out)]
    assert main([*asked, "--place", "market", "--period", "2026-W11", "--language", "it"]) == 0
    assert "Pagina settimanale" in capsys.readouterr().out
    assert out.read_bytes().startswith(b"%PDF")
    assert main([*asked, "--place", "nowhere"]) == 2
    assert "--place nowhere: no org" in capsys.readouterr().err
    assert main([*asked, "--place", "market", "--period", "soon"]) == 2
    assert main([*asked, "--place", "market", "--language", "xx"]) == 2


def test_a_place_that_is_none_has_no_report(busy: Chain) -> None:
    with pytest.raises(UnknownPlace, match="nowhere"):
        report_of(busy, "weekly", "nowhere")
