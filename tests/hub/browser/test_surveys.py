"""Surveys, cards and screens in a browser: by keyboard alone, at every width, and with hostile words."""

import pytest
from playwright.sync_api import Page
from tests.conftest import need
from tests.harness.npm import npm_package
from tests.harness.shown import ask, content_of, nps_question, show
from tests.harness.websites import Website, now_ms

from tillsight_hub.database import writing
from tillsight_hub.shown.cards import Card, put_card
from tillsight_hub.shown.files import template
from tillsight_hub.shown.surveys import begin_draft, find_survey
from tillsight_models.events import QuestionAnswered

from .conftest import OpenWindow, Window
from .test_accessibility import VERSION, violations

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
PATHS = (
    "/surveys",
    "/surveys/csat",
    "/surveys/csat/question?of=why",
    "/surveys/csat/question?of=csat",
    "/surveys/csat/results",
    "/cards",
    "/screens",
    "/screens/till-1",
)


@pytest.fixture(scope="module")
def axe() -> str:
    return need(lambda: npm_package("axe-core", VERSION) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def furnished(site: Website) -> None:
    """A survey with a draft, answers with hostile words, and a card."""
    engine = site.services.engine
    ask(engine, template("csat"), "rome")
    with writing(engine) as connection:
        begin_draft(connection, "csat", "ada")
        words = {"en": {"said": HOSTILE[:90], "did": "We did"}, "ar": {"said": "بارد", "did": "أدفأ"}}
        put_card(connection, Card(0, "rome", words, "2026-01-01", None), "ada")
    show(engine, "till-2", "", tally=False)
    box, events = site.boxes["box-1"], []
    for person in range(12):
        for question, value in (("csat", 4), ("words", HOSTILE)):
            answered = QuestionAnswered(
                survey="csat", survey_version=1, visit=f"{person:020x}", question=question, value=value
            )
            events.append(box.event(answered, t=now_ms() - 86_400_000))
    site.ingest(*events)


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1440, "dark")])
def test_pages_of_surveys_break_no_rule_and_fit(
    site: Website, open_window: OpenWindow, axe: str, theme: str, width: int
) -> None:
    window = open_window(site, width=width, theme=theme)
    for path in PATHS:
        page = window.open(path)
        assert not violations(page, axe), path
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert page.title() != "owned"


def test_what_people_wrote_is_shown_as_they_wrote_it(window: Window) -> None:
    page = window.open("/surveys/csat/results")
    assert page.locator(".comments p").first.inner_text() == HOSTILE
    assert page.locator(".comments img, .comments script").count() == 0
    assert "owned" not in page.title()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(150):
        if page.evaluate("(s) => document.activeElement?.matches(s) ?? false", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {selector}")


def test_a_branching_question_is_written_by_keyboard_alone(site: Website, window: Window) -> None:
    ask(site.services.engine, content_of(nps_question(), id="keys"))
    with writing(site.services.engine) as connection:
        begin_draft(connection, "keys", "ada")
    page = window.open("/surveys/keys")
    tab_to(page, "#new-kind")
    page.keyboard.type("One of")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/question?kind=single")
    tab_to(page, "#text_en")
    page.keyboard.type("What kept you?")
    for number, words in enumerate(("The queue", "The prices")):
        tab_to(page, f"#option_{number}_text_en")
        page.keyboard.type(words)
    page.locator(".ks-choice", has_text="The prices").first.wait_for()
    tab_to(page, "button[value=condition-add]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#condition_0_question")
    assert page.input_value("#text_en") == "What kept you?"
    tab_to(page, "#condition_0_question")
    page.keyboard.type("nps")
    tab_to(page, "#condition_0_at_most")
    page.keyboard.type("6")
    page.keyboard.press("Enter")
    page.wait_for_url("**/question?of=what-kept-you&saved=1")
    with site.services.engine.connect() as connection:
        question = find_survey(connection, "keys").newest.survey.question("what-kept-you")
    assert [each.id for each in question.options] == ["the-queue", "the-prices"]
    assert (question.show_if[0].question, question.show_if[0].at_most) == ("nps", 6)


def test_another_kind_shows_its_fields_and_keeps_what_was_typed(window: Window) -> None:
    page = window.open("/surveys/csat/question?of=csat")
    page.fill("#text_en", "Typed before")
    page.select_option("#kind", "single")
    page.wait_for_selector("button[value=option-add]")
    assert page.input_value("#text_en") == "Typed before"
    page.select_option("#kind", "rating")
    page.wait_for_selector("#low:not([type=hidden])")
    assert page.input_value("#high") == "5"


def test_a_screen_in_arabic_begins_on_the_right(window: Window) -> None:
    page = window.open("/surveys/csat?shown=ar")
    screen = page.locator(".kiosk-screen").first
    assert screen.evaluate("e => getComputedStyle(e).direction") == "rtl"
    first, last = (screen.locator(".ks-choice").nth(number).bounding_box() for number in (0, 2))
    assert first and last
    assert first["x"] > last["x"]


def test_every_screen_of_our_templates_fits(site: Website, window: Window) -> None:
    for name in ("nps", "ces", "servqual"):
        content = template(name)
        ask(site.services.engine, content)
        for language in content["languages"]:
            page = window.open(f"/surveys/{content['id']}?shown={language}")
            fits = page.evaluate(
                "[...document.querySelectorAll('.kiosk-screen')].every(e => e.scrollHeight <= e.clientHeight)"
            )
            assert fits, (name, language)
