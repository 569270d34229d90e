"""JSON Schema of the contract: as generated, and of the same opinion as our own decoder."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from tests.harness.examples import DATA, wire, wire_event

import tillsight_models.schema
from tillsight_models.delivery import Ack, encode
from tillsight_models.errors import BadEvent
from tillsight_models.events import PAYLOADS, decode_event
from tillsight_models.schema import SCHEMA_DIR, schema_files

EVENT = Draft202012Validator(json.loads((SCHEMA_DIR / "event.schema.json").read_text(encoding="utf-8")))
DELIVERY = json.loads((SCHEMA_DIR / "delivery.schema.json").read_text(encoding="utf-8"))


def test_the_files_are_what_the_models_say() -> None:
    """After a change of the contract: `.venv/bin/python -m tillsight_models.schema`."""
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in SCHEMA_DIR.iterdir()}
    assert on_disk == schema_files()


def test_the_command_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tillsight_models.schema, "SCHEMA_DIR", tmp_path / "schema")
    assert tillsight_models.schema.main() == 0
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "schema").iterdir()}
    assert written == schema_files()
    shutil.rmtree(tmp_path / "schema")


def test_the_files_are_json_schema() -> None:
    Draft202012Validator.check_schema(EVENT.schema)
    Draft202012Validator.check_schema(DELIVERY)


@pytest.mark.parametrize("type", PAYLOADS)
def test_real_events_are_valid(type: str) -> None:
    EVENT.validate(wire_event(type))
    EVENT.validate(wire_event(type, later="fields are allowed"))


@pytest.mark.parametrize(
    ("type", "changes"),
    [
        ("button.press", {"v": 2}),
        ("button.press", {"dev": "Not A Slug"}),
        ("button.press", {"seq": 0}),
        ("button.press", {"tq": "guess"}),
        ("button.press", {"type": "button.melted"}),
        ("button.press", {"data": {"button": 4, "rating": 4}}),
        ("button.press", {"data": {**DATA["button.press"], "rating": 12}}),
        ("contact.end", {"data": {"source": "presence", "dwell_s": -1}}),
        ("device.dropped", {"data": {"ranges": [], "reason": "outbox-full"}}),
        ("button.press", {"stream": ...}),
    ],
)
def test_schema_and_decoder_refuse_the_same(type: str, changes: dict[str, Any]) -> None:
    with pytest.raises(BadEvent):
        decode_event(wire(type, **changes))
    with pytest.raises(ValidationError):
        EVENT.validate(wire_event(type, **changes))


def test_an_ack_is_valid() -> None:
    validator = Draft202012Validator({**DELIVERY, "$ref": "#/$defs/Ack"})
    ack = json.loads(encode(Ack(stream="5f1e2d3c4b5a6978", upto=4, missing=[(6, 7)], now=1)))
    validator.validate(ack)
    with pytest.raises(ValidationError):
        validator.validate({**ack, "window": 0})
