"""Measure age band and gender on chips that were not trained on: by band, by gender, by group."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from demographics_data import BANDS, GENDERS, Chips, band_of, read_chips
from emotion_scores import calibration_error

OURS = Path(__file__).parents[1] / "tillsight_models" / "weights" / "demographics.onnx"

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


def answers(path: Path, images: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Probabilities of the bands [N, 5] and of male, female [N, 2]."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    network = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    parts = [
        network.run(["age_band", "gender"], {"faces": images[start : start + 64]})
        for start in range(0, len(images), 64)
    ]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def group_line(name: str, rows: Flags, chips: Chips, bands: Floats, genders: Floats) -> dict[str, Any]:
    """Size and accuracies of one group; the gender of adults only, children's faces hardly show it."""
    band, chosen = band_of(chips.age), bands.argmax(1)
    adults = rows & (chips.age >= 18)
    return {
        "group": name,
        "faces": int(rows.sum()),
        "band": float((chosen == band)[rows].mean()),
        "band or next": float((abs(chosen - band) <= 1)[rows].mean()),
        "under 18 or not": float(((chosen == 0) == (band == 0))[rows].mean()),
        "adults": int(adults.sum()),
        "gender, adults": float((genders.argmax(1) == chips.gender)[adults].mean()) if adults.any() else None,
    }


def groups(chips: Chips) -> dict[str, Flags]:
    """Everybody, then by band, by gender, and by the ethnicity that the data names."""
    band = band_of(chips.age)
    everybody = {"all": np.ones(len(band), np.bool_)}
    by_band = {name: band == place for place, name in enumerate(BANDS)}
    by_gender = {name: chips.gender == place for place, name in enumerate(GENDERS)}
    return (
        everybody
        | by_band
        | by_gender
        | {str(name): chips.ethnicity == name for name in np.unique(chips.ethnicity)}
    )


def minors(bands: Floats, age: npt.NDArray[np.int64]) -> dict[str, float]:
    """Precision and recall of `under-18`, and how often people of 13 to 17 and of 18 to 22 get it."""
    said, are = bands.argmax(1) == 0, age < 18
    return {
        "precision": float(are[said].mean()),
        "recall": float(said[are].mean()),
        "said of 13 to 17": float(said[(age >= 13) & (age < 18)].mean()),
        "said of 18 to 22": float(said[(age >= 18) & (age < 23)].mean()),
    }


def abstention(probabilities: Floats, truth: npt.NDArray[np.int64]) -> list[tuple[float, float, float]]:
    """Confidence from, share kept, accuracy of those."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == truth
    kept = [(limit, confidence >= limit) for limit in (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)]
    return [(limit, float(rows.mean()), float(right[rows].mean())) for limit, rows in kept if rows.any()]


def evaluate(path: Path, chips: Chips) -> dict[str, Any]:
    """All numbers of one network."""
    bands, genders = answers(path, chips.images)
    band, adults = band_of(chips.age), chips.age >= 18
    confusion = [
        [int(((band == seen) & (bands.argmax(1) == said)).sum()) for said in range(5)] for seen in range(5)
    ]
    return {
        "groups": [group_line(name, rows, chips, bands, genders) for name, rows in groups(chips).items()],
        "balanced band accuracy": float(
            np.mean([row[place] / sum(row) for place, row in enumerate(confusion)])
        ),
        "minors": minors(bands, chips.age),
        "confusion": confusion,
        "calibration error, band": calibration_error(bands, band),
        "calibration error, gender of adults": calibration_error(genders[adults], chips.gender[adults]),
        "abstention, band": abstention(bands, band),
        "abstention, gender of adults": abstention(genders[adults], chips.gender[adults]),
    }


def shown(value: object) -> str:
    """Shares with three digits, nothing where there is nobody."""
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def markdown(numbers: dict[str, Any]) -> str:
    """The tables, for people."""
    head = list(numbers["groups"][0])
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(shown(value) for value in line.values()) + " |" for line in numbers["groups"]]
    lines += ["", "| age, said: | " + " | ".join(BANDS) + " |", "|---" * (len(BANDS) + 1) + "|"]
    for name, row in zip(BANDS, numbers["confusion"], strict=True):
        lines.append(f"| {name} | " + " | ".join(map(str, row)) + " |")
    lines += ["", "| measure | value |", "|---|---|"]
    flat = {name: value for name, value in numbers.items() if isinstance(value, float)}
    flat |= {f"under-18: {name}": value for name, value in numbers["minors"].items()}
    lines += [f"| {name} | {shown(value)} |" for name, value in flat.items()]
    for name in ("abstention, band", "abstention, gender of adults"):
        lines += ["", f"| {name}: confidence from | kept | right |", "|---|---|---|"]
        lines += ["| " + " | ".join(shown(value) for value in row) + " |" for row in numbers[name]]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=OURS, help="our ONNX file")
    parser.add_argument("--data", type=Path, required=True, help="zip with images/ and labels.csv")
    parser.add_argument(
        "--all", action="store_true", help="the zip was not trained on at all: take every chip"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    chips = read_chips(arguments.data)
    numbers = evaluate(arguments.model, chips if arguments.all else chips.part(chips.held_out))
    if arguments.json:
        arguments.json.write_text(json.dumps(numbers, indent=1) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(markdown(numbers))
    sys.stdout.write(markdown(numbers))


if __name__ == "__main__":
    main()
