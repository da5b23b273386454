"""The models that can be asked for by name.

Apart from everything that loads them: menus and ``motion-inspector models`` read this page,
and it must cost no import of torch. Tests compare it with what is loaded.
"""

from __future__ import annotations

from engine.types import ModelInfo

_KINETICS = "names 400 activities (Kinetics-400)"
_TERMS = "the terms of its training data, Kinetics-400, may apply"
_BSD = f"BSD 3-Clause (torchvision); {_TERMS}"
_APACHE = f"Apache 2.0 ({{}}), by way of torchvision; {_TERMS}"


def _torchvision(
    name: str,
    title: str,
    seen: str,
    accuracies: tuple[float, float],
    download_mb: float,
    licence: str = _BSD,
) -> ModelInfo:
    """Describe a network of torchvision, whose own metadata would import torch."""
    first, fifth = accuracies
    return ModelInfo(
        name=name,
        title=title,
        summary=f"{_KINETICS}; {seen}; weights downloaded once or given as a file",
        bundled=False,
        accuracy=f"top-1 {first:.1f} %, top-5 {fifth:.1f} % on Kinetics-400",
        licence=licence,
        download_mb=download_mb,
    )


def _published(name: str, title: str, classes: int, seen: str) -> ModelInfo:
    """Describe a network of `engine.models.networks`, whose weights the user brings."""
    summary = f"names {classes} activities; {seen}; weights given as a file"
    return ModelInfo(name, title, summary, bundled=False)


_INFOS = (
    ModelInfo(
        name="figures",
        title="Motion Figures",
        summary="names 8 activities of drawn figures; 16 frames of 112x112 at 15 frames/s; "
        "weights bundled, works offline",
        bundled=True,
        licence="MIT, as this program",
    ),
    _torchvision(
        "r3d_18", "ResNet 3D 18", "16 frames of 112x112 at 15 frames/s", (63.2, 83.479), 127.359
    ),
    _torchvision(
        "mc3_18",
        "Mixed convolutions 18",
        "16 frames of 112x112 at 15 frames/s",
        (63.96, 84.13),
        44.672,
    ),
    _torchvision(
        "r2plus1d_18",
        "R(2+1)D 18",
        "16 frames of 112x112 at 15 frames/s",
        (67.463, 86.175),
        120.318,
    ),
    _torchvision(
        "s3d",
        "Separable 3D CNN (S3D)",
        "64 frames of 224x224 at 15 frames/s",
        (68.368, 88.05),
        31.972,
    ),
    _torchvision(
        "mvit_v1_b",
        "MViT v1 B",
        "16 frames of 224x224 at 7.5 frames/s",
        (78.477, 93.582),
        139.764,
        _APACHE.format("PyTorchVideo"),
    ),
    _torchvision(
        "mvit_v2_s",
        "MViT v2 S",
        "16 frames of 224x224 at 7.5 frames/s",
        (80.757, 94.665),
        131.884,
        _APACHE.format("SlowFast"),
    ),
    _torchvision(
        "swin3d_t",
        "Video Swin T",
        "32 frames of 224x224 at 15 frames/s",
        (77.715, 93.519),
        121.543,
        _APACHE.format("Video Swin Transformer"),
    ),
    _torchvision(
        "swin3d_s",
        "Video Swin S",
        "32 frames of 224x224 at 15 frames/s",
        (79.521, 94.158),
        218.288,
        _APACHE.format("Video Swin Transformer"),
    ),
    _torchvision(
        "swin3d_b",
        "Video Swin B",
        "32 frames of 224x224 at 15 frames/s",
        (79.427, 94.386),
        364.134,
        _APACHE.format("Video Swin Transformer"),
    ),
    _published("c3d", "C3D (BGR, mean-subtracted)", 487, "16 frames of 112x112, every frame"),
    _published("c3d_rgb", "C3D (RGB as it is)", 487, "16 frames of 112x112, every frame"),
    _published("resnet3d_18", "3D ResNet 18 (2017)", 400, "16 frames of 112x112, every frame"),
    _published("resnet3d_34", "3D ResNet 34 (2017)", 400, "16 frames of 112x112, every frame"),
    _published("resnet3d_50", "3D ResNet 50 (2017)", 400, "16 frames of 112x112, every frame"),
    _published("resnet3d_101", "3D ResNet 101 (2017)", 400, "16 frames of 112x112, every frame"),
    _published("resnext3d_101", "3D ResNeXt 101 (2017)", 400, "16 frames of 112x112, every frame"),
    _published(
        "wide_resnet3d_50", "3D wide ResNet 50 (2017)", 400, "16 frames of 112x112, every frame"
    ),
    _published("resnet3d_18_2020", "3D ResNet 18 (2020)", 700, "16 frames of 112x112, every frame"),
    _published("resnet3d_34_2020", "3D ResNet 34 (2020)", 700, "16 frames of 112x112, every frame"),
    _published("resnet3d_50_2020", "3D ResNet 50 (2020)", 700, "16 frames of 112x112, every frame"),
    _published(
        "resnet3d_101_2020", "3D ResNet 101 (2020)", 700, "16 frames of 112x112, every frame"
    ),
    _published("i3d", "I3D (RGB)", 400, "64 frames of 224x224 at 25 frames/s"),
    _published(
        "slowfast_4x16_r50", "SlowFast 4x16, ResNet 50", 400, "32 frames of 256x256 at 15 frames/s"
    ),
    _published(
        "slowfast_8x8_r50", "SlowFast 8x8, ResNet 50", 400, "32 frames of 256x256 at 15 frames/s"
    ),
    _published("slow_r50", "Slow 8x8, ResNet 50", 400, "8 frames of 256x256 at 3.75 frames/s"),
    _published("x3d_xs", "X3D XS", 400, "4 frames of 182x182 at 2.5 frames/s"),
    _published("x3d_s", "X3D S", 400, "13 frames of 182x182 at 5 frames/s"),
    _published("x3d_m", "X3D M", 400, "16 frames of 256x256 at 6 frames/s"),
)

MODELS: dict[str, ModelInfo] = {info.name: info for info in _INFOS}
"""Name -> what menus show of the model, in the order of the menu."""
