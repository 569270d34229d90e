"""The words of the pages, by key, from one file per language."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "texts"
LANGUAGE = "en"


class Texts:
    """`texts("overview.title")`, with values for the braces: `texts("overview.lost", n=2)`.

    A text that depends on a number is a table with `one` and `other`; `n` chooses.
    """

    def __init__(self, language: str = LANGUAGE) -> None:
        self.language = language
        self._texts = dict(_flat(tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))))

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

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


@cache
def texts(language: str = LANGUAGE) -> Texts:
    """The words of a language, read once."""
    return Texts(language)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
