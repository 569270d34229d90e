"""The words of the phone's pages, in the languages that the kiosk speaks: a file each, with the same keys."""

import tomllib
from functools import cache
from importlib.resources import files

from babel import negotiate_locale

SPOKEN = ("en", "it", "de", "ar")
RIGHT_TO_LEFT = ("ar",)


class PhoneTexts:
    """`texts("ask.next")`, with values for the braces: `texts("ask.step", n=2)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        text = files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
        tables = tomllib.loads(text)
        self._texts = {
            f"{table}.{key}": value for table, keys in tables.items() for key, value in keys.items()
        }

    def __call__(self, key: str, **values: object) -> str:
        text: str = self._texts[key]
        return text.format(**values) if values else text

    @property
    def direction(self) -> str:
        """As HTML says it."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


@cache
def phone_texts(language: str) -> PhoneTexts:
    """The words of a language, read once."""
    return PhoneTexts(language)


def spoken_to(wanted: str | None, accepted: str, otherwise: str) -> str:
    """Which language to speak: as chosen on the page, else as the browser says, else the store's."""
    if wanted in SPOKEN:
        return wanted
    asked = [part.partition(";")[0].strip() for part in accepted.split(",")]
    fallback = otherwise if otherwise in SPOKEN else SPOKEN[0]
    return negotiate_locale(asked, SPOKEN, sep="-") or fallback
