"""The JSON Schema of the wire contract, written from the models: `python -m tillsight_models.schema`."""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from .delivery import Ack, Birth, DeviceState, HubState
from .events import PAYLOADS, VERSION, Envelope

SCHEMA_DIR = Path(__file__).parent / "schema"


def event_schema() -> dict[str, Any]:
    """Schema of one event: the envelope, with `data` by `type`."""
    (envelope, *payloads), parts = msgspec.json.schema_components(
        [Envelope, *PAYLOADS.values()], ref_template="#/$defs/{name}"
    )
    envelope_name = envelope["$ref"].rpartition("/")[2]
    body = parts.pop(envelope_name)
    body["properties"]["v"] = {"const": VERSION}
    body["properties"]["data"] = {"type": "object"}
    body["properties"]["type"] = {"enum": list(PAYLOADS)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tillsight event",
        **{key: body[key] for key in ("description", "type", "properties", "required")},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}},
                "then": {"properties": {"data": payload}},
            }
            for name, payload in zip(PAYLOADS, payloads, strict=True)
        ],
        "$defs": parts,
    }


def delivery_schema() -> dict[str, Any]:
    """Schemas of the messages beside events: `Ack`, `DeviceState`, `Birth`, `HubState`."""
    _, parts = msgspec.json.schema_components(
        [Ack, DeviceState, Birth, HubState], ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tillsight delivery messages",
        "$defs": parts,
    }


def schema_files() -> dict[str, str]:
    """File name to text of every generated schema."""
    schemas = {"event.schema.json": event_schema(), "delivery.schema.json": delivery_schema()}
    return {
        name: json.dumps(_tidied(schema), indent=2, sort_keys=True) + "\n" for name, schema in schemas.items()
    }


def _tidied(part: Any) -> Any:
    """The same with descriptions that are not indented: Python takes that off docstrings from 3.13 on."""
    if isinstance(part, dict):
        return {
            key: inspect.cleandoc(value)
            if key == "description" and isinstance(value, str)
            else _tidied(value)
            for key, value in part.items()
        }
    return [_tidied(item) for item in part] if isinstance(part, list) else part


def main() -> int:
    """Write the schema files into the package."""
    SCHEMA_DIR.mkdir(exist_ok=True)
    for name, text in schema_files().items():
        (SCHEMA_DIR / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
