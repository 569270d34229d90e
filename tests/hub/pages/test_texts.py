"""Every word of the pages has its key, and every key its use."""

import re
from pathlib import Path

import pytest

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import FLAGS
from tillsight_hub.metrics.registry import STATUSES
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.pages import assets
from tillsight_hub.pages.errors import DETAILS, TITLES
from tillsight_hub.pages.navigation import NAVIGATION
from tillsight_hub.pages.texts import LANGUAGES, texts
from tillsight_models.scales import SCALES

HUB = assets.FOLDER.parent
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for path in [*(HUB / "templates").rglob("*.html"), *HUB.rglob("*.py")]
}
t = texts()
CATALOGUE = ("metric.", "flag_words.", "input.")


def keys_in(text: str) -> set[str]:
    return set(re.findall(r"""\bt(?:exts\(\w*\))?\(\s*["']([a-z_]+\.[a-zA-Z0-9_.-]+)["']""", text))


def test_every_key_that_a_page_uses_exists() -> None:
    used = {(path.name, key) for path, text in SOURCES.items() for key in keys_in(text)}
    plural = {key.rpartition(".")[0] for key in t.keys if key.endswith(".one")}
    composed = ("_", ".")
    missing = {
        (name, key)
        for name, key in used
        if not t.has(key) and key not in plural and not key.endswith(composed)
    }
    assert len(used) > 100
    assert not missing


def test_every_text_is_used() -> None:
    everything = "\n".join(SOURCES.values())
    prefixes = re.findall(r"""\bt\(\s*["']([a-z_]+\.[a-z_]*)["']\s*~""", everything)
    prefixes += re.findall(r"""\bt(?:\.of)?\(\s*f["']([a-z_]+\.[a-z_]*){""", everything)
    used = set().union(*(keys_in(text) for text in SOURCES.values()))
    used |= {*TITLES.values(), *DETAILS.values(), "error.other"}
    used |= {f"{entry.key}.title" for entries in NAVIGATION.values() for entry in entries}
    used |= {f"shell.group_{group}" for group in NAVIGATION}
    unused = {
        key
        for key in t.keys
        if key not in used
        and key.rpartition(".")[0] not in used
        and not any(key.startswith(p) for p in prefixes)
    }
    assert not unused


@pytest.mark.parametrize("prefix, names", [("flag", FLAGS), ("status.why", STATUSES), ("scale", SCALES)])
def test_what_the_metrics_may_say_has_words(prefix: str, names: dict[str, object]) -> None:
    separator = "_" if prefix == "status.why" else "."
    assert not [name for name in names if not t.has(f"{prefix}{separator}{name}")]


def test_numbers_choose_their_words() -> None:
    assert t("overview.troubled", n=1) == "1 in trouble"
    assert t("overview.troubled", n=3) == "3 in trouble"
    with pytest.raises(KeyError):
        t("overview.nonsense")


def test_templates_hold_no_inline_script_or_style() -> None:
    for path, text in SOURCES.items():
        if path.suffix == ".html":
            data = text.replace('<script type="application/json">', "")
            assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=", data), path


def test_nothing_comes_from_another_host() -> None:
    ours = [
        *(path for path in SOURCES if path.suffix == ".html" or path.parent.name in ("pages", "charts")),
        *(path for path in (HUB / "static").rglob("*") if path.suffix in (".js", ".css", ".svg")),
    ]
    for path in ours:
        found = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", Path(path).read_text(encoding="utf-8"))
        assert set(found) <= {"http://www.w3.org"}, path


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_says_the_same(language: str) -> None:
    """What the catalogue itself says in English only the other languages have as texts."""
    other = texts(language)
    ours, theirs = ({key for key in told.keys if not key.startswith(CATALOGUE)} for told in (t, other))
    assert ours == theirs
    braces = {
        key: (
            set(re.findall(r"{(\w+)}", t(key) if t.has(key) else "")),
            set(re.findall(r"{(\w+)}", other(key))),
        )
        for key in ours
    }
    assert not {key: both for key, both in braces.items() if both[0] != both[1]}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_metric_and_flag_has_words_in_every_language(language: str) -> None:
    known = texts(language).keys
    parts = [
        f"metric.{metric.id}.{part}" for metric in catalogue(MetricSettings()) for part in ("name", "formula")
    ]
    assert not {*parts, *(f"flag_words.{flag}" for flag in FLAGS)} - known
