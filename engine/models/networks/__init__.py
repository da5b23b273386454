"""Published networks whose weights the user brings: small definitions under the published names.

`NETWORKS` has them all. Their weights have no address here: they are given as a file.
"""

from __future__ import annotations

from engine.models.networks import (
    c3d,
    csn,
    i3d,
    mobilenet3d,
    resnet3d,
    s3d,
    shufflenet3d,
    shufflenetv2_3d,
    slowfast,
    squeezenet3d,
    tsm,
    x3d,
)
from engine.models.networks.network import Network

__all__ = ["NETWORKS", "Network"]

NETWORKS: dict[str, Network] = {
    **c3d.NETWORKS,
    **resnet3d.NETWORKS,
    **i3d.NETWORKS,
    **slowfast.NETWORKS,
    **x3d.NETWORKS,
    **csn.NETWORKS,
    **s3d.NETWORKS,
    **tsm.NETWORKS,
    **shufflenet3d.NETWORKS,
    **shufflenetv2_3d.NETWORKS,
    **mobilenet3d.NETWORKS,
    **squeezenet3d.NETWORKS,
}
"""Name -> network, in the order of the menu."""
