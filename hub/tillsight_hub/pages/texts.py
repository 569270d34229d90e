"""The words of the pages, by key, from a folder of files per language."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "texts"
DEFAULT_LANGUAGE = "en"
LANGUAGES = (DEFAULT_LANGUAGE, *sorted({path.name for path in FOLDER.iterdir()} - {DEFAULT_LANGUAGE}))
"""Every language that the pages speak, as ISO 639 codes; the first one is spoken to whoever asks for none."""


class Texts:
    """`texts("overview.title")`, with values for the braces: `texts("overview.lost", n=2)`.

    A text that depends on a number is a table with `one` and `other`; `n` chooses.
    """

    def __init__(self, language: str = DEFAULT_LANGUAGE) -> None:
        self.language = language
        self._texts: dict[str, str] = {}
        for path in sorted((FOLDER / language).glob("*.toml")):
            self._texts |= _flat(tomllib.loads(path.read_text(encoding="utf-8")))

    def __call__(self, key: str, **values: object) -> str:
        text = self._texts.get(key)
        if text is None and "n" in values:
            text = self._texts[f"{key}.one" if values["n"] in (1, "1") else f"{key}.other"]
        if text is None:
            raise KeyError(key)
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is a text of this key."""
        return key in self._texts

    def of(self, key: str, otherwise: str) -> str:
        """The text of this key; `otherwise` where this language has none, as for a metric's formula."""
        return self._texts.get(key, otherwise)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


@cache
def texts(language: str = DEFAULT_LANGUAGE) -> Texts:
    """The words of a language, read once."""
    return Texts(language)


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    return dict(_leaves(table, prefix))


def _leaves(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
