"""Write a trained age and gender network as ONNX: RGB faces of 0 to 255 in, calibrated probabilities out."""

import argparse
import sys
import warnings
from pathlib import Path

import torch
from demographics_data import FACE_SIZE, Chips, band_of, read_chips
from demographics_net import DemographicsNet, bands_of
from emotion_scores import calibration_error
from folding import cooled, folded
from torch import nn


class Demographics(nn.Module):
    """uint8 RGB faces [N, 64, 64, 3] to probabilities of the bands [N, 5] and of male, female [N, 2]."""

    def __init__(self, net: DemographicsNet, age_temperature: float, gender_temperature: float) -> None:
        super().__init__()
        self.trunk = folded(net.stem, net.blocks)
        self.age, self.gender = cooled(net.age, age_temperature), cooled(net.gender, gender_temperature)

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalisation, network, temperatures, softmax and the sums over years in one graph."""
        features = self.trunk(faces.permute(0, 3, 1, 2).float() / 127.5 - 1.0).mean((2, 3))
        return bands_of(torch.softmax(self.age(features), 1)), torch.softmax(self.gender(features), 1)


def trained_net(checkpoint: Path) -> DemographicsNet:
    """The averaged network of a checkpoint, ready to be used."""
    state = torch.load(checkpoint, weights_only=True)
    net = DemographicsNet(tuple(state["widths"]), tuple(state["depths"]))
    net.load_state_dict(state["average"])
    return net.eval()


@torch.no_grad()
def temperatures_for(net: DemographicsNet, chips: Chips) -> tuple[float, float]:
    """The temperatures, 0.6 to 2, at which the confidence in band and gender fits what is right."""
    parts = torch.from_numpy(chips.images).permute(0, 3, 1, 2).split(256)
    age, gender = (torch.cat(logits) for logits in zip(*(net(part.float()) for part in parts), strict=True))

    def band_error(temperature: float) -> float:
        return calibration_error(bands_of(torch.softmax(age / temperature, 1)).numpy(), band_of(chips.age))

    def gender_error(temperature: float) -> float:
        return calibration_error(torch.softmax(gender / temperature, 1).numpy(), chips.gender)

    choices = [round(0.6 + 0.02 * step, 2) for step in range(71)]
    return min(choices, key=band_error), min(choices, key=gender_error)


def export(net: DemographicsNet, temperatures: tuple[float, float], path: Path) -> None:
    """Write the network for any number of faces per call."""
    example = torch.zeros(2, FACE_SIZE, FACE_SIZE, 3, dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Demographics(net, *temperatures).eval(),
            (example,),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["faces"],
            output_names=["age_band", "gender"],
            dynamic_axes={"faces": {0: "N"}, "age_band": {0: "N"}, "gender": {0: "N"}},
        )


def main() -> None:
    """Read the arguments, calibrate on the held-out chips and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="zip with images/ and labels.csv")
    parser.add_argument("--out", type=Path, required=True, help="the float ONNX file to write")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    net = trained_net(arguments.checkpoint)
    chips = read_chips(arguments.data)
    temperatures = temperatures_for(net, chips.part(chips.held_out))
    export(net, temperatures, arguments.out)
    sys.stdout.write(f"temperatures: age {temperatures[0]:.2f}, gender {temperatures[1]:.2f}\n")


if __name__ == "__main__":
    main()
