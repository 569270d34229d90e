"""Small ONNX networks with the inputs and outputs of real ones, and random weights or none at all."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from tillsight_edge.vision.networks.registry import Model, sha256
from tillsight_models.manifest import ModelEntry

FLOAT, BYTE = TensorProto.FLOAT, TensorProto.UINT8
FERPLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
AGE_BANDS = ("under-18", "18-29", "30-44", "45-59", "60+")
STRIDES = (8, 16, 32)

Shape = Sequence[int | str]
Array = npt.NDArray[np.generic]


class Graph:
    """A network in the making: each step takes the name of a value and returns that of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: Array | Sequence[int]) -> str:
        name = f"c{len(self.constants)}"
        array = values if isinstance(values, np.ndarray) else np.array(values, np.int64)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def step(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def network(
        self, taken: tuple[str, int, Shape], given: dict[str, Shape], given_type: int = FLOAT
    ) -> bytes:
        """The file; `taken` is name, type and shape of the input, names in shapes are open sizes."""
        graph = helper.make_graph(
            self.nodes,
            "made",
            [helper.make_tensor_value_info(*taken)],
            [helper.make_tensor_value_info(name, given_type, shape) for name, shape in given.items()],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        return bytes(model.SerializeToString())


def boxes_network(
    width: int = 320,
    height: int = 256,
    classes: int = 2,
    *,
    spots: dict[tuple[int, int, int, int], float] | None = None,
) -> bytes:
    """Like `persons.onnx`: says the same of every picture.

    `spots` gives scores by (stride, row, column, class); each box there reaches 2 strides to all four sides.
    """
    graph = Graph()
    floats = graph.step("Cast", "image", to=FLOAT)
    nothing = graph.step(
        "Mul",
        graph.step("ReduceMean", floats, axes=[1, 2, 3], keepdims=0),
        graph.constant(np.zeros(1, np.float32)),
    )
    given: dict[str, Shape] = {}
    for stride in STRIDES:
        scores = np.full((1, height // stride, width // stride, classes), 0.01, np.float32)
        for (at, row, column, kind), score in (spots or {}).items():
            if at == stride:
                scores[0, row, column, kind] = score
        sides = np.full((*scores.shape, 4), 2.0 * stride, np.float32)
        for name, values in ((f"scores_{stride}", scores), (f"boxes_{stride}", sides)):
            graph.step("Add", graph.constant(values), nothing, output=name)
            given[name] = values.shape
    return graph.network(("image", BYTE, [1, height, width, 3]), given)


def any_size_boxes_network(classes: int = 1) -> bytes:
    """Like `faces.onnx`: of any height and width; what is bright is a face."""
    graph = Graph()
    planes = graph.step("Transpose", graph.step("Cast", "image", to=FLOAT), perm=[0, 3, 1, 2])
    grey = graph.step("ReduceMean", planes, axes=[1], keepdims=1)
    given: dict[str, Shape] = {}
    for stride in STRIDES:
        square = [stride, stride]
        mean = graph.step("AveragePool", grey, kernel_shape=square, strides=square)
        share = graph.step("Div", mean, graph.constant(np.array(300, np.float32)))
        scores = graph.step("Concat", *[share] * classes, axis=1)
        graph.step("Transpose", scores, perm=[0, 2, 3, 1], output=f"scores_{stride}")
        rows = graph.step("Unsqueeze", f"scores_{stride}", graph.constant([4]))
        four = graph.step("Concat", *[rows] * 4, axis=4)
        nothing = graph.step("Mul", four, graph.constant(np.zeros(1, np.float32)))
        graph.step(
            "Add", nothing, graph.constant(np.array([stride / 2], np.float32)), output=f"boxes_{stride}"
        )
        given[f"scores_{stride}"] = [1, f"h{stride}", f"w{stride}", classes]
        given[f"boxes_{stride}"] = [1, f"h{stride}", f"w{stride}", classes, 4]
    return graph.network(("image", BYTE, [1, "height", "width", 3]), given)


def emotion_network(side: int = 48, classes: int = 8) -> bytes:
    """Like `emotion.onnx`: a random linear layer and softmax."""
    graph = Graph()
    return _linear(
        graph, graph.step("Cast", "faces", to=FLOAT), side * side, classes, "probabilities"
    ).network(("faces", BYTE, ["N", side, side]), {"probabilities": ["N", classes]})


def demographics_network(side: int = 64) -> bytes:
    """Like `demographics.onnx`."""
    graph = Graph()
    floats = graph.step("Cast", "faces", to=FLOAT)
    _linear(graph, floats, side * side * 3, len(AGE_BANDS), "age_band")
    _linear(graph, floats, side * side * 3, 2, "gender")
    return graph.network(
        ("faces", BYTE, ["N", side, side, 3]), {"age_band": ["N", len(AGE_BANDS)], "gender": ["N", 2]}
    )


def hsemotion_network(side: int = 224, values: int = 8, batch: int | str = "batch") -> bytes:
    """Like HSEmotion's: planes of colours in, logits out. The picture is made small first."""
    graph = Graph()
    small = graph.step("AveragePool", "input", kernel_shape=[32, 32], strides=[32, 32])
    inner = 3 * (side // 32) ** 2
    flat = graph.step("Reshape", small, graph.constant([0, inner]))
    graph.step("MatMul", flat, graph.constant(_random(inner, values)), output="output")
    return graph.network(("input", FLOAT, [batch, 3, side, side]), {"output": [batch, values]})


def mini_xception_network() -> bytes:
    """Like mini_XCEPTION brought to ONNX: one plane of 64 pixels in, probabilities out."""
    graph = Graph()
    return _linear(graph, "x", 64 * 64, 7, "p").network(("x", FLOAT, ["b", 1, 64, 64]), {"p": ["b", 7]})


def deepface_network(seed: int = 1) -> bytes:
    """deepface's emotion network, layer by layer, with random weights: 1.49 million of them.

    Channels come last in its input and nothing is padded.
    """
    rng = np.random.default_rng(seed)
    graph = Graph()
    value = graph.step("Transpose", "input", perm=[0, 3, 1, 2])
    value = _convolution(graph, rng, value, 1, 64, 5)
    value = graph.step("MaxPool", value, kernel_shape=[5, 5], strides=[2, 2])
    for inputs, outputs in ((64, 64), (64, 128)):
        value = _convolution(graph, rng, value, inputs, outputs, 3)
        value = _convolution(graph, rng, value, outputs, outputs, 3)
        value = graph.step("AveragePool", value, kernel_shape=[3, 3], strides=[2, 2])
    value = graph.step("Flatten", value, axis=1)
    for inputs, outputs in ((128, 1024), (1024, 1024), (1024, 7)):
        spread = 8 if outputs == 7 else 1  # so that its answers differ
        weights = (spread * rng.standard_normal((inputs, outputs)) / np.sqrt(inputs)).astype(np.float32)
        bias = np.zeros(outputs, np.float32)
        value = graph.step("Gemm", value, graph.constant(weights), graph.constant(bias))
        value = graph.step("Relu", value) if outputs == 1024 else value
    graph.step("Softmax", value, axis=1, output="output")
    return graph.network(("input", FLOAT, ["batch", 48, 48, 1]), {"output": ["batch", 7]})


def yunet_network(width: int = 64, height: int = 64, face: tuple[int, int, int] | None = None) -> bytes:
    """Like YuNet: nothing, or one `face` at (stride, row, column), two strides wide and high."""
    graph = Graph()
    nothing = _nothing(graph, "input")
    given: dict[str, Shape] = {}
    for stride in STRIDES:
        rows, columns = height // stride, width // stride
        seen = np.zeros((1, rows * columns, 1), np.float32)
        boxes = np.zeros((1, rows * columns, 4), np.float32)
        boxes[0, :, :2], boxes[0, :, 2:] = 0.5, np.log(2)
        if face and face[0] == stride:
            seen[0, face[1] * columns + face[2]] = 0.81
        for kind, values in (("cls", seen), ("obj", seen), ("bbox", boxes)):
            graph.step("Add", graph.constant(values), nothing, output=f"{kind}_{stride}")
            given[f"{kind}_{stride}"] = values.shape
    return graph.network(("input", FLOAT, [1, 3, height, width]), given)


def yolox_network(side: int = 64, person: tuple[int, float] | None = None) -> bytes:
    """Like YOLOX: nothing, or one `person` in a cell (number, score), four cells wide and high."""
    graph = Graph()
    nothing = _nothing(graph, "images")
    cells = sum((side // stride) ** 2 for stride in STRIDES)
    rows = np.zeros((1, cells, 85), np.float32)
    rows[0, :, :2], rows[0, :, 2:4] = 0.5, np.log(4)
    if person:
        rows[0, person[0], 4], rows[0, person[0], 5] = person[1], 1.0
    graph.step("Add", graph.constant(rows), nothing, output="output")
    return graph.network(("images", FLOAT, [1, 3, side, side]), {"output": rows.shape})


def hungry_network(values: int) -> bytes:
    """Like `emotion.onnx`, but makes a tensor of so many values on its way."""
    graph = Graph()
    huge = graph.step("ConstantOfShape", graph.constant([values]))
    total = graph.step("ReduceSum", huge, keepdims=0)
    floats = graph.step("Add", graph.step("Cast", "faces", to=FLOAT), total)
    return _linear(graph, floats, 48 * 48, 8, "probabilities").network(
        ("faces", BYTE, ["N", 48, 48]), {"probabilities": ["N", 8]}
    )


def model_in(folder: Path, data: bytes, **fields: object) -> Model:
    """A model file as if it had been imported; the fields of its entry are those of emotion unless given."""
    name = str(fields.pop("name", "made"))
    values = {
        "name": name,
        "file": f"{name}.onnx",
        "sha256": sha256(data),
        "task": "emotion",
        "input": [0, 48, 48],
        "classes": FERPLUS,
        "licence": "none needed",
        "source": "made by a test",
    }
    (folder / f"{name}.onnx").write_bytes(data)
    return Model(ModelEntry.model_validate({**values, **fields}), folder, shipped=False)


def boxes_model(folder: Path, data: bytes, **fields: object) -> Model:
    """The same for detectors like ours."""
    return model_in(
        folder,
        data,
        **{"task": "persons", "input": [1, 256, 320, 3], "classes": ["person", "face"], **fields},
    )


def _linear(graph: Graph, value: str, inputs: int, outputs: int, name: str) -> Graph:
    flat = graph.step("Reshape", value, graph.constant([0, inputs]))
    logits = graph.step("MatMul", flat, graph.constant(_random(inputs, outputs)))
    graph.step("Softmax", logits, axis=1, output=name)
    return graph


def _convolution(
    graph: Graph, rng: np.random.Generator, value: str, inputs: int, outputs: int, size: int
) -> str:
    deviation = np.sqrt(2 / (inputs * size * size))
    weights = (rng.standard_normal((outputs, inputs, size, size)) * deviation).astype(np.float32)
    bias = np.zeros(outputs, np.float32)
    return graph.step("Relu", graph.step("Conv", value, graph.constant(weights), graph.constant(bias)))


def _nothing(graph: Graph, value: str) -> str:
    """A zero that depends on the input."""
    mean = graph.step("ReduceMean", value, axes=[1, 2, 3], keepdims=0)
    return graph.step("Mul", mean, graph.constant(np.zeros(1, np.float32)))


def _random(inputs: int, outputs: int) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(inputs + outputs)
    weights = rng.standard_normal((inputs, outputs)) / (16 * np.sqrt(inputs))
    return np.asarray(weights, np.float32)
