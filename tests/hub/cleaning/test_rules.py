"""The rules as settings and as sentences."""

import pytest

from tillsight_hub.cleaning.rules import DEVICE_RULES, RULES, CleaningSettings, parameters
from tillsight_hub.labels import MISUSE, Label
from tillsight_hub.tables import LABEL_COUNTERS
from tillsight_models.errors import BadConfig


def test_every_label_of_cleaning_has_one_rule_and_one_counter() -> None:
    assert [rule.id for rule in RULES] == list(LABEL_COUNTERS)
    labels = Label(0)
    for rule in RULES:
        assert not labels & rule.label
        labels |= rule.label
    assert labels == MISUSE
    assert {rule.id for rule in DEVICE_RULES} == {"repeat", "undone"}


def test_every_rule_has_settings_and_a_version() -> None:
    rules = CleaningSettings()
    for rule in RULES:
        assert rules.of(rule.id).mode in ("label", "set-aside")
        assert rule.version >= 1
        assert rule.sentence.endswith(".")


def test_settings_are_changed_by_name() -> None:
    changed = CleaningSettings().changed({"session.gap_s": "10", "out-of-hours.mode": "off"})
    assert (changed.session.gap_s, changed.out_of_hours.mode) == (10, "off")
    assert changed.mashing == CleaningSettings().mashing


@pytest.mark.parametrize("name", ["session", "session.gap", "gap_s", "", "session.gap_s.more"])
def test_a_name_that_is_none_is_told_with_those_that_are(name: str) -> None:
    with pytest.raises(BadConfig) as raised:
        CleaningSettings().changed({name: "1"})
    assert f"{name}: expected one of session.mode, session.gap_s" in str(raised.value)


def test_the_fingerprint_changes_with_every_setting() -> None:
    rules = CleaningSettings()
    values = {"mode": "off"}
    changed = {
        rules.changed({name: values.get(name.partition(".")[2], "7")}).fingerprint()
        for name in parameters(rules)
    }
    assert len(changed | {rules.fingerprint()}) == len(list(parameters(rules))) + 1
