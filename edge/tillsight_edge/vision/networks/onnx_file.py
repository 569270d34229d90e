"""What an ONNX file declares, read without the onnx package: enough to refuse it before a runtime sees it."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import TypeAlias

from ..errors import BadModel

Message: TypeAlias = Mapping[int, str]
"""Fields that hold a message, by their number in onnx.proto, and which message it is."""

MESSAGES: dict[str, Message] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
GRAPH_FIELD, DIMS_FIELD, TENSOR_NAME_FIELD = 7, 1, 8
EXTERNAL_DATA_FIELD, DATA_LOCATION_FIELD = 13, 14
VARINT, EIGHT_BYTES, PREFIXED, FOUR_BYTES = 0, 1, 2, 5
DEEPEST = 40
VALUES_PER_BYTE = 4
"""The densest element type has two bits."""


class _Broken(Exception):
    """The bytes are no protocol buffer."""


def check_onnx_file(data: bytes) -> None:
    """Nothing where the file is a network whose constants all lie in it; else BadModel."""
    try:
        _check(memoryview(data), "model", 0)
        has_graph = any(number == GRAPH_FIELD for number, _ in _fields(memoryview(data)))
    except _Broken as broken:
        raise BadModel(f"not an ONNX network: {broken}") from None
    if not has_graph:
        raise BadModel("not an ONNX network: it has no graph")


def _check(data: memoryview, kind: str, depth: int) -> None:
    if depth > DEEPEST:
        raise _Broken("too deeply nested")
    if kind == "tensor":
        _check_tensor(data)
        return
    inner = MESSAGES[kind]
    for number, value in _fields(data):
        if number in inner and isinstance(value, memoryview):
            _check(value, inner[number], depth + 1)


def _check_tensor(data: memoryview) -> None:
    """Its values are in this file, and so has room for them."""
    dims: list[int] = []
    name, outside = "", False
    for number, value in _fields(data):
        if number == DIMS_FIELD:
            dims += [value] if isinstance(value, int) else _packed(value)
        elif number == TENSOR_NAME_FIELD and isinstance(value, memoryview):
            name = bytes(value[:80]).decode("utf-8", "replace")
        elif number == EXTERNAL_DATA_FIELD or (number == DATA_LOCATION_FIELD and value):
            outside = True
    if outside:
        raise BadModel(f"constant {name!r}: lies outside the file, should be inside")
    if prod(dims) > VALUES_PER_BYTE * len(data):
        shape = ",".join(map(str, dims))
        raise BadModel(f"constant {name!r}: has shape [{shape}], for which the file has no room")


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(number, value) of each field: numbers, or the bytes of what is longer."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == PREFIXED:
            length, at = _varint(data, at)
        elif wire in (EIGHT_BYTES, FOUR_BYTES):
            length = 8 if wire == EIGHT_BYTES else 4
        else:
            raise _Broken(f"a field of kind {wire}")
        if at + length > len(data):
            raise _Broken("it ends in the middle of a field")
        yield number, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """The number at a place, seven bits a byte, lowest first; and the place after it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise _Broken("it ends in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _Broken("a number of more than ten bytes")


def _packed(data: memoryview) -> list[int]:
    values, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        values.append(value)
    return values
