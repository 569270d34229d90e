"""What training runs share: a learning rate that follows the clock, averaged weights, the curve on disk."""

import csv
import math
from pathlib import Path

import torch
from torch import nn

PEAK_RATE = 0.1
WARM_UP_STEPS = 200


def new_optimizer(net: nn.Module) -> torch.optim.SGD:
    """Nesterov momentum; weight decay falls on convolutions and layers, not on normalisation and biases."""
    decayed = [weight for weight in net.parameters() if weight.ndim > 1]
    free = [weight for weight in net.parameters() if weight.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=PEAK_RATE, momentum=0.9, nesterov=True)


def learning_rate(share: float, step: int) -> float:
    """Cosine over the share of the time that is spent, after a warm-up."""
    return PEAK_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))


@torch.no_grad()
def follow(average: nn.Module, net: nn.Module, step: int) -> None:
    """Move the averaged network a little towards the trained one; sooner while both are young."""
    keep = min(0.999, (1 + step) / (20 + step))
    for slow, fast in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if slow.dtype.is_floating_point:
            slow.lerp_(fast, 1 - keep)
        else:
            slow.copy_(fast)


def append_row(path: Path, row: dict[str, float]) -> None:
    """Add one line to the learning curve."""
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if is_new:
            writer.writeheader()
        writer.writerow({name: round(value, 4) for name, value in row.items()})
