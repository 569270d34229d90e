"""Folded networks answer what the trained ones answer; needs the `training` extra."""

from typing import Any

import pytest
from tests.harness.training import training_module

pytestmark = pytest.mark.training


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def lively(net: Any, torch: Any) -> Any:
    """With normalisation layers as after training: none of their numbers is 0 or 1."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight, module.bias, module.running_mean, module.running_var):
                values.data.uniform_(0.2, 1.2)
    return net.eval()


@pytest.mark.parametrize(
    ("module", "name", "channels", "size"),
    [("emotion_net", "EmotionNet", 1, 48), ("demographics_net", "DemographicsNet", 3, 64)],
)
def test_a_folded_trunk_is_the_same_function(
    torch: Any, module: str, name: str, channels: int, size: int
) -> None:
    torch.manual_seed(1)
    net = lively(getattr(training_module(module), name)((4, 8, 8, 12, 16), (1, 2, 2, 1)), torch)
    folded = training_module("folding").folded(net.stem, net.blocks)
    pictures = torch.rand(3, channels, size, size) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(folded(pictures), net.blocks(net.stem(pictures)), rtol=1e-4, atol=1e-4)


def test_a_cooled_layer_is_divided_by_its_temperature_and_the_given_one_is_left_alone(torch: Any) -> None:
    head, features = torch.nn.Linear(5, 3), torch.rand(2, 5)
    expected = head(features) / 0.65
    cooled = training_module("folding").cooled(head, 0.65)
    assert torch.allclose(cooled(features), expected, atol=1e-6)
    assert torch.allclose(head(features) / 0.65, expected, atol=1e-6)
