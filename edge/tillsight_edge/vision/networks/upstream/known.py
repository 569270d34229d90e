"""Models of others that can be imported by name: what they are, and where their authors keep them."""

from dataclasses import dataclass

from tillsight_models.manifest import Decoder, Task

FER2013 = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
AFFECTNET = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")


@dataclass(frozen=True)
class Known:
    """What is the same for every file of a kind."""

    task: Task
    decoder: Decoder
    classes: tuple[str, ...]
    """In the order of the output, in our words."""
    threshold: float
    licence: str
    data: str
    source: str
    address: str | None = None
    """Of the file; None where its authors offer none that can be used as it is."""
    sha256: str | None = None
    """Of that file, where it could be computed; None: the site compares the hash that is printed."""


KNOWN = {
    "yunet": Known(
        "faces",
        "yunet",
        ("face",),
        0.6,
        "Apache-2.0",
        "WIDER FACE",
        "ShiqiYu/libfacedetection.train, onnx/yunet_n_dynamic.onnx",
        "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/master/onnx/yunet_n_dynamic.onnx",
        "104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12",
    ),
    "ultraface": Known(
        "faces",
        "ultraface",
        ("face",),
        0.6,
        "MIT",
        "WIDER FACE",
        "Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB, models/onnx/version-RFB-320.onnx",
        "https://raw.githubusercontent.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB/master/models/onnx/"
        "version-RFB-320.onnx",
        "34cd7e60aeff28744c657de7a3dc64e872d506741de66987f3426f2b79f88017",
    ),
    "yolox-nano": Known(
        "persons",
        "yolox",
        ("person",),
        0.4,
        "Apache-2.0",
        "COCO 2017",
        "Megvii-BaseDetection/YOLOX, release 0.1.1rc0",
        "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx",
    ),
    "hsemotion": Known(
        "emotion",
        "hsemotion",
        AFFECTNET,
        0.5,
        "Apache-2.0; AffectNet, on which it was trained, is for research only",
        "VGGFace2, AffectNet",
        "HSE-asavchenko/face-emotion-recognition, enet_b0_8_best_vgaf.onnx",
        "https://github.com/HSE-asavchenko/face-emotion-recognition/blob/main/models/affectnet_emotions/onnx/"
        "enet_b0_8_best_vgaf.onnx?raw=true",
    ),
    "deepface-emotion": Known(
        "emotion",
        "deepface",
        FER2013,
        0.5,
        "MIT; the pictures of FER2013, on which it was trained, carry no licence",
        "FER2013",
        "serengil/deepface_models, release v1.0, facial_expression_model_weights.onnx",
        "https://github.com/serengil/deepface_models/releases/download/v1.0/facial_expression_model_weights.onnx",
    ),
    "mini-xception": Known(
        "emotion",
        "mini_xception",
        FER2013,
        0.5,
        "MIT; the pictures of FER2013, on which it was trained, carry no licence",
        "FER2013",
        "oarriaga/face_classification, fer2013_mini_XCEPTION.102-0.66.hdf5 brought to ONNX",
    ),
}
"""By the name that `tillsight-edge models import` takes."""
