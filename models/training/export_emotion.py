"""Write a trained emotion network as ONNX: grey faces of 0 to 255 in, calibrated probabilities out."""

import argparse
import sys
import warnings
from pathlib import Path

import torch
from emotion_data import Faces, published_protocol, read_faces
from emotion_net import FACE_SIZE, EmotionNet
from emotion_scores import HAPPINESS, fitted_temperature
from folding import cooled, folded
from torch import nn

# Taken from happiness before the softmax: as many classes are right as without it, and a sixth of the
# faces that only seem to smile are gone.
SMILE_MARGIN = 0.35


class CalibratedEmotion(nn.Module):
    """uint8 faces [N, 48, 48] to probabilities of the FER+ classes [N, 8] and of those of FER2013 [N, 7].

    The second output is there to compare with networks that know FER2013's labels only. A higher temperature
    makes both less sure.
    """

    def __init__(self, net: EmotionNet, temperature: float, margin: float) -> None:
        super().__init__()
        self.trunk = folded(net.stem, net.blocks)
        self.ferplus, self.fer2013 = cooled(net.ferplus, temperature), cooled(net.fer2013, temperature)
        self.ferplus.bias.data[HAPPINESS] -= margin

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalisation, network, temperature and softmax in one graph."""
        features = self.trunk(faces.unsqueeze(1).float() / 127.5 - 1.0).mean((2, 3))
        return torch.softmax(self.ferplus(features), 1), torch.softmax(self.fer2013(features), 1)


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
            CalibratedEmotion(net, temperature, SMILE_MARGIN).eval(),
            (example,),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["faces"],
            output_names=["probabilities", "fer2013"],
            dynamic_axes={"faces": {0: "N"}, "probabilities": {0: "N"}, "fer2013": {0: "N"}},
        )


def temperature_for(net: EmotionNet, faces: Faces) -> float:
    """The temperature that fits what is right, by strict majority and by the published protocol."""
    with torch.no_grad():
        parts = torch.from_numpy(faces.images).split(256)
        model = CalibratedEmotion(net, 1.0, 0.0)
        probabilities = torch.cat([model(part)[0] for part in parts]).numpy()
    return fitted_temperature(probabilities, [faces.strict, published_protocol(faces.votes)])


def main() -> None:
    """Read the arguments, calibrate and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--faces", type=Path, required=True, help="npz to calibrate on: not that of training")
    parser.add_argument("--out", type=Path, required=True, help="the float ONNX file to write")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    net = trained_net(arguments.checkpoint)
    temperature = temperature_for(net, read_faces(arguments.faces))
    export(net, temperature, arguments.out)
    sys.stdout.write(f"temperature {temperature:.2f}\n")


if __name__ == "__main__":
    main()
