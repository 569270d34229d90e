"""The pages of surveys over HTTP, with the forms' own fields and no script."""

import json
import re

from sqlalchemy import select
from tests.harness.shown import ask, content_of, nps_question, show
from tests.harness.websites import Website

from tillsight_hub import tables
from tillsight_hub.shown.files import TEMPLATES, from_text
from tillsight_hub.shown.surveys import find_survey

from .conftest import AsPerson, Person

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


def content(site: Website, id: str) -> dict[str, object]:
    with site.services.engine.connect() as connection:
        return find_survey(connection, id).newest.content


def question_form(person: Person, survey: str, of: str) -> dict[str, str]:
    return person.fields(f"/surveys/{survey}/question?of={of}", f"/surveys/{survey}/question")


def audited(site: Website) -> list[str]:
    with site.services.engine.connect() as connection:
        return list(connection.scalars(select(tables.audit.c.action)))


def test_a_survey_from_a_template_is_edited_published_and_shown(site: Website, log_in: AsPerson) -> None:
    mona = log_in("mona")
    for name in TEMPLATES:
        made = mona.send("/surveys", template=name, id=f"from-{name}")
        assert made.headers["location"] == f"/surveys/from-{name}"
        mona.open(f"/surveys/from-{name}?shown=ar")
    fields = question_form(mona, "from-nps", "nps")
    assert fields["text_it"].startswith("Con quale")
    fields["text_en"] = "Would you come again?"
    assert mona.send("/surveys/from-nps/question", **fields, do="done").status_code == 303
    steps = mona.fields("/surveys/from-nps", "/surveys/from-nps/do")
    assert mona.send("/surveys/from-nps/do", **steps, do="publish").status_code == 303
    assert mona.send("/surveys/from-nps/places", place="till-1").status_code == 303
    page = mona.open("/surveys/from-nps")
    assert "Would you come again?" in page
    assert "Rome: Till 1" in page
    assert {"survey.create", "survey.save", "survey.publish", "look.set"} <= set(audited(site))


def test_what_is_published_never_changes(site: Website, log_in: AsPerson) -> None:
    ask(site.services.engine, content_of(id="fixed"))
    mona = log_in("mona")
    before = content(site, "fixed")
    refused = mona.send("/surveys/fixed/order", do="remove:nps", base="x")
    assert refused.status_code == 409
    assert mona.client.get("/surveys/fixed/question?of=nps").status_code == 409
    assert mona.send("/surveys/fixed/do", do="publish").status_code == 409
    assert content(site, "fixed") == before
    assert mona.send("/surveys/fixed/do", do="draft").status_code == 303
    assert content(site, "fixed")["version"] == 2


def test_questions_are_moved_added_and_removed(site: Website, log_in: AsPerson) -> None:
    mona = log_in("mona")
    mona.send("/surveys", template="csat", id="moved")
    order = mona.fields("/surveys/moved", "/surveys/moved/order")
    assert mona.send("/surveys/moved/order", **order, do="down:csat").status_code == 303
    assert [each["id"] for each in content(site, "moved")["questions"]] == ["why", "words", "csat"]  # type: ignore[attr-defined]
    new = mona.fields("/surveys/moved/question?kind=single", "/surveys/moved/question")
    new |= {"text_en": "Which door?", "option_0_text_en": "Left", "option_1_text_en": "Right", "id": ""}
    saved = mona.send("/surveys/moved/question", **new, do="save")
    assert saved.headers["location"].startswith("/surveys/moved/question?of=which-door")
    page = mona.open(saved.headers["location"])
    assert "This is missing." in page, "in the other languages"
    assert [each["id"] for each in content(site, "moved")["questions"][-1]["options"]] == ["left", "right"]  # type: ignore[index]
    order = mona.fields("/surveys/moved", "/surveys/moved/order")
    mona.send("/surveys/moved/order", **order, do="remove:which-door")
    assert "which-door" not in json.dumps(content(site, "moved"))


def test_branches_turns_and_limits_are_kept(site: Website, log_in: AsPerson) -> None:
    mona = log_in("mona")
    mona.send("/surveys", template="nps", id="branched")
    fields = question_form(mona, "branched", "better")
    assert (fields["condition_0_question"], fields["condition_0_at_most"]) == ("nps", "8")
    added = mona.send("/surveys/branched/question", **fields, do="condition-add")
    assert added.status_code == 200
    assert 'name="condition_1_question"' in added.text
    fields |= {"condition_0_at_most": "", "condition_0_any": "0, 1, 2", "group": "poll", "per_day": "50"}
    mona.send("/surveys/branched/question", **fields, do="done")
    settings = mona.fields("/surveys/branched", "/surveys/branched/settings")
    settings |= {"rotation": "poll=1", "every_contacts": "4", "languages": "en it"}
    assert mona.send("/surveys/branched/settings", **settings).status_code == 303
    kept = content(site, "branched")
    question = kept["questions"][1]  # type: ignore[index]
    assert question["show_if"][0]["any"] == [0, 1, 2]
    assert (question["group"], question["per_day"], kept["rotation"]) == ("poll", 50, {"poll": 1})
    assert kept["languages"] == ["en", "it"]
    assert set(question["text"]) == {"en", "it"}


def test_a_problem_is_said_beside_its_field_and_nothing_typed_is_lost(
    site: Website, log_in: AsPerson
) -> None:
    mona = log_in("mona")
    mona.send("/surveys", template="ces", id="wrong")
    fields = question_form(mona, "wrong", "ces2") | {"low": "one", "text_en": "Typed with care"}
    refused = mona.send("/surveys/wrong/question", **fields, do="save")
    assert refused.status_code == 422
    assert "should be a whole number" in refused.text
    assert "Typed with care" in refused.text
    fields |= {"low": "1", "high": "40"}
    saved = mona.send("/surveys/wrong/question", **fields, do="save")
    page = mona.open(saved.headers["location"])
    assert "There should be 2 to 11 points, the lowest first." in page
    assert 'aria-invalid="true"' not in page.split('id="text_en"')[1][:200]
    steps = mona.fields("/surveys/wrong", "/surveys/wrong/do")
    not_published = mona.send("/surveys/wrong/do", **steps, do="publish")
    assert not_published.status_code == 422
    assert "points" in not_published.text


def test_two_who_edit_one_draft_lose_nothing(site: Website, log_in: AsPerson) -> None:
    mona, ada = log_in("mona"), log_in("ada")
    mona.send("/surveys", template="nps", id="both")
    hers, his = question_form(mona, "both", "nps"), question_form(ada, "both", "nps")
    assert ada.send("/surveys/both/question", **his | {"text_en": "Of Ada"}, do="save").status_code == 303
    typed = hers | {"text_en": "Of Mona"}
    refused = mona.send("/surveys/both/question", **typed, do="save")
    assert refused.status_code == 409
    assert "ada has changed the draft meanwhile" in refused.text
    assert "Of Mona" in refused.text
    base = re.search('name="base" value="(\\w+)"', refused.text)
    assert base
    assert mona.send("/surveys/both/question", **typed | {"base": base[1]}, do="save").status_code == 303
    assert "Of Mona" in json.dumps(content(site, "both"))


def test_hostile_texts_are_inert(site: Website, log_in: AsPerson) -> None:
    ask(site.services.engine, content_of(nps_question(text=HOSTILE[:90]), id="hostile"))
    mona = log_in("mona")
    mona.send("/surveys/hostile/do", do="draft")
    fields = question_form(mona, "hostile", "nps") | {"text_en": HOSTILE, "ends_low_en": HOSTILE[:40]}
    refused = mona.send("/surveys/hostile/question", **fields | {"id": HOSTILE[:40]}, do="save")
    pages = [refused.text, mona.open("/surveys"), mona.open("/surveys/hostile")]
    pages += [mona.open("/surveys/hostile/question?of=nps"), mona.open("/surveys/hostile/results")]
    pages.append(mona.send("/surveys/hostile/preview", **fields).text)
    pages.append(mona.send("/surveys", text=f'id = "{HOSTILE}"').text)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"q-title[^<]*", page)


def test_files_go_out_and_come_back(site: Website, log_in: AsPerson) -> None:
    mona = log_in("mona")
    mona.send("/surveys", template="servqual", id="out")
    text = mona.client.get("/surveys/out/file").text
    assert from_text(text).id == "out"
    again = mona.send("/surveys", text=text, id="back")
    assert again.headers["location"] == "/surveys/back"
    assert {**content(site, "back"), "id": "out"} == content(site, "out")
    refused = mona.send("/surveys", text="id = [", id="broken")
    assert refused.status_code == 422
    assert "no valid TOML" in refused.text
    assert "id = [" in refused.text


def test_who_may_do_what(site: Website, log_in: AsPerson) -> None:
    ask(site.services.engine, content_of(id="shared"), "acme")
    otto, mona, ada = log_in("otto"), log_in("mona"), log_in("ada")
    assert otto.send("/surveys", template="nps", id="otto").status_code == 403
    assert "Begin a survey" not in otto.open("/surveys")
    refused = mona.send("/surveys/shared/do", do="draft")
    assert refused.status_code == 403
    assert "not yours" in mona.open("/surveys/shared")
    assert mona.send("/surveys/shared/places", place="pune").status_code == 404
    assert mona.client.get("/surveys/nowhere").status_code == 404
    assert ada.send("/surveys/shared/do", do="draft").status_code == 303
    token = mona.client.post("/surveys/shared/do", data={"do": "draft"})
    assert token.status_code == 403
    show(site.services.engine, "acme", None)


def test_the_preview_says_what_the_screen_says(site: Website, log_in: AsPerson) -> None:
    mona = log_in("mona")
    mona.send("/surveys", template="csat", id="seen")
    page = mona.open("/surveys/seen/question?of=why")
    arabic = page.split('lang="ar" dir="rtl">')[-1] if 'role="img"' in page else ""
    assert "الانتظار" in page
    assert re.search(r'class="kiosk-screen"[^>]*lang="ar" dir="rtl"', page)
    assert arabic
