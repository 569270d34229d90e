"""The section `kiosk` of what is wanted: survey, cards and look of each device's place."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from tillsight_models.errors import BadConfig
from tillsight_models.wanted import SPOKEN, read_kiosk

from ..hierarchy import DevicePlace, Hierarchy
from ..wanted.sections import Built
from .cards import Card, read_cards, wanted_of
from .looks import Look, decided, read_looks
from .places import path_of
from .surveys import Version, published_surveys

Continuing = Callable[[str], dict[str, Any] | None]
"""From a device's id to how its shoppers' phones go on; None: they do not."""


class KioskSection:
    """Screens. A device whose place nobody has set anything for goes by its own file."""

    name = "kiosk"

    def __init__(self, continuing: Continuing = lambda _: None) -> None:
        self._continuing = continuing

    def build(
        self, connection: Connection, hierarchy: Hierarchy, devices: Sequence[DevicePlace]
    ) -> Mapping[str, Built]:
        """See Section."""
        looks, cards = read_looks(connection), read_cards(connection)
        surveys = published_surveys(connection)
        built: dict[str, Built] = {}
        by_place: dict[str, Built] = {}
        for device in devices:
            place = device.touchpoint_id
            if place not in by_place:
                by_place[place] = _checked(wanted_at(hierarchy, place, looks, cards, surveys))
            built[device.id] = self._with_continuing(device.id, by_place[place])
        return built

    def _with_continuing(self, device: str, built: Built) -> Built:
        door = self._continuing(device)
        if door is None or built.problems:
            return built
        return Built({**(built.value or {}), "continue": door})


def wanted_at(
    hierarchy: Hierarchy,
    place: str,
    looks: Mapping[str, Look],
    cards: Sequence[Card],
    surveys: Mapping[str, Version],
) -> dict[str, Any]:
    """The section of a touchpoint, unchecked; empty where nothing is set.

    Languages that nobody has set are the survey's, as far as screens speak them, the store's first.
    """
    touchpoint = hierarchy.touchpoints[place]
    path = path_of(touchpoint)
    survey_id, settings = decided(looks, path)
    value: dict[str, Any] = dict(settings)
    if survey_id is not None:
        asked = surveys.get(survey_id)
        value["survey"] = asked.content if asked else None
        if asked and "languages" not in value:
            value["languages"] = [each for each in asked.content["languages"] if each in SPOKEN]
    own = hierarchy.stores[touchpoint.store_id].language
    if "default_language" not in value and own in value.get("languages", ()):
        value["default_language"] = own
    # A day more: where the touchpoint is, it may still be yesterday. Devices look at their own calendar.
    if shown := wanted_of(cards, path, (datetime.now(UTC) - timedelta(days=1)).date().isoformat()):
        value["cards"] = shown
    elif value:
        value["cards"] = []
    return value


def _checked(value: dict[str, Any]) -> Built:
    try:
        read_kiosk(value)
    except BadConfig as error:
        return Built(problems=error.problems)
    return Built(value or None)
