"""The same network with fewer and larger steps: what training needs apart is folded together before export.

Every function here returns layers that compute what the given ones compute, up to rounding.
"""

import copy

import torch
from emotion_net import ResidualBlock
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval


class FoldedBlock(nn.Module):
    """A residual block without normalisation layers; `first` pads by itself or by `pad`."""

    def __init__(self, block: ResidualBlock) -> None:
        super().__init__()
        self.pad: nn.Module = nn.Identity()
        self.first = fuse_conv_bn_eval(block.first, block.first_norm)
        self.second = fuse_conv_bn_eval(block.second, block.second_norm)
        self.shortcut = folded_shortcut(block.shortcut)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """As the block does."""
        inner = functional.relu(self.first(self.pad(features)))
        return functional.relu(self.second(inner) + self.shortcut(features))


def folded_shortcut(shortcut: nn.Module) -> nn.Module:
    """Averaging over 2x2 and mixing channels as one convolution with stride 2."""
    if isinstance(shortcut, nn.Identity):
        return shortcut
    _, mix, norm = shortcut
    fused = fuse_conv_bn_eval(mix, norm)
    whole = nn.Conv2d(mix.in_channels, mix.out_channels, 2, 2)
    whole.weight.data = fused.weight.data.expand(-1, -1, 2, 2) / 4
    whole.bias.data = fused.bias.data
    return whole


def halved_stem(stem: nn.Conv2d) -> nn.Conv2d:
    """A 3x3 convolution whose 2x2 neighbouring outputs become four groups of channels at half the size."""
    outputs = stem.out_channels
    half = nn.Conv2d(stem.in_channels, 4 * outputs, 4, 2, 1)
    half.weight.data.zero_()
    for group, (down, right) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        rows = slice(group * outputs, (group + 1) * outputs)
        half.weight.data[rows, :, down : down + 3, right : right + 3] = stem.weight.data
    half.bias.data = stem.bias.data.repeat(4)
    return half


def after_halved(conv: nn.Conv2d) -> nn.Conv2d:
    """A convolution of stride 2 reading four groups: 3x3 becomes 2x2 (rows -1 and 0), 2x2 becomes 1x1."""
    size = {3: 2, 2: 1}[conv.kernel_size[0]]
    start = 1 if size == 2 else 0
    half = nn.Conv2d(4 * conv.in_channels, conv.out_channels, size)
    half.weight.data.zero_()
    grouped = half.weight.data.view(conv.out_channels, 2, 2, conv.in_channels, size, size)
    for row in range(conv.kernel_size[0]):
        for column in range(conv.kernel_size[0]):
            place = (row + start, column + start)
            grouped[:, place[0] % 2, place[1] % 2, :, place[0] // 2, place[1] // 2] = conv.weight.data[
                :, :, row, column
            ]
    half.bias.data = conv.bias.data
    return half


def folded(stem: nn.Sequential, blocks: nn.Sequential) -> nn.Sequential:
    """Stem and residual blocks of a trained network (in evaluation mode) in the fast form."""
    stem, blocks = copy.deepcopy(stem), copy.deepcopy(blocks)
    folded_blocks = [FoldedBlock(block) for block in blocks]
    first = folded_blocks[0]
    first.pad = nn.ZeroPad2d((1, 0, 1, 0))
    first.first, first.shortcut = after_halved(first.first), after_halved(first.shortcut)
    fused_stem = fuse_conv_bn_eval(stem[0], stem[1])
    return nn.Sequential(halved_stem(fused_stem), nn.ReLU(), *folded_blocks)


def cooled(head: nn.Linear, temperature: float) -> nn.Linear:
    """The layer with its outputs divided by the temperature."""
    cool = copy.deepcopy(head)
    cool.weight.data /= temperature
    cool.bias.data /= temperature
    return cool
