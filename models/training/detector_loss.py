"""What a prediction costs: task-aligned assignment, quality focal loss for scores, GIoU for boxes."""

from __future__ import annotations

import torch
from detector_net import STRIDES
from torch.nn import functional

CANDIDATES = 9


def cells(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Centres [A,2] and strides [A] of all cells of an input of this size."""
    centres, strides = [], []
    for stride in STRIDES:
        rows, columns = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        centres.append((torch.stack([columns, rows], -1).reshape(-1, 2) + 0.5) * stride)
        strides.append(torch.full((rows.numel(),), float(stride)))
    return torch.cat(centres), torch.cat(strides)


def flatten(levels: list[tuple[torch.Tensor, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits [B,A,c] and distances in pixels [B,A,c,4] of all levels."""
    logits, distances = [], []
    for stride, (scores, raw) in zip(STRIDES, levels, strict=True):
        batch, classes = scores.shape[:2]
        logits.append(scores.float().permute(0, 2, 3, 1).reshape(batch, -1, classes))
        sides = torch.exp(raw.float().clamp(-6.0, 6.0)) * stride
        distances.append(sides.permute(0, 2, 3, 1).reshape(batch, -1, classes, 4))
    return torch.cat(logits, 1), torch.cat(distances, 1)


def generalised_overlap(first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(IoU, GIoU) of boxes [...,4] pair by pair."""
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    union = (first[..., 2:] - first[..., :2]).prod(-1) + (second[..., 2:] - second[..., :2]).prod(-1) - shared
    hull = torch.maximum(first[..., 2:], second[..., 2:]) - torch.minimum(first[..., :2], second[..., :2])
    around = hull.prod(-1)
    overlap = shared / union.clamp(min=1e-6)
    return overlap, overlap - (around - union) / around.clamp(min=1e-6)


class DetectorLoss:
    """Compares a batch of predictions with its boxes."""

    def __init__(self, height: int, width: int) -> None:
        self.centres, self.strides = cells(height, width)

    def __call__(
        self, levels: list[tuple[torch.Tensor, torch.Tensor]], sure: torch.Tensor, unsure: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(score loss, box loss); boxes are rows [image, class, x1, y1, x2, y2]."""
        logits, distances = flatten(levels)
        corners = torch.cat(
            [self.centres[:, None] - distances[..., :2], self.centres[:, None] + distances[..., 2:]], -1
        )
        rows, cell, quality = self._assign(logits.detach(), corners.detach(), sure)
        image, label = sure[rows, 0].long(), sure[rows, 1].long()
        target = torch.zeros_like(logits)
        target[image, cell, label] = quality
        total = quality.sum().clamp(min=1.0)
        weight = (target - logits.detach().sigmoid()).abs() * self._counted(target, unsure)
        entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        score_loss = (weight * entropy).sum() / total
        _, alike = generalised_overlap(corners[image, cell, label], sure[rows, 2:])
        return score_loss, ((1 - alike) * quality).sum() / total

    def _counted(self, target: torch.Tensor, unsure: torch.Tensor) -> torch.Tensor:
        """0 for cells inside a box that counts neither way, else 1; [B,A,c]."""
        counted = torch.ones_like(target)
        inside = self._inside(unsure)
        for row, within in zip(unsure, inside, strict=True):
            counted[int(row[0]), within, int(row[1])] = 0.0
        return torch.where(target > 0, torch.ones_like(counted), counted)

    def _inside(self, boxes: torch.Tensor) -> torch.Tensor:
        """Whether each cell's centre lies in each box: [N,A]."""
        low, high = boxes[:, None, 2:4], boxes[:, None, 4:6]
        return ((self.centres > low) & (self.centres < high)).all(-1)

    def _assign(
        self, logits: torch.Tensor, corners: torch.Tensor, sure: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(row of the box, cell, quality 0..1) of each cell that shall find a box."""
        if not len(sure):
            empty = torch.zeros(0, dtype=torch.long)
            return empty, empty, torch.zeros(0)
        image, label = sure[:, 0].long(), sure[:, 1].long()
        overlap, _ = generalised_overlap(corners[image, :, label], sure[:, None, 2:])
        overlap = overlap.clamp(min=0.01)
        middle = (sure[:, None, 2:4] + sure[:, None, 4:6]) / 2
        away = (self.centres - middle).abs().amax(-1) / self.strides
        near = (self._inside(sure) & (away < 3.0)) | ((self.strides == STRIDES[0]) & (away < 0.75))
        aligned = logits[image, :, label].sigmoid().sqrt() * overlap.pow(4) * near
        best, cell = aligned.topk(CANDIDATES, dim=1)
        rows = torch.arange(len(sure))[:, None].expand_as(cell)
        shares = overlap.gather(1, cell)
        quality = (
            best / best.amax(1, keepdim=True).clamp(min=1e-12) * (shares * (best > 0)).amax(1, keepdim=True)
        )
        return self._without_conflicts(logits, image, label, rows, cell, best, quality)

    @staticmethod
    def _without_conflicts(
        logits: torch.Tensor,
        image: torch.Tensor,
        label: torch.Tensor,
        rows: torch.Tensor,
        cell: torch.Tensor,
        best: torch.Tensor,
        quality: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """A cell that several boxes want goes to the one that it fits best."""
        _, many, classes = logits.shape
        place = (image[rows] * many + cell) * classes + label[rows]
        highest = torch.zeros(logits.numel()).scatter_reduce(0, place.flatten(), best.flatten(), "amax")
        wins = (best > 0) & (best >= highest[place])
        return rows[wins], cell[wins], quality[wins]
