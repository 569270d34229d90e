"""The phone's words: the same keys and braces in every language that the kiosk speaks, and each used."""

import re
from pathlib import Path

import pytest

from tillsight_hub.pages import go
from tillsight_hub.visits import asking
from tillsight_hub.visits.texts import SPOKEN, phone_texts, spoken_to
from tillsight_models.wanted import SPOKEN as ON_THE_KIOSK

TEMPLATES = Path(go.__file__).parents[1] / "templates" / "go"
OTHERS = phone_texts("en").keys


def braces(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def test_the_phone_speaks_what_the_kiosk_speaks() -> None:
    assert set(SPOKEN) == set(ON_THE_KIOSK)


@pytest.mark.parametrize("language", SPOKEN)
def test_every_language_says_the_same(language: str) -> None:
    texts, english = phone_texts(language), phone_texts("en")
    assert texts.keys == english.keys
    assert not {key for key in texts.keys if braces(texts(key)) != braces(english(key))}
    if language != "en":
        same = {key for key in texts.keys if texts(key) == english(key)} - {"contact.name"}
        assert not same - {"privacy.title"}


def test_every_text_is_used_and_every_used_one_exists() -> None:
    sources = [Path(go.__file__), Path(asking.__file__), *TEMPLATES.glob("*.html")]
    everything = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    used = set(re.findall(r'"((?:shell|ask|contact|thanks|erase|wrong|privacy)\.[a-z_-]+)"', everything))
    used |= set(re.findall(r"'((?:shell)\.[a-z_-]+)'", everything))
    reasons = {f"wrong.{each}" for each in ("malformed", "forged", "unknown-device", "expired", "too-early")}
    assert used | reasons == OTHERS


@pytest.mark.parametrize(
    ("wanted", "accepted", "store", "language"),
    [
        ("de", "it", "en", "de"),
        ("xx", "it-IT,it;q=0.9", "en", "it"),
        (None, "ar-EG", "it", "ar"),
        (None, "fr", "it", "it"),
        (None, "", "fr", "en"),
    ],
)
def test_a_phone_is_spoken_to_in_its_own_language(
    wanted: str | None, accepted: str, store: str, language: str
) -> None:
    assert spoken_to(wanted, accepted, store) == language
