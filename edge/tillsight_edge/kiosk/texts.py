"""The kiosk's own words, in each language that it speaks."""

import tomllib
from importlib.resources import files
from typing import Any


def load_texts(languages: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """By language: words by name, `direction`, and the names of the ratings of each scale."""
    texts = tomllib.loads(files(__package__).joinpath("texts.toml").read_text(encoding="utf-8"))
    return {language: texts[language] for language in languages}
