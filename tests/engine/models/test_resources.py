from __future__ import annotations

import pytest

from resources import resource_bytes, resource_path


def test_resource_path_gives_a_real_file_with_the_content() -> None:
    with resource_path("__init__.py") as path:
        assert path.read_bytes() == resource_bytes("__init__.py")
        assert b"resource_path" in path.read_bytes()


def test_resource_path_names_what_is_missing() -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.bin is not among"):
        resource_path("nothing.bin")
