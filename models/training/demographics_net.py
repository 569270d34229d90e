"""The age and gender network: a small residual network for coloured 64x64 faces."""

from itertools import pairwise

import torch
from demographics_data import BAND_STARTS, GENDERS
from emotion_net import EmotionNet, residual_stages
from torch import nn

AGES = 101


def bands_of(ages: torch.Tensor) -> torch.Tensor:
    """Probabilities of single years [N, 101] to those of the five bands [N, 5]."""
    edges = (*BAND_STARTS, AGES)
    return torch.cat([ages[:, low:high].sum(1, keepdim=True) for low, high in pairwise(edges)], 1)


class DemographicsNet(nn.Module):
    """Logits for the age in years (100 and above are one) and for male, female."""

    def __init__(
        self, widths: tuple[int, ...] = (16, 32, 64, 128, 256), depths: tuple[int, ...] = (1, 2, 2, 1)
    ) -> None:
        super().__init__()
        self.widths, self.depths = tuple(widths), tuple(depths)
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        self.blocks = residual_stages(widths, depths)
        self.dropout = nn.Dropout(0.3)
        self.age = nn.Linear(widths[-1], AGES)
        self.gender = nn.Linear(widths[-1], len(GENDERS))

    def begin_from(self, emotion: EmotionNet) -> None:
        """Take over what the emotion network sees in grey faces; each colour starts as a third of it."""
        stem = {name: weight.clone() for name, weight in emotion.stem.state_dict().items()}
        stem["0.weight"] = stem["0.weight"].repeat(1, 3, 1, 1) / 3
        self.stem.load_state_dict(stem)
        self.blocks.load_state_dict(emotion.blocks.state_dict())

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """RGB faces [N, 3, 64, 64] with values 0 to 255 to logits [N, 101] and [N, 2]."""
        features = self.blocks(self.stem(faces / 127.5 - 1.0))
        pooled = self.dropout(features.mean((2, 3)))
        return self.age(pooled), self.gender(pooled)
