"""Configuration files: one TOML each, read into frozen models, every problem told in one line."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import BadConfig
from .problems import Problem, said


class Settings(BaseModel):
    """A section of a configuration file: frozen, and an unknown key is a problem, not a surprise."""

    model_config = ConfigDict(frozen=True, extra="forbid")


AnySettings = TypeVar("AnySettings", bound=Settings)


def load_settings(path: Path, model: type[AnySettings]) -> AnySettings:
    """The settings in a TOML file; BadConfig has one line a problem: `panel.cooldown_s: -1: should ...`."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig([f"{path}: {error.strerror or error}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig([f"{path}: not TOML: {error}"]) from error
    return read_settings(values, model)


def read_settings(values: dict[str, Any], model: type[AnySettings]) -> AnySettings:
    """The settings in a dict, as `load_settings`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise BadConfig([problem_of(item) for item in error.errors()]) from error


def setting_names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every setting of a model as `section.key`, or `section.NAME.key` of sections that have names."""
    for name, field in model.model_fields.items():
        inner, named = _section(field.annotation)
        if inner is None:
            yield f"{prefix}{name}"
        else:
            yield from setting_names(inner, f"{prefix}{name}.{'NAME.' if named else ''}")


def _section(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model of a section, of an optional section, or of sections by name (then True); None of a value."""
    candidates = (annotation, *get_args(annotation))
    models = [one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)]
    return (models[0] if models else None), get_origin(annotation) is dict


_KEYS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "greater_than_equal": ("at_least", {"least": "ge"}),
    "greater_than": ("above", {"least": "gt"}),
    "less_than_equal": ("at_most", {"most": "le"}),
    "less_than": ("below", {"most": "lt"}),
    "string_too_short": ("text_short", {"least": "min_length"}),
    "string_too_long": ("text_long", {"most": "max_length"}),
    "literal_error": ("one_of", {"known": "expected"}),
    "enum": ("one_of", {"known": "expected"}),
    "int_parsing": ("whole", {}),
    "int_type": ("whole", {}),
    "int_from_float": ("whole", {}),
    "float_parsing": ("number", {}),
    "float_type": ("number", {}),
    "date_from_datetime_parsing": ("day", {}),
    "date_parsing": ("day", {}),
}
"""By type of a refusal: the key of what is said, and where its values are."""


def problem_of(item: Any, skip: int = 0) -> Problem:
    """One refusal of a model; `skip` leaves out so many parts of where it is."""
    where = ".".join(str(part) for part in item["loc"][skip:]) or (
        str(item["loc"][0]) if item["loc"] else "file"
    )
    if item["type"] == "missing":
        return said("missing", where)
    if item["type"] == "extra_forbidden":
        return said("no_setting", where)
    message = item["msg"].removeprefix("Input ").removeprefix("Value error, ")
    key, names = _KEYS.get(item["type"], ("not_right", {}))
    context = item.get("ctx", {})
    values = {name: context.get(of, "") for name, of in names.items()}
    given = f"{item['input']!r:.80}"
    return Problem(f"{where}: {given}: {message}", key, where, given=given, **values)
