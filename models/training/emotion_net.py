"""The emotion network: a small residual network for grey 48x48 faces with two heads."""

import torch
from emotion_data import FER2013_CLASSES, FERPLUS_CLASSES
from torch import nn
from torch.nn import functional

FACE_SIZE = 48


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; at first a block adds nothing to its shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        nn.init.zeros_(self.second_norm.weight)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride) if stride != 1 else nn.Identity(),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[N, inputs, H, W] to [N, outputs, H / stride, W / stride]."""
        inner = functional.relu(self.first_norm(self.first(features)))
        return functional.relu(self.second_norm(self.second(inner)) + self.shortcut(features))


def residual_stages(widths: tuple[int, ...], depths: tuple[int, ...]) -> nn.Sequential:
    """Stages of residual blocks from widths[0] channels to widths[-1]; each stage halves the picture."""
    blocks: list[nn.Module] = []
    for inputs, outputs, depth in zip(widths[:-1], widths[1:], depths, strict=True):
        blocks.append(ResidualBlock(inputs, outputs, 2))
        blocks += [ResidualBlock(outputs, outputs, 1) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


class EmotionNet(nn.Module):
    """Logits for the eight FER+ classes and for the seven FER2013 classes of a face.

    `widths` are the channels of the stem and of the stages, `depths` the residual blocks per stage.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (16, 32, 64, 128, 256),
        depths: tuple[int, ...] = (1, 2, 2, 1),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.widths, self.depths = tuple(widths), tuple(depths)
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        self.blocks = residual_stages(widths, depths)
        self.dropout = nn.Dropout(dropout)
        self.ferplus = nn.Linear(widths[-1], len(FERPLUS_CLASSES))
        self.fer2013 = nn.Linear(widths[-1], len(FER2013_CLASSES))

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Grey faces [N, 1, 48, 48] with values 0 to 255 to logits [N, 8] and [N, 7]."""
        features = self.blocks(self.stem(faces / 127.5 - 1.0))
        pooled = self.dropout(features.mean((2, 3)))
        return self.ferplus(pooled), self.fer2013(pooled)
