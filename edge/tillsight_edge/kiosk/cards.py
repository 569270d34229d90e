"""What customers said and what was done about it: from a file or from the hub, shown with the thanks."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from tillsight_models.errors import BadConfig
from tillsight_models.surveys import Texts
from tillsight_models.wanted import LONGEST_CARD as LONGEST
from tillsight_models.wanted import MOST_CARDS as MOST
from tillsight_models.wanted import WantedCard


class Card(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that was changed because customers asked for it."""

    said: Texts
    done: Texts
    first_day: str = ""
    """Local day; empty: always."""
    last_day: str = ""

    def is_for(self, language: str, day: str) -> bool:
        """Whether it can be read, and is to be, on this local day."""
        is_told = language in self.said and language in self.done
        return is_told and self.first_day <= day and (not self.last_day or day <= self.last_day)


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    cards: list[Card]


def wanted_cards(wanted: Sequence[WantedCard]) -> tuple[Card, ...]:
    """The hub's cards."""
    return tuple(
        Card(
            said={language: words.said for language, words in each.texts.items()},
            done={language: words.did for language, words in each.texts.items()},
            first_day=each.first_day,
            last_day=each.last_day or "",
        )
        for each in wanted
    )


def load_cards(path: Path, languages: tuple[str, ...]) -> list[Card]:
    """The cards of a TOML or JSON file, `[[cards]]`; BadConfig has one line a problem."""
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        cards = msgspec.convert(values, _File).cards
    except OSError as error:
        raise BadConfig([f"{path}: {error.strerror or error}"]) from error
    except ValueError as error:
        raise BadConfig([f"{path}: {error}"]) from error
    if problems := list(_problems(cards, languages)):
        raise BadConfig(problems)
    return cards


def _problems(cards: list[Card], languages: tuple[str, ...]) -> Iterator[str]:
    if len(cards) > MOST:
        yield f"cards: {len(cards)}: should be at most {MOST}"
    for number, card in enumerate(cards, 1):
        for name, texts in (("said", card.said), ("done", card.done)):
            for language in languages:
                if not 1 <= len(texts.get(language, "").strip()) <= LONGEST:
                    yield f"cards.{number}.{name}.{language}: should have 1 to {LONGEST} characters"
