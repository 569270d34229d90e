"""Surveys as TOML files: our own to begin with, and everybody's to keep and to send."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tillsight_models.problems import Problem, said
from tillsight_models.surveys import Survey

from .errors import BadSurvey
from .surveys import checked_fields

FOLDER = Path(__file__).parent / "templates"
TEMPLATES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
LARGEST = 200_000
"""Characters of a file."""


def template(name: str) -> dict[str, Any]:
    """A survey of ours; KeyError where there is none of this name."""
    if name not in TEMPLATES:
        raise KeyError(name)
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def from_text(text: str) -> Survey:
    """A survey in TOML or JSON whose fields are of their types; BadSurvey says what is wrong."""
    if len(text) > LARGEST:
        raise BadSurvey([said("too_long", has=len(text), most=LARGEST)])
    is_json = text.lstrip().startswith("{")
    try:
        values = json.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        form = "JSON" if is_json else "TOML"
        raise BadSurvey([Problem(f"not {form}: {error}", "not_readable", form=form)]) from error
    return checked_fields(values)


def as_toml(survey: Survey) -> str:
    """A file that `from_text` reads as this survey; what is as usual is left out."""
    values = {**_told(survey), "questions": None}
    lines = [f"{name} = {_value(value)}" for name, value in values.items() if value is not None]
    for question in survey.questions:
        lines += ["", "[[questions]]"]
        lines += [f"{name} = {_value(value)}" for name, value in _told(question).items()]
    return "\n".join(lines) + "\n"


def _told(struct: msgspec.Struct) -> dict[str, Any]:
    """Its fields as plain values, but for those that are as usual."""
    values: dict[str, Any] = msgspec.to_builtins(struct)
    usual: dict[str, Any] = {}
    for each in msgspec.structs.fields(struct):
        default = each.default_factory() if callable(each.default_factory) else each.default
        usual[each.encode_name] = None if default is msgspec.NODEFAULT else msgspec.to_builtins(default)
    return {name: value for name, value in values.items() if value is not None and value != usual[name]}


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }" if value else "{}"
    items = [_value(each) for each in value]
    if len(", ".join(items)) > 90 and all(isinstance(each, Mapping) for each in value):
        return "[\n  " + ",\n  ".join(items) + ",\n]"
    return f"[{', '.join(items)}]"


def _pairs(value: Mapping[str, Any]) -> Iterator[str]:
    for name, each in value.items():
        if each is not None and each not in ([], {}):
            yield f"{name if _is_bare(name) else _text(name)} = {_value(each)}"


def _is_bare(name: str) -> bool:
    return name.replace("-", "").replace("_", "").isalnum() and name.isascii()


def _text(text: str) -> str:
    """A basic string of TOML; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
