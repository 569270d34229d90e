"""Train the emotion network on FER+ vote distributions for so many minutes of wall-clock time."""

import argparse
import copy
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from emotion_data import FERPLUS_TO_FER2013, Faces, disturbed, published_protocol, read_faces, vote_shares
from emotion_net import EmotionNet
from schedule import append_row, follow, learning_rate, new_optimizer
from torch.nn import functional

BATCH = 128
FER2013_WEIGHT = 0.7


@dataclass
class Run:
    """All that changes while training: kept in one file, so that a run can be taken up again."""

    net: EmotionNet
    average: EmotionNet
    optimizer: torch.optim.SGD
    seconds: float = 0.0
    epoch: int = 0
    step: int = 0

    def save(self, path: Path) -> None:
        """Write everything to `path` in one step."""
        state = {
            "widths": self.net.widths,
            "depths": self.net.depths,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": (self.seconds, self.epoch, self.step),
        }
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def load(self, path: Path) -> None:
        """Take up the run kept in `path`."""
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.seconds, self.epoch, self.step = state["progress"]


def new_run(widths: tuple[int, ...], depths: tuple[int, ...]) -> Run:
    """A network that knows nothing yet."""
    net = EmotionNet(widths, depths).to(memory_format=torch.channels_last)
    return Run(net, copy.deepcopy(net).eval(), new_optimizer(net))


def batches(
    faces: Faces, random: np.random.Generator
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """One epoch of disturbed faces [B, 1, 48, 48] with shares [B, 8] and FER2013 labels [B]."""
    shares = vote_shares(faces.votes)
    order = random.permutation(len(faces.images))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[start : start + BATCH]
        images = np.stack([disturbed(faces.images[row], random) for row in rows])[:, None].astype(np.float32)
        pictures = torch.from_numpy(images).to(memory_format=torch.channels_last)
        yield pictures, torch.from_numpy(shares[rows]), torch.from_numpy(faces.fer2013[rows])


def loss_of(
    net: EmotionNet, pictures: torch.Tensor, shares: torch.Tensor, fer2013: torch.Tensor
) -> torch.Tensor:
    """Cross entropy to the votes plus that to the FER2013 label (smoothed: many of those are doubtful)."""
    with torch.autocast("cpu", torch.bfloat16):
        ferplus_logits, fer2013_logits = net(pictures)
    to_votes = -(shares * functional.log_softmax(ferplus_logits.float(), 1)).sum(1).mean()
    to_label = functional.cross_entropy(fer2013_logits.float(), fer2013, label_smoothing=0.1)
    return to_votes + FER2013_WEIGHT * to_label


def train_epoch(run: Run, faces: Faces, budget_s: float, random: np.random.Generator) -> float:
    """One pass over the faces, or less where the time ends; the mean loss."""
    run.net.train()
    losses = []
    last = time.monotonic()
    for batch in batches(faces, random):
        for group in run.optimizer.param_groups:
            group["lr"] = learning_rate(run.seconds / budget_s, run.step)
        run.optimizer.zero_grad(set_to_none=True)
        loss = loss_of(run.net, *batch)
        loss.backward()
        run.optimizer.step()
        run.step += 1
        follow(run.average, run.net, run.step)
        losses.append(loss.item())
        now = time.monotonic()
        run.seconds += now - last
        last = now
        if run.seconds >= budget_s:
            break
    run.epoch += 1
    return float(np.mean(losses))


@torch.no_grad()
def logits_of(
    net: EmotionNet, images: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Logits [N, 8] and [N, 7] of faces [N, 48, 48]."""
    net.eval()
    parts = []
    for start in range(0, len(images), 256):
        pictures = torch.from_numpy(images[start : start + 256, None].astype(np.float32))
        with torch.autocast("cpu", torch.bfloat16):
            parts.append(
                [logits.float().numpy() for logits in net(pictures.to(memory_format=torch.channels_last))]
            )
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def score(net: EmotionNet, faces: Faces) -> dict[str, float]:
    """Accuracies on faces that were not trained on, without mirroring."""
    ferplus, fer2013 = logits_of(net, faces.images)
    chosen, published = ferplus.argmax(1), published_protocol(faces.votes)
    strict = faces.strict >= 0
    return {
        "strict": float((chosen == faces.strict)[strict].mean()),
        "published": float((chosen == published)[published >= 0].mean()),
        "fer2013_head": float((fer2013.argmax(1) == faces.fer2013).mean()),
        "fer2013_mapped": float((FERPLUS_TO_FER2013[chosen] == faces.fer2013).mean()),
    }


def train(run: Run, data: Path, out: Path, minutes: float, seed: int) -> None:
    """Train until the minutes are over; a checkpoint and a line of the learning curve after each epoch."""
    faces, valid = read_faces(data / "fer2013_train.npz"), read_faces(data / "fer2013_valid.npz")
    random = np.random.default_rng([seed, run.epoch])
    while run.seconds < 60 * minutes:
        loss = train_epoch(run, faces, 60 * minutes, random)
        run.save(out / "emotion.pt")
        row = {"epoch": run.epoch, "minutes": run.seconds / 60, "loss": loss} | score(run.average, valid)
        append_row(out / "emotion.csv", row)
        sys.stdout.write(f"{ {name: round(value, 4) for name, value in row.items()} }\n")
        sys.stdout.flush()


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with fer2013_train.npz and fer2013_valid.npz"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for emotion.pt and emotion.csv")
    parser.add_argument("--minutes", type=float, default=65.0)
    parser.add_argument("--widths", type=int, nargs="+", default=[16, 32, 64, 128, 256])
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 2, 2, 1])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="take up the run in --out")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(arguments.seed)
    run = new_run(tuple(arguments.widths), tuple(arguments.depths))
    if arguments.resume:
        run.load(arguments.out / "emotion.pt")
    arguments.out.mkdir(parents=True, exist_ok=True)
    train(run, arguments.data, arguments.out, arguments.minutes, arguments.seed)


if __name__ == "__main__":
    main()
