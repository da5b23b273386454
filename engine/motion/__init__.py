"""Motion in a video, in pixels per frame, with the camera's own motion taken off.

NumPy and OpenCV only: importing this loads neither torch nor Qt.
"""

from engine.motion.camera import CameraMotion, camera_field, camera_motion
from engine.motion.flow import FLOWS, FrameFlow, flow_between, flows, significant_flow

__all__ = [
    "FLOWS",
    "CameraMotion",
    "FrameFlow",
    "camera_field",
    "camera_motion",
    "flow_between",
    "flows",
    "significant_flow",
]
