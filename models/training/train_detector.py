"""Trains a detector for a given time: `train_detector.py persons --data DIR --out DIR --minutes 80`."""

from __future__ import annotations

import argparse
import csv
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import detector_data
import detector_mixing
import detector_net
import numpy as np
import torch
from detection_metrics import Judged, curve, decode, letterbox
from detector_data import Picture
from detector_loss import DetectorLoss
from detector_mixing import Example, Mixer, Recipe
from detector_net import DetectorNet, Exported, patches_of

RECIPES = {
    "persons": (detector_mixing.PERSONS, detector_net.PERSONS),
    "faces": (detector_mixing.FACES, detector_net.FACES),
}
WARM_UP_STEPS = 400
HELD_BACK_SEED = 999
LEAST_WANTED = (16.0, 8.0)  # person, face: heights in pixels below which validation does not count
CLOSE_VIEW = (160, 160)  # canvas for portraits where the network looks at parts of a picture
LEAST_IN_VIEW = 32.0  # the same for faces that are looked for in a canvas of 640 x 512


@dataclass
class Run:
    """One training: the network, its average and how far it is."""

    net: DetectorNet
    average: DetectorNet
    optimizer: torch.optim.Optimizer
    minutes: float
    elapsed_s: float = 0.0
    steps: int = 0
    losses: list[tuple[float, float]] = field(default_factory=list)

    @property
    def progress(self) -> float:
        """Share of the time that is used, 0..1."""
        return min(self.elapsed_s / (self.minutes * 60), 1.0)

    def rate(self, peak: float) -> float:
        """Learning rate: linear warm-up, then a cosine over the time."""
        warm = min((self.steps + 1) / WARM_UP_STEPS, 1.0)
        return peak * warm * (0.01 + 0.99 * (1 + math.cos(math.pi * self.progress)) / 2)

    def follow(self) -> None:
        """Moves the average towards the network."""
        keep = min(0.9995, (1 + self.steps) / (20 + self.steps))
        with torch.no_grad():
            for mean, value in zip(
                self.average.state_dict().values(), self.net.state_dict().values(), strict=True
            ):
                if mean.dtype.is_floating_point:
                    mean.lerp_(value, 1 - keep)
                else:
                    mean.copy_(value)

    def save(self, path: Path) -> None:
        """Writes everything that a later run needs to go on."""
        state = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "elapsed_s": self.elapsed_s,
            "steps": self.steps,
        }
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def restore(self, path: Path) -> None:
        """Goes on where a saved run was."""
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.elapsed_s, self.steps = state["elapsed_s"], state["steps"]


def collate(examples: list[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images [B,3,H,W] as floats and boxes as rows [image, class, x1, y1, x2, y2]."""
    images = torch.from_numpy(np.stack([example.image for example in examples])).permute(0, 3, 1, 2)
    boxes = []
    for rows in ([example.sure for example in examples], [example.unsure for example in examples]):
        numbered = [np.insert(found, 0, index, axis=1) for index, found in enumerate(rows)]
        boxes.append(torch.from_numpy(np.concatenate(numbered).astype(np.float32)))
    return images.float(), boxes[0], boxes[1]


def step(run: Run, mixer: Mixer, loss: DetectorLoss, batch: int, peak: float) -> None:
    """One batch: forward, backward, update."""
    started = time.monotonic()
    images, sure, unsure = collate([mixer.example() for _ in range(batch)])
    for group in run.optimizer.param_groups:
        group["lr"] = run.rate(peak)
    with torch.autocast("cpu", torch.bfloat16):
        levels = run.net(images)
    scores, boxes = loss(levels, sure, unsure)
    run.optimizer.zero_grad(set_to_none=True)
    (scores + 2.0 * boxes).backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(run.net.parameters(), 10.0)
    run.optimizer.step()
    run.steps += 1
    run.follow()
    run.losses.append((float(scores.detach()), float(boxes.detach())))
    run.elapsed_s += time.monotonic() - started


def judged(net: Exported, picture: Picture, recipe: Recipe, index: int) -> Judged:
    """What the network finds in one picture of the class at this output, beside what is there."""
    view = recipe.view or (recipe.width, recipe.height)
    if picture.source == "portrait" and recipe.view:
        view = CLOSE_VIEW
    canvas, scale = letterbox(picture.whole, *view)
    outputs = [output[0].numpy() for output in net(patches_of(torch.from_numpy(canvas)[None]))]
    found = decode(outputs[0::2], outputs[1::2], index)
    which = recipe.classes[index]
    wanted, vague = picture.boxes[which].sure * scale, picture.boxes[which].unsure * scale
    large = wanted[:, 3] - wanted[:, 1] >= (LEAST_WANTED[which] if recipe.view is None else LEAST_IN_VIEW)
    return Judged(found, wanted[large], np.concatenate([vague, wanted[~large]]))


@torch.no_grad()
def validate(run: Run, pictures: list[Picture], recipe: Recipe) -> dict[str, float]:
    """AP50 of each class in each source, of the averaged network."""
    net = Exported(run.average.eval())
    results: dict[str, float] = {}
    for index, which in enumerate(recipe.classes):
        for source in dict.fromkeys(picture.source for picture in pictures):
            seen = [judged(net, picture, recipe, index) for picture in pictures if picture.source == source]
            found = curve(seen)
            results[f"{('person', 'face')[which]}_{source}"] = round(found.average_precision, 4)
    return results


def report(path: Path, run: Run, results: dict[str, float]) -> None:
    """Adds a line to the learning curve."""
    recent = np.mean(run.losses[-500:] or [(0.0, 0.0)], axis=0)
    row = {
        "minutes": round(run.elapsed_s / 60, 1),
        "steps": run.steps,
        "score_loss": round(float(recent[0]), 4),
        "box_loss": round(float(recent[1]), 4),
        **results,
    }
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)
    print(row, flush=True)


def started(arguments: argparse.Namespace, shape: detector_net.Shape) -> Run:
    """A new run, or the one that was interrupted."""
    torch.manual_seed(arguments.seed)
    net, average = DetectorNet(shape), DetectorNet(shape)
    average.load_state_dict(net.state_dict())
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    flat = [parameter for parameter in net.parameters() if parameter.ndim < 2]
    deep = [parameter for parameter in net.parameters() if parameter.ndim >= 2]
    groups = [{"params": deep, "weight_decay": 0.03}, {"params": flat, "weight_decay": 0.0}]
    run = Run(net.train(), average, torch.optim.AdamW(groups, lr=arguments.rate), arguments.minutes)
    checkpoint = arguments.out / "checkpoint.pt"
    if checkpoint.exists():
        run.restore(checkpoint)
    return run


def main() -> None:
    """Trains until the time is used up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=sorted(RECIPES))
    parser.add_argument("--data", type=Path, required=True, help="folder with annotations.json and images/")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoints and the learning curve"
    )
    parser.add_argument("--minutes", type=float, default=80.0)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rendered", type=int, default=1200, help="rendered pictures among the others")
    parser.add_argument("--save-every", type=float, default=4.0, help="minutes between checkpoints")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    recipe, shape = RECIPES[arguments.model]
    run = started(arguments, shape)
    pictures = detector_data.load_pictures(arguments.data, "train")
    pictures += detector_data.rendered_pictures(
        arguments.rendered, arguments.seed + run.steps, recipe.view or (recipe.width, recipe.height)
    )
    mixer = Mixer(pictures, recipe, arguments.seed + run.steps)
    held_back = detector_data.load_pictures(arguments.data, "val")
    held_back += detector_data.rendered_pictures(
        60, HELD_BACK_SEED, recipe.view or (recipe.width, recipe.height)
    )
    loss = DetectorLoss(recipe.height, recipe.width)
    saved_s = run.elapsed_s
    while run.progress < 1:
        step(run, mixer, loss, arguments.batch, arguments.rate)
        if run.elapsed_s - saved_s > arguments.save_every * 60 or run.progress >= 1:
            run.save(arguments.out / "checkpoint.pt")
            report(arguments.out / "curve.csv", run, validate(run, held_back, recipe))
            saved_s = run.elapsed_s


if __name__ == "__main__":
    main()
