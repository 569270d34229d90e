"""Reading what an ONNX file declares: the real package writes, ours reads."""

import random

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.harness.networks import boxes_network, deepface_network, emotion_network

from tillsight_edge.vision.errors import BadModel
from tillsight_edge.vision.networks.onnx_file import check_onnx_file


def with_constant(change: str) -> bytes:
    """A network whose one constant lies elsewhere, or claims to be larger than the file."""
    model = onnx.load_from_string(emotion_network())
    tensor = model.graph.initializer[1]
    if change == "elsewhere":
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "/etc/passwd"
    elif change == "huge":
        tensor.dims[:] = [1 << 20, 1 << 20]
    return bytes(model.SerializeToString())


@pytest.mark.parametrize("data", [emotion_network(), deepface_network(), boxes_network()])
def test_networks_are_taken(data: bytes) -> None:
    check_onnx_file(data)


def test_a_constant_outside_the_file_is_refused() -> None:
    with pytest.raises(BadModel, match=r"^constant 'c1': lies outside the file, should be inside$"):
        check_onnx_file(with_constant("elsewhere"))


def test_a_constant_larger_than_the_file_is_refused() -> None:
    with pytest.raises(BadModel, match=r"^constant 'c1': has shape \[1048576,1048576\], for which"):
        check_onnx_file(with_constant("huge"))


def test_constants_inside_branches_are_looked_at_too() -> None:
    tensor = numpy_helper.from_array(np.zeros(4, np.float32), "hidden")
    tensor.data_location = TensorProto.EXTERNAL
    inner = helper.make_graph([helper.make_node("Constant", [], ["y"], value=tensor)], "inner", [], [])
    outer = helper.make_graph([helper.make_node("If", ["x"], ["y"], then_branch=inner)], "outer", [], [])
    with pytest.raises(BadModel, match="'hidden': lies outside"):
        check_onnx_file(helper.make_model(outer).SerializeToString())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it has no graph"),
        (b"\x08\x08", "it has no graph"),
        (b"this is no network at all", "not an ONNX network: "),
        (b"\xff" * 40, "a number of more than ten bytes"),
        (b"\x3a\x7f", "it ends in the middle of a field"),
        (b"\x3a", "it ends in the middle of a number"),
        (emotion_network()[:-100], "it ends in the middle of a field"),
        (b"PK\x03\x04 a zip", "not an ONNX network: "),
    ],
)
def test_what_is_no_network_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadModel) as caught:
        check_onnx_file(data)
    assert words in str(caught.value)


def test_deep_nesting_is_refused() -> None:
    data = b""
    for _ in range(60):  # a graph in an attribute in a node in a graph
        for tag in (0x32, 0x2A, 0x0A):
            size = len(data)
            data = (
                bytes([tag]) + (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + data
            )
    with pytest.raises(BadModel, match="too deeply nested"):
        check_onnx_file(b"\x3a" + bytes([len(data) & 127 | 128, len(data) >> 7]) + data)


def test_no_damage_makes_anything_but_a_bad_model() -> None:
    rng = random.Random(4)
    whole = emotion_network(side=8)
    refused = 0
    for _ in range(400):
        data = bytearray(whole[: rng.randrange(1, len(whole))] if rng.random() < 0.5 else whole)
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(min(len(data), 400))] = rng.randrange(256)
        try:
            check_onnx_file(bytes(data))
        except BadModel as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 150
