"""Measure emotion networks on labelled faces: one table, ours beside mini_XCEPTION on the same images."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import emotion_scores as scores
import numpy as np
import numpy.typing as npt
import onnxruntime
from demographics_data import BANDS, GENDERS, Chips, band_of, read_chips
from emotion_data import FERPLUS_TO_FER2013, Faces, published_protocol, read_faces

OURS = Path(__file__).parents[1] / "tillsight_models" / "weights" / "emotion.onnx"
MINI_XCEPTION = "mini_xception_102_reimpl.onnx"
# Where the FER2013 classes of mini_XCEPTION stand among those of FER+; it has no contempt.
FER2013_TO_FERPLUS = np.array([4, 5, 6, 1, 3, 2, 0])
# Neutral, happiness, surprise, sadness, anger; the others are too few or unreliable there.
LFW_LIKE_CLASSES = 5
VALENCES = {"negative": -1, "neutral": 0, "positive": 1, "unknown": 2}

Images = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Answers:
    """Probabilities of the eight FER+ classes [N, 8] and the FER2013 class that the network would say [N]."""

    ferplus: Floats
    fer2013: npt.NDArray[np.int64]


def session(path: Path) -> onnxruntime.InferenceSession:
    """One network on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def in_parts(run: Callable[[Images], list[Floats]], images: Images) -> list[Floats]:
    """Outputs for all images, 64 at a time."""
    parts = [run(images[start : start + 64]) for start in range(0, len(images), 64)]
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]


def ours(path: Path, images: Images) -> Answers:
    """Our network on faces [N, 48, 48]; a second output, where it has one, answers in FER2013 terms."""
    network = session(path)
    ferplus, *others = in_parts(lambda faces: network.run(None, {"faces": faces}), images)
    fer2013 = others[0].argmax(1) if others else FERPLUS_TO_FER2013[ferplus.argmax(1)]
    return Answers(ferplus, fer2013)


def mini_xception(path: Path, images: Images) -> Answers:
    """The reference on the same faces, enlarged to 64 px and spread over -1 to 1 as its authors do."""
    network = session(path)
    name = network.get_inputs()[0].name

    def run(faces: Images) -> list[Floats]:
        large = np.stack([cv2.resize(face, (64, 64)) for face in faces]).astype(np.float32)
        return network.run(None, {name: (large[:, None] / 255 - 0.5) * 2})

    (seven,) = in_parts(run, images)
    if seven.min() < 0 or abs(float(seven[0].sum()) - 1) > 1e-3:
        seven = np.exp(seven - seven.max(1, keepdims=True))
        seven /= seven.sum(1, keepdims=True)
    eight = np.zeros((len(images), 8), np.float32)
    eight[:, FER2013_TO_FERPLUS] = seven
    return Answers(eight, seven.argmax(1))


def measured(
    answers: Answers, faces: Faces, valence_threshold: float, smile_threshold: float
) -> dict[str, Any]:
    """All numbers for one network on one part of FER2013."""
    chosen, published = answers.ferplus.argmax(1), published_protocol(faces.votes)
    happy = (chosen == scores.HAPPINESS).astype(np.float32)
    by_class = np.eye(8, dtype=np.float32)[scores.HAPPINESS] * happy[:, None]
    return {
        "FER+ strict majority": scores.accuracy(chosen, faces.strict),
        "FER+ published protocol": scores.accuracy(chosen, published),
        "FER2013 label": scores.accuracy(answers.fer2013, faces.fer2013),
        "FER2013 label, from the FER+ class": scores.accuracy(FERPLUS_TO_FER2013[chosen], faces.fer2013),
        "valence, all": scores.valence_accuracy(answers.ferplus, faces.strict)[0],
        "valence, kept": scores.valence_accuracy(answers.ferplus, faces.strict, valence_threshold),
        "smile by class": scores.smiles(by_class, faces.strict, 0.5),
        "smile by threshold": scores.smiles(answers.ferplus, faces.strict, smile_threshold),
        "calibration error, strict": scores.calibration_error(answers.ferplus, faces.strict),
        "calibration error, published": scores.calibration_error(answers.ferplus, published),
        "recall": scores.recalls(answers.ferplus, faces.strict),
        "valence table": scores.valence_table(answers.ferplus, faces.strict, valence_threshold),
        "smile curve": [
            (limit, *scores.smiles(answers.ferplus, faces.strict, limit))
            for limit in (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8)
        ],
        "abstention": scores.abstention(answers.ferplus, faces.strict),
    }


def lfw_like(
    answers: Answers, truth: npt.NDArray[np.int64], thresholds: tuple[float, float]
) -> dict[str, Any]:
    """The numbers on press photographs; one annotator, so only five classes and the valence."""
    usable = np.where(truth < LFW_LIKE_CLASSES, truth, -1)
    return {
        "LFW-like, five classes": scores.accuracy(answers.ferplus.argmax(1), usable),
        "LFW-like valence, all": scores.valence_accuracy(answers.ferplus, usable)[0],
        "LFW-like valence, kept": scores.valence_accuracy(answers.ferplus, usable, thresholds[0]),
        "LFW-like smile": scores.smiles(answers.ferplus, usable, thresholds[1]),
    }


def read_lfw_like(path: Path) -> tuple[Images, npt.NDArray[np.int64]]:
    """The press photographs as grey faces [N, 48, 48] with FER+ classes."""
    with np.load(path) as arrays:
        colour, truth = arrays["images"], arrays["ferplus8_label"].astype(np.int64)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in colour]
    return np.stack([cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA) for image in grey]), truth


def answers_by_group(path: Path, chips: Chips, threshold: float) -> dict[str, dict[str, float]]:
    """How often adults of a group get each valence: differences, not errors, as the truth is unknown."""
    adults = chips.part(chips.age >= 18)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in adults.images]
    small = np.stack([cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA) for image in grey])
    valence = scores.valence_of(ours(path, small).ferplus)
    answer = np.where(valence.confidence >= threshold, valence.sign, 2)
    band = band_of(adults.age)
    groups = {BANDS[place]: band == place for place in range(1, len(BANDS))}
    groups |= {name: adults.gender == place for place, name in enumerate(GENDERS)}
    groups |= {str(name): adults.ethnicity == name for name in np.unique(adults.ethnicity)}
    return {
        name: {"faces": int(rows.sum())}
        | {word: float((answer[rows] == sign).mean()) for word, sign in VALENCES.items()}
        for name, rows in groups.items()
    }


def evaluate(arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Numbers by network."""
    faces = read_faces(arguments.data / arguments.part)
    press, truth = read_lfw_like(arguments.data / "lfwlike_64.npz")
    networks = {path.stem: (ours, path) for path in arguments.models}
    if arguments.references:
        networks["mini_XCEPTION"] = (mini_xception, arguments.references / MINI_XCEPTION)
    thresholds = (arguments.valence_threshold, arguments.smile_threshold)
    results = {
        name: measured(answer(path, faces.images), faces, *thresholds)
        | lfw_like(answer(path, press), truth, thresholds)
        for name, (answer, path) in networks.items()
    }
    if arguments.groups:
        chips = read_chips(arguments.groups)
        next(iter(results.values()))["groups"] = answers_by_group(arguments.models[0], chips, thresholds[0])
    return results


def shown(value: object) -> str:
    """A share as a percentage with one digit, pairs side by side."""
    if isinstance(value, tuple):
        return " / ".join(f"{one:.3f}" for one in value)
    return f"{value:.3f}" if isinstance(value, float) else ""


def table(head: list[str], rows: Iterable[Iterable[str]]) -> str:
    """One table for people."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines) + "\n"


def digits(row: Iterable[float]) -> list[str]:
    """Shares with three digits."""
    return [f"{value:.3f}" for value in row]


def markdown(results: dict[str, dict[str, Any]]) -> str:
    """The table of all networks, then recall by class, and what else there is of the first network."""
    names, first = list(results), next(iter(results.values()))
    metrics = [name for name, value in first.items() if isinstance(value, float | tuple)]
    text = table(
        ["metric", *names], [[row, *(shown(results[name][row]) for name in names)] for row in metrics]
    )
    recall = {name: results[name]["recall"] for name in names}
    text += table(
        ["recall (faces)", *names],
        [
            [f"{one} ({count})", *digits(recall[name][one][0] for name in names)]
            for one, (_, count) in first["recall"].items()
        ],
    )
    seen = zip(list(VALENCES), first["valence table"], strict=False)
    text += table(["people saw", *VALENCES], [[name, *map(str, row)] for name, row in seen])
    heads = ["confidence from", "classes: kept", "right", "valence: kept", "right"]
    text += table(heads, map(digits, first["abstention"]))
    text += table(["smile from", "found", "false alarms"], map(digits, first["smile curve"]))
    if "groups" in first:
        groups = [
            [name, str(row["faces"]), *digits(row[word] for word in VALENCES)]
            for name, row in first["groups"].items()
        ]
        text += table(["adults", "faces", *VALENCES], groups)
    return text


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="*", default=[OURS], help="our ONNX files")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with fer2013_*.npz and lfwlike_64.npz"
    )
    parser.add_argument("--part", default="fer2013_valid.npz", help="which part of FER2013")
    parser.add_argument("--references", type=Path, help=f"folder with {MINI_XCEPTION}")
    parser.add_argument("--groups", type=Path, help="zip of chips with age, gender and ethnicity")
    parser.add_argument("--valence-threshold", type=float, default=0.6)
    parser.add_argument("--smile-threshold", type=float, default=0.5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    results = evaluate(arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(markdown(results))
    sys.stdout.write(markdown(results))


if __name__ == "__main__":
    main()
