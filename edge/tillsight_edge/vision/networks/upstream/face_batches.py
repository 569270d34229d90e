"""Faces through networks of others, a batch at a time, into the eight classes of FER+."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...errors import BadModel
from ...faces.emotion import BATCH, FERPLUS, Crop, Probabilities
from ..onnx_model import Array, Contract, OnnxModel, Tensor
from ..registry import Model


class FaceNetwork:
    """A network of floats that gives one number for each of its classes, in whatever order they are."""

    def __init__(self, model: Model, shape: tuple[int, ...]) -> None:
        """`shape` of one face as the network takes it."""
        entry = model.entry
        if strangers := set(entry.classes) - set(FERPLUS):
            raise BadModel(f"model {entry.name}: class {min(strangers)!r} is none of {', '.join(FERPLUS)}")
        self._classes = entry.classes
        self._batch = entry.input[0] or BATCH
        trial = entry.input[0] or 2
        self._network = OnnxModel(
            model.read(),
            entry.name,
            Contract(
                input=Tensor("", "float32", (entry.input[0], *shape)),
                trial=(trial, *shape),
                outputs=(Tensor("", "float32", (trial, 0)),),
            ),
        )
        values = self._network.run(np.zeros((trial, *shape), np.float32))[0].shape[1]
        if values < len(entry.classes):
            raise BadModel(f"model {entry.name}: gives {values} values, should give {len(entry.classes)}")

    def run(self, faces: Sequence[Array]) -> Probabilities:
        """Values [N, classes] in the network's order; what it gives besides them is left out."""
        rows = [np.zeros((0, len(self._classes)), np.float32)]
        for part in self._batches(faces):
            rows.append(self._network.run(part)[0][:, : len(self._classes)])
        return np.concatenate(rows)[: len(faces)]

    def in_order(self, probabilities: Probabilities) -> Probabilities:
        """[N, 8] in the order of FER+; 0 for a class that the network has not."""
        ordered = np.zeros((len(probabilities), len(FERPLUS)), np.float32)
        ordered[:, [FERPLUS.index(name) for name in self._classes]] = probabilities
        return ordered

    def _batches(self, faces: Sequence[Array]) -> Iterator[Array]:
        """Of equal size where the network wants it: the last one is filled up with its last face."""
        for start in range(0, len(faces), self._batch):
            part = list(faces[start : start + self._batch])
            if self._batch != BATCH:
                part += [part[-1]] * (self._batch - len(part))
            yield np.stack(part).astype(np.float32, copy=False)


def shares(values: Probabilities) -> Probabilities:
    """Rows of logits as probabilities."""
    powers = np.exp(values - values.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)


def as_colour(crop: Crop) -> Crop:
    """[H, W, 3], a grey crop with three equal channels."""
    return crop if crop.ndim == 3 else np.repeat(crop[:, :, None], 3, 2)
