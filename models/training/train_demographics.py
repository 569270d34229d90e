"""Train the age and gender network on face chips for so many minutes of wall-clock time."""

import argparse
import copy
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from demographics_data import BANDS, Chips, band_of, read_chips
from demographics_net import AGES, DemographicsNet, bands_of
from emotion_data import disturbed
from export_emotion import trained_net
from schedule import append_row, follow, learning_rate, new_optimizer
from torch import nn
from torch.nn import functional

BATCH = 128


def blurred_ages(age: np.ndarray) -> np.ndarray:
    """Targets [N, 101]: a bell over the years, two years wide for children and wider with age."""
    width = 1.5 + 0.06 * age[:, None]
    bell = np.exp(-0.5 * ((np.arange(AGES)[None] - np.minimum(age, AGES - 1)[:, None]) / width) ** 2)
    return (bell / bell.sum(1, keepdims=True)).astype(np.float32)


def row_weights(band: np.ndarray) -> np.ndarray:
    """Rarer bands weigh more (with the root of their rarity); 1 on average."""
    weight = 1 / np.sqrt(np.bincount(band))[band]
    return (weight / weight.mean()).astype(np.float32)


def batches(chips: Chips, random: np.random.Generator) -> Iterator[tuple[torch.Tensor, ...]]:
    """One epoch: disturbed pictures [B, 3, 64, 64], age targets [B, 101], band, gender and weight [B]."""
    band, order = band_of(chips.age), random.permutation(len(chips.images))
    targets, weights = blurred_ages(chips.age), row_weights(band)
    for start in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[start : start + BATCH]
        pictures = np.stack([disturbed(chips.images[row], random) for row in rows]).astype(np.float32)
        tints = random.uniform(0.88, 1.12, (BATCH, 1, 1, 3)).astype(np.float32)
        pictures = np.minimum(pictures * tints, 255)
        faces = torch.from_numpy(pictures).permute(0, 3, 1, 2)  # channels last in memory
        yield faces, *(torch.from_numpy(values[rows]) for values in (targets, band, chips.gender, weights))


def loss_of(net: nn.Module, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Cross entropy to the blurred age, to the band and to the gender."""
    faces, target, band, gender, weight = batch
    with torch.autocast("cpu", torch.bfloat16):
        age_logits, gender_logits = net(faces)
    logs = functional.log_softmax(age_logits.float(), 1)
    of_age = -(target * logs).sum(1)
    of_band = functional.nll_loss(bands_of(logs.exp()).clamp_min(1e-6).log(), band, reduction="none")
    of_gender = functional.cross_entropy(
        gender_logits.float(), gender, label_smoothing=0.05, reduction="none"
    )
    return (weight * (0.5 * of_age + of_band + of_gender)).mean()


@torch.no_grad()
def score(net: nn.Module, chips: Chips) -> dict[str, float]:
    """Accuracy of band and gender on chips that were not trained on; balanced: bands count alike."""
    faces = torch.from_numpy(chips.images.astype(np.float32)).permute(0, 3, 1, 2)
    with torch.autocast("cpu", torch.bfloat16):
        age_logits, gender_logits = net(faces)
    chosen = bands_of(age_logits.float().softmax(1)).argmax(1).numpy()
    band = band_of(chips.age)
    right = chosen == band
    return {
        "band": float(right.mean()),
        "band_balanced": float(np.mean([right[band == one].mean() for one in range(len(BANDS))])),
        "gender": float((gender_logits.argmax(1).numpy() == chips.gender).mean()),
        "gender_adults": float((gender_logits.argmax(1).numpy() == chips.gender)[chips.age >= 18].mean()),
    }


def train(net: DemographicsNet, chips: Chips, out: Path, minutes: float, seed: int) -> None:
    """Train for the minutes on chips that are not held out; a checkpoint and a line of the curve an epoch."""
    average, optimizer = copy.deepcopy(net).eval(), new_optimizer(net)
    random = np.random.default_rng(seed)
    learned, held_out = chips.part(~chips.held_out), chips.part(chips.held_out)
    begin, step, epoch = time.monotonic(), 0, 0
    while (share := (time.monotonic() - begin) / (60 * minutes)) < 1:
        net.train()
        losses = []
        for batch in batches(learned, random):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate((time.monotonic() - begin) / (60 * minutes), step) / 2
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(net, batch)
            loss.backward()
            optimizer.step()
            step += 1
            follow(average, net, step)
            losses.append(loss.item())
        epoch += 1
        row = {"epoch": epoch, "minutes": share * minutes, "loss": float(np.mean(losses))} | score(
            average, held_out
        )
        append_row(out / "demographics.csv", row)
        sys.stdout.write(f"{ {name: round(value, 4) for name, value in row.items()} }\n")
        sys.stdout.flush()
        save(average, out / "demographics.pt")


def save(net: DemographicsNet, path: Path) -> None:
    """The network's sizes and weights in one file."""
    torch.save({"widths": net.widths, "depths": net.depths, "average": net.state_dict()}, path)


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="zip with images/ and labels.csv")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for demographics.pt and demographics.csv"
    )
    parser.add_argument("--begin-from", type=Path, help="emotion checkpoint whose layers to begin with")
    parser.add_argument("--minutes", type=float, default=18.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    net = DemographicsNet().to(memory_format=torch.channels_last)
    if arguments.begin_from:
        net.begin_from(trained_net(arguments.begin_from))
    train(net, read_chips(arguments.data), arguments.out, arguments.minutes, arguments.seed)


if __name__ == "__main__":
    main()
