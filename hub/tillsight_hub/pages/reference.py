"""The reference of the API, read from its own OpenAPI document: what the page `/docs` lists."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
"""OpenAPI 3.1, or a part of it."""
Words = Sequence[tuple[str, bool]]
"""Text in pieces, and whether each is code."""
Kind = Sequence[tuple[str, str]]
"""A type in pieces: text, and the shape that it names or nothing."""

LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "length ≥ {}",
    "maxLength": "length ≤ {}",
    "minItems": "items ≥ {}",
    "maxItems": "items ≤ {}",
    "pattern": "{}",
}


@dataclass(frozen=True)
class Entry:
    """A parameter of a route or a field of a shape."""

    name: str
    where: str
    """`path`, `query`, `header`; empty for a field."""
    kind: Kind
    limits: str
    is_required: bool
    default: str
    """As JSON says it; empty where there is none."""
    about: Words


@dataclass(frozen=True)
class Content:
    """What is sent or answered."""

    status: str
    """Of an answer; empty for what is sent."""
    media: str
    kind: Kind
    about: Words


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    anchor: str
    method: str
    path: str
    summary: str
    about: Sequence[Words]
    """Its paragraphs."""
    roles: Sequence[str]
    """Who may use it; empty for everybody."""
    entries: Sequence[Entry]
    sent: Sequence[Content]
    answers: Sequence[Content]

    @property
    def is_plain(self) -> bool:
        """Whether a browser that follows a link asks for it properly."""
        return self.method == "GET" and not any(entry.is_required for entry in self.entries)


@dataclass(frozen=True)
class Shape:
    """A JSON object that routes speak in."""

    anchor: str
    name: str
    about: Sequence[Words]
    entries: Sequence[Entry]
    kind: Kind
    """What it is where it has no fields."""


@dataclass(frozen=True)
class Reference:
    """All of it."""

    groups: Mapping[str, Sequence[Operation]]
    """By tag, in the order of the document."""
    shapes: Sequence[Shape]


def reference_of(document: Document) -> Reference:
    """Everything that the document tells."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            groups.setdefault(told["tags"][0], []).append(_operation(path, method, told))
    shapes = document["components"]["schemas"]
    return Reference(groups, [_shape(name, shapes[name]) for name in sorted(shapes)])


def words(text: str) -> Words:
    """Text with what stands between backticks as code."""
    pieces = re.split(r"`([^`]+)`", " ".join(text.split()))
    return [(piece, bool(number % 2)) for number, piece in enumerate(pieces) if piece]


def kind_of(schema: Document) -> Kind:
    """A type as one line: `string | null`, `[AlertOut]`, `{string: number}`, `"a" | "b"`."""
    return list(_kind(schema))


def _operation(path: str, method: str, told: Document) -> Operation:
    sent = told.get("requestBody", {}).get("content", {})
    return Operation(
        anchor=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        about=_paragraphs(told.get("description", "")),
        roles=_roles(told),
        entries=[_parameter(each) for each in told.get("parameters", ())],
        sent=[Content("", media, kind_of(each.get("schema", {})), ()) for media, each in sent.items()],
        answers=[each for status, answer in told["responses"].items() for each in _answers(status, answer)],
    )


def _roles(told: Document) -> list[str]:
    """Of whichever way of saying who one is."""
    return list(
        dict.fromkeys(role for way in told.get("security", ()) for roles in way.values() for role in roles)
    )


def _parameter(told: Document) -> Entry:
    return _entry(told["name"], told["schema"], told["in"], is_required=told.get("required", False))


def _answers(status: str, told: Document) -> Iterator[Content]:
    about = words(told.get("description", ""))
    for media, each in told.get("content", {"": {}}).items():
        yield Content(status, media, kind_of(each.get("schema", {})) if each else (), about)


def _shape(name: str, schema: Document) -> Shape:
    needed = schema.get("required", ())
    fields = schema.get("properties", {})
    return Shape(
        anchor=name,
        name=_short(name),
        about=_paragraphs(schema.get("description", "")),
        entries=[_entry(field, told, "", is_required=field in needed) for field, told in fields.items()],
        kind=() if fields else kind_of(schema),
    )


def _entry(name: str, schema: Document, where: str, *, is_required: bool) -> Entry:
    default = schema.get("default")
    return Entry(
        name=name,
        where=where,
        kind=kind_of(schema),
        limits=", ".join(_limits(schema)),
        is_required=is_required,
        default="" if default in (None, "", []) else _json(default),
        about=words(schema.get("description", "")),
    )


def _limits(schema: Document) -> Iterator[str]:
    """Its own, and those of what it may be."""
    for name, text in LIMITS.items():
        if name in schema:
            yield text.format(f"{schema[name]:g}" if isinstance(schema[name], float) else schema[name])
    for inner in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from _limits(inner)


def _kind(schema: Document) -> Iterator[tuple[str, str]]:
    match schema:
        case {"$ref": reference}:
            name = reference.rpartition("/")[2]
            yield _short(name), name
        case {"anyOf": choices} | {"oneOf": choices} | {"allOf": choices}:
            yield from _joined(choices, " | ")
        case {"const": value}:
            yield _json(value), ""
        case {"enum": values}:
            yield " | ".join(map(_json, values)), ""
        case {"type": "array", "prefixItems": items}:
            yield from _within("[", _joined(items, ", "), "]")
        case {"type": "array", "items": item}:
            yield from _within("[", _kind(item), "]")
        case {"type": "object", "additionalProperties": dict() as held} if held:
            yield from _within("{string: ", _kind(held), "}")
        case {"type": name}:
            yield str(name), ""
        case _:
            yield "any", ""


def _joined(schemas: Sequence[Document], between: str) -> Iterator[tuple[str, str]]:
    for number, schema in enumerate(schemas):
        if number:
            yield between, ""
        yield from _kind(schema)


def _within(before: str, kind: Iterator[tuple[str, str]], after: str) -> Iterator[tuple[str, str]]:
    yield before, ""
    yield from kind
    yield after, ""


def _paragraphs(text: str) -> list[Words]:
    return [words(part) for part in text.split("\n\n") if part.strip()]


def _short(name: str) -> str:
    """Two shapes of one name have their modules' before it."""
    return ".".join(name.split("__")[-2:])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
