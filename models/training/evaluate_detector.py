"""Measures our detectors beside well-known ones on the same images, with numpy, OpenCV and ONNX Runtime only.

`python models/training/evaluate_detector.py --data DIR --references DIR --json OUT --markdown OUT`
"""

import argparse
import importlib.util
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from detection_metrics import Curve, Floats, Image, Judged, curve, decode, letterbox, suppress
from detector_data import Boxes, boxes_of, entries

WEIGHTS = Path(__file__).resolve().parents[1] / "tillsight_models" / "weights"
PERSON, FACE = 0, 1
SCENES = ("street", "cctv", "coco")
SMALL_CANVAS = (160, 128)
NOTHING = np.zeros((0, 5), np.float32)

Find = Callable[[Image], tuple[Floats, Floats]]
"""Persons and faces of an image, [N, 5] each in its pixels, with their scores."""


@dataclass(frozen=True)
class Detector:
    """One detector to be measured, and what it looks for."""

    name: str
    file: Path
    find: Find
    kinds: tuple[int, ...]


@dataclass(frozen=True)
class Sample:
    """An image with its boxes of (person, face) and its scale in a canvas of 320 x 256 pixels."""

    source: str
    image: Image
    boxes: tuple[Boxes, Boxes]
    scale: float


@dataclass(frozen=True)
class Measure:
    """A column of the table: boxes lower than `least` pixels in a canvas of 320 x 256 do not count."""

    name: str
    kind: int
    sources: tuple[str, ...]
    least: float


MEASURES = (
    Measure("person street", PERSON, ("street",), 16),
    Measure("person cctv", PERSON, ("cctv",), 16),
    Measure("person portrait", PERSON, ("portrait",), 16),
    Measure("person coco", PERSON, ("coco",), 16),
    Measure("face portrait", FACE, ("portrait",), 16),
    Measure("face scenes 16 px", FACE, SCENES, 16),
    Measure("face scenes 8 px", FACE, SCENES, 8),
)


def ours(path: Path, size: tuple[int, int], kinds: tuple[int, ...]) -> Find:
    """Our network on a canvas of (width, height)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def find(image: Image) -> tuple[Floats, Floats]:
        canvas, scale = letterbox(image, *size)
        outputs = [output[0] for output in session.run(None, {"image": canvas[None]})]
        found = [NOTHING, NOTHING]
        for index, kind in enumerate(kinds):
            boxes = decode(outputs[0::2], outputs[1::2], index)
            boxes[:, :4] /= scale
            found[kind] = boxes
        return found[PERSON], found[FACE]

    return find


def on_both(first: Find, second: Find) -> Find:
    """Faces of two canvases together: a small one for faces that fill the picture."""

    def find(image: Image) -> tuple[Floats, Floats]:
        return NOTHING, suppress(np.concatenate([first(image)[FACE], second(image)[FACE]]))

    return find


def our_detectors(weights: Path, canvas: tuple[int, int]) -> list[Detector]:
    """Those of our networks whose files are there."""
    persons, faces = weights / "persons.onnx", weights / "faces.onnx"
    found = []
    if persons.exists():
        find = ours(persons, (320, 256), (PERSON, FACE))
        found.append(Detector("tillsight persons 320x256", persons, find, (PERSON, FACE)))
    if faces.exists():
        large, small = ours(faces, canvas, (FACE,)), ours(faces, SMALL_CANVAS, (FACE,))
        name = f"tillsight faces {canvas[0]}x{canvas[1]}"
        found.append(Detector(name, faces, large, (FACE,)))
        found.append(Detector(f"{name} and 160x128", faces, on_both(large, small), (FACE,)))
    return found


def reference_detectors(folder: Path) -> list[Detector]:
    """Detectors of others with the decoders that lie beside them, none when the folder is not there."""
    specification = importlib.util.spec_from_file_location("decode", folder / "decode.py")
    if not (folder / "decode.py").exists() or specification is None or specification.loader is None:
        return []
    decoders: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(decoders)

    def persons(find: Any) -> Find:
        return lambda image: (np.asarray(find(image, 0.02), np.float32), NOTHING)

    def faces(find: Any) -> Find:
        return lambda image: (NOTHING, np.asarray(find(image, 0.02), np.float32))

    people, heads = (PERSON,), (FACE,)
    return [
        Detector("YOLOX-nano 416", folder / "yolox_nano_bi.onnx", persons(decoders.YoloX()), people),
        Detector("NanoDet-m 416", folder / "nanodet_m.onnx", persons(decoders.NanoDet()), people),
        Detector("FastestDet 352", folder / "FastestDet.onnx", persons(decoders.FastestDet()), people),
        Detector("YuNet-n 320x256", folder / "yunet_n_dynamic.onnx", faces(decoders.YuNet(320, 256)), heads),
        Detector("YuNet-n 640x512", folder / "yunet_n_dynamic.onnx", faces(decoders.YuNet(640, 512)), heads),
        Detector("UltraFace RFB-320", folder / "version-RFB-320.onnx", faces(decoders.RFB()), heads),
    ]


def load(folder: Path, split: str) -> list[Sample]:
    """The images of one split; people in `coco` were marked by hand and no teacher's box is added to them."""
    samples = []
    for entry in entries(folder, split):
        image = cv2.imread(str(folder / "images" / str(entry["file"])), cv2.IMREAD_COLOR)
        if image is None:
            raise SystemExit(f"{folder / 'images' / str(entry['file'])}: not an image that OpenCV can read")
        persons, faces = boxes_of(entry)
        if entry.get("person_gt") is not None:
            persons = Boxes(persons.sure, NOTHING[:, :4])
        scale = min(320 / image.shape[1], 256 / image.shape[0])
        source = str(entry["file"]).split("/")[0]
        samples.append(Sample(source, np.asarray(image, np.uint8), (persons, faces), scale))
    return samples


def judged(found: Floats, sample: Sample, measure: Measure) -> Judged:
    """Findings of one image beside the boxes that count."""
    boxes = sample.boxes[measure.kind]
    high = (boxes.sure[:, 3] - boxes.sure[:, 1]) * sample.scale >= measure.least
    return Judged(found, boxes.sure[high], np.concatenate([boxes.unsure, boxes.sure[~high]]))


def curves(
    detector: Detector, samples: Sequence[Sample], found: list[tuple[Floats, Floats]]
) -> dict[str, Curve]:
    """Precision and recall of each measure that this detector can be held to."""
    return {
        measure.name: curve(
            [
                judged(each[measure.kind], sample, measure)
                for each, sample in zip(found, samples, strict=True)
                if sample.source in measure.sources
            ]
        )
        for measure in MEASURES
        if measure.kind in detector.kinds
    }


def measured(detector: Detector, samples: Sequence[Sample]) -> dict[str, Any]:
    """AP50 and best F1 (with its score) of each measure, time of a whole call, and the file's size."""
    found, times = [], []
    for sample in samples:
        started = time.perf_counter()
        found.append(detector.find(sample.image))
        times.append((time.perf_counter() - started) * 1000)
    results = curves(detector, samples, found)
    return {
        "detector": detector.name,
        "file_kb": round(detector.file.stat().st_size / 1000),
        "call_ms": round(float(np.quantile(times, 0.1)), 2),
        "ap50": {name: round(each.average_precision, 3) for name, each in results.items()},
        "f1": {name: [round(value, 3) for value in each.best_f1()] for name, each in results.items()},
        "boxes": {name: each.wanted for name, each in results.items()},
    }


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The table of AP50, one line a detector."""
    counts: dict[str, int] = {}
    for row in rows:
        counts |= row["boxes"]
    names = [measure.name for measure in MEASURES]
    heads = [f"{name} ({counts.get(name, 0)})" for name in names]
    lines = [
        "| detector | file, kB | call, ms | " + " | ".join(heads) + " |",
        "|---|" + "---|" * (len(names) + 2),
    ]
    for row in rows:
        values = [f"{row['ap50'][name]:.3f}" if name in row["ap50"] else "-" for name in names]
        lines.append(f"| {row['detector']} | {row['file_kb']} | {row['call_ms']} | {' | '.join(values)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Reads the arguments, measures, writes the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with annotations.json and images/")
    parser.add_argument("--references", type=Path, help="folder with networks of others and decode.py")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of persons.onnx and faces.onnx")
    parser.add_argument(
        "--canvas", type=int, nargs=2, default=(640, 512), help="width and height for faces.onnx"
    )
    parser.add_argument("--split", default="val", help="train or val (default)")
    parser.add_argument("--json", type=Path, help="file to write")
    parser.add_argument("--markdown", type=Path, help="file to write")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    samples = load(arguments.data, arguments.split)
    detectors = our_detectors(arguments.weights, tuple(arguments.canvas))
    if arguments.references is not None:
        detectors += reference_detectors(arguments.references)
    rows = [measured(detector, samples) for detector in detectors]
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    table = as_markdown(rows)
    if arguments.markdown:
        arguments.markdown.write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
