"""Write a trained emotion network as ONNX: grey faces of 0 to 255 in, calibrated probabilities out."""

import argparse
import warnings
from pathlib import Path

import torch
from emotion_net import FACE_SIZE, EmotionNet
from torch import nn


class CalibratedEmotion(nn.Module):
    """uint8 faces [N, 48, 48] to probabilities [N, 8]; a higher temperature makes them less sure."""

    def __init__(self, net: EmotionNet, temperature: float) -> None:
        super().__init__()
        self.net, self.temperature = net, temperature

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """Normalisation, network, temperature and softmax in one graph."""
        ferplus, _ = self.net(faces.float().unsqueeze(1))
        return torch.softmax(ferplus / self.temperature, 1)


def trained_net(checkpoint: Path) -> EmotionNet:
    """The averaged network of a checkpoint, ready to be used."""
    state = torch.load(checkpoint, weights_only=True)
    net = EmotionNet(tuple(state["widths"]), tuple(state["depths"]))
    net.load_state_dict(state["average"])
    return net.eval()


def export(net: EmotionNet, temperature: float, path: Path) -> None:
    """Write the network for any number of faces per call, normalisation folded into the convolutions."""
    example = torch.zeros(2, FACE_SIZE, FACE_SIZE, dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            CalibratedEmotion(net, temperature).eval(),
            (example,),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["faces"],
            output_names=["probabilities"],
            dynamic_axes={"faces": {0: "N"}, "probabilities": {0: "N"}},
        )


def main() -> None:
    """Read the arguments and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--out", type=Path, required=True, help="the float ONNX file to write")
    arguments = parser.parse_args()
    export(trained_net(arguments.checkpoint), arguments.temperature, arguments.out)


if __name__ == "__main__":
    main()
