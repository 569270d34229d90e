"""The cleaning rules: what each one looks for, its parameters, and what happens to the presses it finds."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from tillsight_models.configuration import Settings, read_settings
from tillsight_models.errors import BadConfig

from ..labels import Label

Mode = Literal["off", "label", "set-aside"]
"""off: the rule is not asked; label: its presses are labelled and count; set-aside: they are in the raw
totals only."""
Gap = Annotated[float, Field(gt=0, le=600)]
"""Seconds."""
Presses = Annotated[int, Field(ge=2, le=1000)]


class RuleSettings(Settings):
    """What every rule has."""

    mode: Mode = "set-aside"


class SessionSettings(RuleSettings):
    """One person is one vote."""

    gap_s: Gap = 3.0
    """Presses less than this apart are one person's ..."""
    change_s: Gap = 2.0
    """... and of two different buttons, presses less than this apart."""


class MashingSettings(RuleSettings):
    """Bursts that no customer makes. Any one of the three limits is enough."""

    gap_s: Gap = 4.0
    """Presses less than this apart are one burst."""
    most_presses: Presses = 8
    """An angry person presses so often at most."""
    most_mixed: Presses = 4
    """The same, where it is two buttons or more."""
    most_buttons: Annotated[int, Field(ge=1, le=11)] = 3
    """A person who changes their mind uses so many buttons at most."""


class StaffSettings(RuleSettings):
    """More votes for one button than there were people: staff voting for itself."""

    spacing_s: Gap = 60.0
    """Votes for one button less than this apart are one run."""
    least_votes: Presses = 4
    """A shorter run says nothing."""


class OrphanSettings(RuleSettings):
    """Presses for which the contact counter saw nobody."""

    mode: Mode = "label"
    before_s: Annotated[float, Field(ge=0, le=600)] = 10.0
    """A press so long before a contact still belongs to it."""
    after_s: Annotated[float, Field(ge=0, le=600)] = 25.0
    """A press so long after a contact still belongs to it."""


class OutOfHoursSettings(RuleSettings):
    """Presses while the place is closed."""

    mode: Mode = "label"
    before_s: Annotated[float, Field(ge=0, le=7200)] = 0.0
    """The doors open so long before the opening hours begin."""
    after_s: Annotated[float, Field(ge=0, le=7200)] = 900.0
    """The last customers leave so long after the opening hours end."""


class CleaningSettings(Settings):
    """All rules, as this hub uses them."""

    session: SessionSettings = SessionSettings()
    mashing: MashingSettings = MashingSettings()
    staff: StaffSettings = StaffSettings()
    orphan: OrphanSettings = OrphanSettings()
    out_of_hours: OutOfHoursSettings = OutOfHoursSettings()

    def of(self, rule: str) -> RuleSettings:
        """The settings of the rule with this id."""
        found: RuleSettings = getattr(self, _key(rule))
        return found

    def changed(self, settings: Mapping[str, str]) -> "CleaningSettings":
        """With some of them as said: `{"session.gap_s": "10", "staff.mode": "off"}`; BadConfig where one is
        none of ours or does not fit."""
        values = self.model_dump()
        for name, text in settings.items():
            rule, _, parameter = name.partition(".")
            if _key(rule) not in values or parameter not in values[_key(rule)]:
                raise BadConfig([f"{name}: expected one of {', '.join(parameters(self))}"])
            values[_key(rule)][parameter] = _value(text)
        return read_settings(values, CleaningSettings)

    def fingerprint(self) -> str:
        """Changes when a rule's version or one of its settings does: then labels have to be given anew."""
        versions = {rule.id: rule.version for rule in RULES}
        return json.dumps({"versions": versions, **self.model_dump()}, sort_keys=True)


@dataclass(frozen=True)
class Rule:
    """One rule, for people. A change of its labels under the same settings is a new version."""

    id: str
    label: Label
    sentence: str
    version: int = 1


RULES = (
    Rule("session", Label.SESSION, "One person is one vote: of several presses in a row, the last counts."),
    Rule("mashing", Label.MASHING, "So many presses, or such a mixture, in a row are nobody's answer."),
    Rule("staff", Label.STAFF, "More votes for one button than people were served, or a run while closed."),
    Rule("orphan", Label.ORPHAN, "The contact counter saw nobody at the time."),
    Rule("out-of-hours", Label.OUT_OF_HOURS, "The place was closed."),
)
"""In the order in which they are shown."""

DEVICE_RULES = (
    Rule("repeat", Label.REPEAT, "Within the device's cool-down after another press."),
    Rule("undone", Label.UNDONE, "The shopper took it back."),
)
"""What the device says itself; these are never counted and have no settings here."""


def parameters(rules: CleaningSettings) -> Iterator[str]:
    """`session.mode`, `session.gap_s` and so on."""
    for rule, values in rules.model_dump().items():
        for name in values:
            yield f"{rule}.{name}"


def _key(rule: str) -> str:
    return rule.replace("-", "_")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
