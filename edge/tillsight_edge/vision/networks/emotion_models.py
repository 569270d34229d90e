"""The emotion model of a name, whoever made it."""

from collections.abc import Callable

from ..errors import BadModel
from ..faces.emotion import EmotionModel, NetworkEmotion
from .registry import Model
from .upstream.deepface import DeepfaceEmotion
from .upstream.hsemotion import HsemotionEmotion
from .upstream.mini_xception import MiniXceptionEmotion

KINDS: dict[str, Callable[[Model], EmotionModel]] = {
    "tillsight": NetworkEmotion,
    "hsemotion": HsemotionEmotion,
    "deepface": DeepfaceEmotion,
    "mini_xception": MiniXceptionEmotion,
}


def open_emotion_model(model: Model) -> EmotionModel:
    """Verified and run once; BadModel where it cannot be used."""
    if model.entry.task != "emotion" or model.entry.decoder not in KINDS:
        raise BadModel(f"model {model.name}: {model.entry.decoder} for {model.entry.task} tells no emotion")
    return KINDS[model.entry.decoder](model)
