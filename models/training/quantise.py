"""Make a float ONNX network of ours an int8 one, weights per channel, calibrated on faces."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from demographics_data import read_chips
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

QUANTISED = ["Conv", "Add", "AveragePool", "GlobalAveragePool", "Relu"]
BATCH = 64


class FaceReader(CalibrationDataReader):
    """Hands faces to the calibration, 64 at a time."""

    def __init__(self, faces: npt.NDArray[np.uint8]) -> None:
        self.batches: Iterator[npt.NDArray[np.uint8]] = iter(
            [faces[start : start + BATCH] for start in range(0, len(faces), BATCH)]
        )

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        """The next feed, None after the last."""
        batch = next(self.batches, None)
        return None if batch is None else {"faces": batch}


def quantise(source: Path, target: Path, faces: npt.NDArray[np.uint8], narrow: bool = True) -> None:
    """Write `target`, the int8 network of the float network `source`, calibrated on uint8 `faces`.

    `narrow` keeps weights to 7 bits, so that x86 processors without VNNI cannot overflow while adding up.
    """
    prepared = target.with_suffix(".prepared")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(target),
        FaceReader(faces),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=QUANTISED,
        per_channel=True,
        reduce_range=narrow,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={"CalibMovingAverage": True},
    )
    prepared.unlink()
    onnx.checker.check_model(str(target))


def training_images(path: Path) -> npt.NDArray[np.uint8]:
    """The pictures of an npz of faces, or the ones of a zip of chips that are not held out."""
    if path.suffix == ".zip":
        chips = read_chips(path)
        return chips.images[~chips.held_out]
    with np.load(path) as arrays:
        images: npt.NDArray[np.uint8] = arrays["images"]
        return images


def main() -> None:
    """Read the arguments and quantise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="float ONNX file")
    parser.add_argument("target", type=Path, help="int8 ONNX file to write")
    parser.add_argument(
        "--images", type=Path, required=True, help="npz or zip that the network was trained on"
    )
    parser.add_argument("--count", type=int, default=1024, help="how many of them calibrate (default 1024)")
    parser.add_argument("--eight-bit", action="store_true", help="weights of 8 bits instead of 7")
    arguments = parser.parse_args()
    images = training_images(arguments.images)
    rows = np.random.default_rng(0).choice(len(images), arguments.count, replace=False)
    quantise(arguments.source, arguments.target, images[rows], narrow=not arguments.eight_bit)


if __name__ == "__main__":
    main()
