"""The models that can be asked for by name.

Apart from everything that loads them: menus and ``motion-inspector models`` read this page,
and it must cost no import of torch. Tests compare it with what is loaded.
"""

from __future__ import annotations

from engine.descriptions import ModelInfo

_EVERY, _SECOND = "every frame", "every second frame"
_TERMS = "the terms of its training data, Kinetics-400, may apply"


def _torchvision(
    name: str,
    title: str,
    clip: tuple[int, int, float],
    accuracies: tuple[float, float],
    download_mb: float,
    origin: str,
) -> ModelInfo:
    """Describe a network of torchvision, whose own metadata would import torch."""
    first, fifth = accuracies
    licence = f"Apache 2.0 ({origin}), by way of torchvision" if origin else ""
    return ModelInfo(
        name=name,
        title=title,
        summary=f"names 400 activities (Kinetics-400); {_clip_text(*clip)}; "
        "weights downloaded once or given as a file",
        bundled=False,
        accuracy=f"top-1 {first:.1f} %, top-5 {fifth:.1f} % on Kinetics-400",
        licence=f"{licence or 'BSD 3-Clause (torchvision)'}; {_TERMS}",
        download_mb=download_mb,
        file=f"{name}{_FILE_ENDINGS[name]}.pth",
    )


def _published(
    name: str, title: str, classes: int, clip: tuple[int, int, float | str | None]
) -> ModelInfo:
    """Describe a network of `engine.models.networks`, whose weights the user brings."""
    summary = f"names {classes} activities; {_clip_text(*clip)}; weights given as a file"
    return ModelInfo(name, title, summary, bundled=False)


def _clip_text(frames: int, side_px: int, rate: float | str | None) -> str:
    """Return the input in words. A rate is frames/s, words, or None for every frame."""
    words = f" at {rate:g} frames/s" if isinstance(rate, int | float) else f", {rate or _EVERY}"
    return f"{frames} frames of {side_px}x{side_px}{words}"


_FIGURES = ModelInfo(
    name="figures",
    title="Motion Figures",
    summary=f"names 8 activities of drawn figures; {_clip_text(16, 112, 15)}; "
    "weights bundled, works offline",
    bundled=True,
    licence="MIT, as this program",
)
_SWIN = "Video Swin Transformer"
_TORCHVISION = (  # clip, accuracy of the first and the first five in %, MB, where it came from
    ("r3d_18", "ResNet 3D 18", (16, 112, 15), (63.2, 83.479), 127.359, ""),
    ("mc3_18", "Mixed convolutions 18", (16, 112, 15), (63.96, 84.13), 44.672, ""),
    ("r2plus1d_18", "R(2+1)D 18", (16, 112, 15), (67.463, 86.175), 120.318, ""),
    ("s3d", "Separable 3D CNN (S3D)", (64, 224, 15), (68.368, 88.05), 31.972, ""),
    ("mvit_v1_b", "MViT v1 B", (16, 224, 7.5), (78.477, 93.582), 139.764, "PyTorchVideo"),
    ("mvit_v2_s", "MViT v2 S", (16, 224, 7.5), (80.757, 94.665), 131.884, "SlowFast"),
    ("swin3d_t", "Video Swin T", (32, 224, 15), (77.715, 93.519), 121.543, _SWIN),
    ("swin3d_s", "Video Swin S", (32, 224, 15), (79.521, 94.158), 218.288, _SWIN),
    ("swin3d_b", "Video Swin B", (32, 224, 15), (79.427, 94.386), 364.134, _SWIN),
)
_FILE_ENDINGS = {  # of the weights that torchvision takes by default
    "r3d_18": "-b3b3357e",
    "mc3_18": "-a90a0ba3",
    "r2plus1d_18": "-91a641e6",
    "s3d": "-d76dad2f",
    "mvit_v1_b": "-dbeb1030",
    "mvit_v2_s": "-ae3be167",
    "swin3d_t": "-7615ae03",
    "swin3d_s": "-da41c237",
    "swin3d_b": "_1k-24f7c7c6",
}
_PUBLISHED = (  # classes, clip
    ("c3d", "C3D (BGR, mean-subtracted)", 487, (16, 112, None)),
    ("c3d_rgb", "C3D (RGB as it is)", 487, (16, 112, None)),
    ("c3d_bn", "C3D with BatchNorm", 27, (16, 112, _SECOND)),
    ("resnet3d_18", "3D ResNet 18 (2017)", 400, (16, 112, None)),
    ("resnet3d_34", "3D ResNet 34 (2017)", 400, (16, 112, None)),
    ("resnet3d_50", "3D ResNet 50 (2017)", 400, (16, 112, None)),
    ("resnet3d_101", "3D ResNet 101 (2017)", 400, (16, 112, None)),
    ("resnext3d_101", "3D ResNeXt 101 (2017)", 400, (16, 112, None)),
    ("wide_resnet3d_50", "3D wide ResNet 50 (2017)", 400, (16, 112, None)),
    ("resnet3d_18_2020", "3D ResNet 18 (2020)", 700, (16, 112, None)),
    ("resnet3d_34_2020", "3D ResNet 34 (2020)", 700, (16, 112, None)),
    ("resnet3d_50_2020", "3D ResNet 50 (2020)", 700, (16, 112, None)),
    ("resnet3d_101_2020", "3D ResNet 101 (2020)", 700, (16, 112, None)),
    ("i3d", "I3D (RGB)", 400, (64, 224, 25)),
    ("slowfast_4x16_r50", "SlowFast 4x16, ResNet 50", 400, (32, 256, 15)),
    ("slowfast_8x8_r50", "SlowFast 8x8, ResNet 50", 400, (32, 256, 15)),
    ("slow_r50", "Slow 8x8, ResNet 50", 400, (8, 256, 3.75)),
    ("x3d_xs", "X3D XS", 400, (4, 182, 2.5)),
    ("x3d_s", "X3D S", 400, (13, 182, 5)),
    ("x3d_m", "X3D M", 400, (16, 256, 6)),
    ("ir_csn", "CSN, interaction-reduced", 400, (32, 224, _SECOND)),
    ("ip_csn", "CSN, interaction-preserved", 400, (32, 224, _SECOND)),
    ("csn_r101", "CSN, ResNet 101", 400, (32, 256, 15)),
    ("s3d_kinetics", "S3D (2018)", 400, (64, 224, 25)),
    ("s3dg", "S3D-G, HowTo100M", 512, (32, 224, 10)),
    ("tsm_resnet50", "TSM, ResNet 50", 400, (8, 224, "every 8th frame")),
    ("shufflenet3d", "3D ShuffleNet, any width", 27, (16, 112, _SECOND)),
    ("shufflenet3d_x0_5", "3D ShuffleNet 0.5x", 27, (16, 112, _SECOND)),
    ("shufflenet3d_x1_0", "3D ShuffleNet 1.0x", 27, (16, 112, _SECOND)),
    ("shufflenet3d_x1_5", "3D ShuffleNet 1.5x", 27, (16, 112, _SECOND)),
    ("shufflenet3d_x2_0", "3D ShuffleNet 2.0x", 27, (16, 112, _SECOND)),
    ("shufflenetv2_3d", "3D ShuffleNet v2, any width", 27, (16, 112, _SECOND)),
    ("mobilenet3d", "3D MobileNet, any width", 27, (16, 112, _SECOND)),
    ("mobilenetv2_3d", "3D MobileNet v2, any width", 27, (16, 112, _SECOND)),
    ("squeezenet3d", "3D SqueezeNet 1.0 or 1.1", 27, (16, 112, _SECOND)),
)
_INFOS = (
    _FIGURES,
    *(_torchvision(*facts) for facts in _TORCHVISION),
    *(_published(*facts) for facts in _PUBLISHED),
)

MODELS: dict[str, ModelInfo] = {info.name: info for info in _INFOS}
"""Name -> what menus show of the model, in the order of the menu."""
