"""The single-shot network behind `persons.onnx` and `faces.onnx`: a trunk, a feature pyramid, heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

STRIDES = (8, 16, 32)
PADDING_VALUE = 114.0
CONTRAST = 64.0
PATCH = 48  # values in a patch of 4x4 pixels of three colours

Level = tuple[torch.Tensor, torch.Tensor]  # logits [B,c,h,w], raw distances [B,4c,h,w]


@dataclass(frozen=True)
class Shape:
    """Widths (channels) and depths (residual blocks) of one network."""

    classes: int
    stem: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    neck: int


PERSONS = Shape(classes=2, stem=32, widths=(64, 96, 128), depths=(2, 2, 2), neck=64)
FACES = Shape(classes=1, stem=32, widths=(48, 64, 96), depths=(1, 1, 1), neck=48)


def convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm and ReLU; the norm is folded into the convolution on export."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs, momentum=0.03, eps=1e-3),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """1x1 down, dense 3x3 up, added to its input: dense convolutions train fast in bfloat16."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = convolution(channels, channels // 2, 1)
        self.grow = convolution(channels // 2, channels, 3)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Same shape in and out."""
        grown: torch.Tensor = self.grow(self.squeeze(features))
        return features + grown


class Stage(nn.Sequential):
    """Halves the resolution, then refines."""

    def __init__(self, inputs: int, outputs: int, depth: int) -> None:
        super().__init__(convolution(inputs, outputs, 3, 2), *(Residual(outputs) for _ in range(depth)))


class Head(nn.Module):
    """Scores and box distances of one pyramid level."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.tower = convolution(channels, channels, 3)
        self.scores = nn.Conv2d(channels, classes, 1)
        self.distances = nn.Conv2d(channels, classes * 4, 1)
        nn.init.constant_(self.scores.bias, -4.6)  # type: ignore[arg-type]
        nn.init.constant_(self.distances.bias, 0.7)  # type: ignore[arg-type]
        nn.init.normal_(self.distances.weight, std=0.01)
        nn.init.normal_(self.scores.weight, std=0.01)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [B,classes,h,w] and raw distances [B,classes*4,h,w]."""
        features = self.tower(features)
        return self.scores(features), self.distances(features)


class DetectorNet(nn.Module):
    """Takes float images [B,3,H,W] of 0..255; gives logits and distances in strides for each level."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        first, second, third = shape.widths
        self.classes = shape.classes
        self.stem = nn.Sequential(
            nn.Conv2d(3, shape.stem, 4, 4, bias=False),  # patches of 4x4 pixels, without padding
            nn.BatchNorm2d(shape.stem, momentum=0.03, eps=1e-3),
            nn.ReLU(inplace=True),
        )
        self.stage8 = Stage(shape.stem, first, shape.depths[0])
        self.stage16 = Stage(first, second, shape.depths[1])
        self.stage32 = Stage(second, third, shape.depths[2])
        self.laterals = nn.ModuleList(convolution(width, shape.neck, 1) for width in shape.widths)
        self.smooth16 = convolution(shape.neck, shape.neck, 3)
        self.smooth8 = convolution(shape.neck, shape.neck, 3)
        self.heads = nn.ModuleList(Head(shape.neck, shape.classes) for _ in STRIDES)

    def forward(self, images: torch.Tensor) -> list[Level]:
        """Logits and raw distances of each level, from pixels of 0..255."""
        return self.levels(self.stem((images - PADDING_VALUE) / CONTRAST))

    def levels(self, patches: torch.Tensor) -> list[Level]:
        """What follows the stem."""
        eighth = self.stage8(patches)
        sixteenth = self.stage16(eighth)
        coarse = self.laterals[2](self.stage32(sixteenth))
        middle = self.smooth16(self.laterals[1](sixteenth) + functional.interpolate(coarse, scale_factor=2.0))
        fine = self.smooth8(self.laterals[0](eighth) + functional.interpolate(middle, scale_factor=2.0))
        return [head(level) for head, level in zip(self.heads, (fine, middle, coarse), strict=True)]


def distances(raw: torch.Tensor, stride: int) -> torch.Tensor:
    """Distances of the box sides from the cell's centre in pixels; the bounds keep a wild value finite."""
    return torch.exp(raw.clamp(-6.0, 6.0)) * stride


class Exported(nn.Module):
    """The network with the contract of the shipped file around it, its normalisation folded into the stem."""

    def __init__(self, net: DetectorNet) -> None:
        super().__init__()
        self.net = net.eval()
        first, *rest = net.stem.children()
        weight = first.state_dict()["weight"]
        folded = nn.Conv2d(PATCH, len(weight), 1)
        folded.load_state_dict(
            {
                "weight": weight.permute(0, 2, 3, 1).reshape(-1, PATCH, 1, 1) / CONTRAST,
                "bias": weight.sum((1, 2, 3)) * (-PADDING_VALUE / CONTRAST),
            }
        )
        self.stem = nn.Sequential(folded, *rest)

    def forward(self, patches: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Patches [1,48,H/4,W/4] in; for each stride scores [1,h,w,c] and boxes [1,h,w,c,4] out."""
        outputs: list[torch.Tensor] = []
        for stride, (logits, raw) in zip(STRIDES, self.net.levels(self.stem(patches)), strict=True):
            outputs.append(torch.sigmoid(logits).permute(0, 2, 3, 1))
            sides = distances(raw, stride).permute(0, 2, 3, 1)
            one = self.net.classes == 1  # keeps the graph free of shape arithmetic where the size is dynamic
            outputs.append(
                sides.unsqueeze(3) if one else sides.reshape(*sides.shape[:3], self.net.classes, 4)
            )
        return tuple(outputs)


def patches_of(image: torch.Tensor) -> torch.Tensor:
    """Images [1,H,W,3] of bytes as patches [1,48,H/4,W/4] of 4x4 pixels: row, column, colour."""
    _, height, width, _ = image.shape
    blocks = image.reshape(1, height // 4, 4, width // 4, 12)
    return blocks.permute(0, 2, 4, 1, 3).reshape(1, PATCH, height // 4, width // 4).float()
