"""The models that can be asked for by name.

Apart from everything that loads them: menus and ``motion-inspector models`` read this page,
and it must cost no import of torch.
"""

from __future__ import annotations

from engine.types import ModelInfo

_KINETICS = "names 400 activities (Kinetics-400)"
_DOWNLOAD = "weights downloaded by torchvision's address or given as a file"

_INFOS = (
    ModelInfo(
        name="figures",
        title="Motion Figures",
        summary="names 8 activities of drawn figures; 16 frames of 112x112 at 15 frames/s; "
        "weights bundled, works offline",
        bundled=True,
    ),
    ModelInfo(
        name="r3d_18",
        title="ResNet 3D 18",
        summary=f"{_KINETICS}; 16 frames of 112x112 at 15 frames/s; {_DOWNLOAD} (127 MB)",
        bundled=False,
    ),
    ModelInfo(
        name="mc3_18",
        title="Mixed convolutions 18",
        summary=f"{_KINETICS}; 16 frames of 112x112 at 15 frames/s; {_DOWNLOAD} (45 MB)",
        bundled=False,
    ),
    ModelInfo(
        name="r2plus1d_18",
        title="R(2+1)D 18",
        summary=f"{_KINETICS}; 16 frames of 112x112 at 15 frames/s; {_DOWNLOAD} (120 MB)",
        bundled=False,
    ),
    ModelInfo(
        name="s3d",
        title="Separable 3D CNN (S3D)",
        summary=f"{_KINETICS}; 64 frames of 224x224 at 15 frames/s; {_DOWNLOAD} (32 MB)",
        bundled=False,
    ),
)

MODELS: dict[str, ModelInfo] = {info.name: info for info in _INFOS}
"""Name -> what menus show of the model, in the order of the menu."""
