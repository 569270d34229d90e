"""Eight bits instead of floats: a smaller file that answers nearly the same."""

from pathlib import Path

import numpy as np
import pytest
from tests.harness.training import training_module

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("cv2")


def small_network(path: Path) -> None:
    """Faces to one convolution and the mean of its 64 channels."""
    helper, random = onnx.helper, np.random.default_rng(5)
    weights = random.normal(0, 0.1, (64, 16, 16)).astype(np.float32)[:, None]
    steps = [
        helper.make_node("Cast", ["faces"], ["floats"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["floats", "one"], ["pictures"]),
        helper.make_node("Conv", ["pictures", "weights"], ["seen"], kernel_shape=[16, 16], strides=[4, 4]),
        helper.make_node("ReduceMean", ["seen"], ["answers"], axes=[2, 3], keepdims=0),
    ]
    graph = helper.make_graph(
        steps,
        "small",
        [helper.make_tensor_value_info("faces", onnx.TensorProto.UINT8, ["N", 48, 48])],
        [helper.make_tensor_value_info("answers", onnx.TensorProto.FLOAT, ["N", 64])],
        [
            onnx.numpy_helper.from_array(weights, "weights"),
            onnx.numpy_helper.from_array(np.array([1]), "one"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def test_a_quantised_network_is_smaller_and_answers_nearly_the_same(tmp_path: Path) -> None:
    faces = np.random.default_rng(6).integers(0, 256, (70, 48, 48), dtype=np.uint8)
    small_network(tmp_path / "float.onnx")
    training_module("quantise").quantise(tmp_path / "float.onnx", tmp_path / "int8.onnx", faces)
    exact, rounded = (
        onnxruntime.InferenceSession(tmp_path / name).run(None, {"faces": faces})[0]
        for name in ("float.onnx", "int8.onnx")
    )
    assert (tmp_path / "int8.onnx").stat().st_size < 0.5 * (tmp_path / "float.onnx").stat().st_size
    assert np.abs(exact - rounded).max() < 0.05 * np.abs(exact).max()
    assert (exact != rounded).any()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["float.onnx", "int8.onnx"]
