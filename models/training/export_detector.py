"""Writes a trained detector as ONNX: `python export_detector.py persons CHECKPOINT OUT --data DIR`."""

from __future__ import annotations

import argparse
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import torch
from detection_metrics import letterbox
from detector_data import entries
from detector_net import FACES, PATCH, PERSONS, STRIDES, DetectorNet, Exported, Shape
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

SHAPES: dict[str, tuple[Shape, tuple[int, int]]] = {
    "persons": (PERSONS, (320, 256)),
    "faces": (FACES, (640, 512)),
}
CALIBRATION_IMAGES = 160
BYTES = {"scale": np.array(1, np.float32), "zero_point": np.array(0, np.uint8)}


def export(net: DetectorNet, path: Path, size: tuple[int, int], dynamic: bool) -> None:
    """Writes the float network."""
    names = [f"{kind}_{stride}" for stride in STRIDES for kind in ("scores", "boxes")]
    axes = {name: {1: f"{name}_rows", 2: f"{name}_columns"} for name in names} if dynamic else {}
    axes |= {"patches": {2: "patch_rows", 3: "patch_columns"}} if dynamic else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Exported(net).eval(),
            (torch.zeros(1, PATCH, size[1] // 4, size[0] // 4),),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["patches"],
            output_names=names,
            dynamic_axes=axes,
        )
    take_images(path, ("height", "width") if dynamic else (size[1], size[0]))


def take_images(path: Path, size: tuple[int | str, int | str]) -> None:
    """Puts the cutting into patches before the network, in nodes that need no shape arithmetic."""
    model = onnx.load(str(path))
    graph = model.graph
    for name, shape in {"rows_of_four": [0, 0, -1, 12], "patches_of_four": [0, 0, -1, PATCH]}.items():
        graph.initializer.append(onnx.numpy_helper.from_array(np.array(shape, np.int64), name))
    steps: list[tuple[str, list[str], dict[str, Any]]] = [
        ("Reshape", ["image", "rows_of_four"], {}),  # [1, H, W/4, 12]
        ("Transpose", ["image_1"], {"perm": [0, 2, 1, 3]}),  # [1, W/4, H, 12]
        ("Reshape", ["image_2", "patches_of_four"], {}),  # [1, W/4, H/4, 48]
        ("Transpose", ["image_3"], {"perm": [0, 3, 2, 1]}),  # [1, 48, H/4, W/4]
        ("Cast", ["image_4"], {"to": onnx.TensorProto.FLOAT}),
    ]
    for number, (kind, inputs, attributes) in enumerate(steps, 1):
        output = "patches" if number == len(steps) else f"image_{number}"
        node = onnx.helper.make_node(kind, inputs, [output], f"cut_{number}", **attributes)
        graph.node.insert(number - 1, node)
    graph.input.remove(graph.input[0])
    graph.input.insert(0, onnx.helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, [1, *size, 3]))
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


class ImageReader(CalibrationDataReader):  # type: ignore[misc]
    """Hands letterboxed training images to the calibration, one at a time."""

    def __init__(self, folder: Path, size: tuple[int, int], count: int) -> None:
        rows = entries(folder, "train")
        chosen = np.random.default_rng(0).permutation(len(rows))[:count]
        self.feeds: Iterator[npt.NDArray[np.uint8]] = (
            self._read(folder / "images" / str(rows[row]["file"]), size) for row in chosen
        )

    @staticmethod
    def _read(path: Path, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise SystemExit(f"{path}: not an image that OpenCV can read")
        return letterbox(np.asarray(image, np.uint8), *size)[0][None]

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        """The next feed, None after the last."""
        image = next(self.feeds, None)
        return None if image is None else {"image": image}


def quantise(source: Path, target: Path, reader: ImageReader) -> None:
    """Writes the int8 network of a float one; weights of 7 bits, as processors without VNNI need them."""
    prepared = target.with_suffix(".prepared")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(target),
        reader,
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Relu", "Add", "Resize"],
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=last_layers(prepared),
        extra_options={"CalibMovingAverage": True, "TensorQuantOverrides": {"patches": [BYTES]}},
    )
    prepared.unlink()
    take_pixels_as_they_are(target)


def last_layers(path: Path) -> list[str]:
    """Convolutions whose output is a score or a distance: in 8 bits no score would be above one half."""
    graph = onnx.load(str(path)).graph
    ends = {node.input[0] for node in graph.node if node.op_type in ("Sigmoid", "Clip")}
    return [node.name for node in graph.node if node.op_type == "Conv" and node.output[0] in ends]


def take_pixels_as_they_are(path: Path) -> None:
    """Pixels are bytes already: drops the cast to float and the quantisation back."""
    model = onnx.load(str(path))
    nodes = {output: node for node in model.graph.node for output in node.output}
    for node in list(model.graph.node):
        cast = nodes.get(node.input[0])
        if node.op_type != "QuantizeLinear" or cast is None or cast.op_type != "Cast":
            continue
        for user in model.graph.node:
            user.input[:] = [cast.input[0] if name == node.output[0] else name for name in user.input]
        model.graph.node.remove(node)
        model.graph.node.remove(cast)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def main() -> None:
    """Reads the arguments and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=sorted(SHAPES))
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path, help="ONNX file to write")
    parser.add_argument(
        "--data", type=Path, help="folder of training images that calibrate; without it, no int8"
    )
    arguments = parser.parse_args()
    shape, size = SHAPES[arguments.model]
    net = DetectorNet(shape)
    net.load_state_dict(torch.load(arguments.checkpoint, weights_only=True)["average"])
    if arguments.data is None:
        export(net.eval(), arguments.out, size, dynamic=arguments.model == "faces")
        return
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "float.onnx"
        export(net.eval(), whole, size, dynamic=arguments.model == "faces")
        quantise(whole, arguments.out, ImageReader(arguments.data, size, CALIBRATION_IMAGES))


if __name__ == "__main__":
    main()
