"""What networks of several files do, and go on doing beside a card."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.errors import ModelError
from engine.models.cards.trust import trust
from tests.engine.models.own_code.cards import NET, load, write_card
from tests.programs import agreeing

PACKAGE = {
    "models/__init__.py": "from .net import Net\n",
    "models/net.py": (
        "from __future__ import annotations\n"
        "import dataclasses, random\n"
        "from dataclasses import dataclass\n"
        "from torch import nn\n"
        "import models.blocks.conv as conv\n"
        "from . import settings\n"
        "from utils import double\n\n"
        "@dataclass\nclass Size:\n    side: int = double(settings.SIDE)\n\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.size = Size()\n"
        "        self.layer = conv.Layer()\n\n"
        "    def forward(self, x):\n"
        "        from models.blocks import late\n"
        "        return late.check(self.layer(x))\n"
    ),
    "models/settings.py": "SIDE = 4\n",
    "models/blocks/conv.py": (
        "from torch import nn\nfrom ..settings import *\nclass Layer(nn.ReLU): pass\n"
    ),
    "models/blocks/late.py": (
        "def check(x):\n    if x is None:\n        raise ValueError('late')\n    return x\n"
    ),
    "utils.py": "def double(x):\n    return 2 * x\n",
    "net.py": (
        "import importlib, os, sys\n"
        "sys.path.append(os.path.dirname(os.path.abspath(__file__)))\n"
        "from models import Net\n"
        "def build(num_classes):\n"
        "    assert importlib.import_module('models.net').Net is Net\n"
        "    assert importlib.import_module('.net', 'models').Net is Net\n"
        "    import utils\n"
        "    return Net()\n"
    ),
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    write_card(tmp_path)
    for name, text in PACKAGE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_package_is_asked_for_in_one_question(package: Path) -> None:
    network, asked = agreeing(lambda: load(package))
    assert sorted(str(file.path.relative_to(package)) for file in asked[0].files) == sorted(PACKAGE)
    assert len(asked) == 1
    assert vars(network)["size"].side == 8
    assert torch.equal(network(torch.tensor([-1.0, 1.0])), torch.tensor([0.0, 1.0]))
    assert not list(package.rglob("__pycache__"))


@pytest.mark.parametrize("target", ["models.net:Net", "models:Net", "net:build"])
def test_a_module_of_a_package_is_a_target(package: Path, target: str) -> None:
    write_card(package, target)
    network, asked = agreeing(lambda: load(package))
    assert type(network).__name__ == "Net"
    assert len(asked) == 1


def test_a_network_is_copied_pickled_and_shows_its_source(package: Path) -> None:
    network, _ = agreeing(lambda: load(package))
    assert type(copy.deepcopy(network)) is type(network)
    assert type(pickle.loads(pickle.dumps(network))) is type(network)
    (package / "models/net.py").write_text("# another text\n" * 30)
    assert inspect.getsource(type(network)).startswith("class Net(nn.Module):")
    network.layer = nn.Identity()
    with pytest.raises(ValueError, match="late") as caught:
        network(None)
    lines = "".join(traceback.format_exception(caught.value))
    assert f'File "{package / "models/blocks/late.py"}", line 3, in check' in lines
    assert "return late.check(self.layer(x))" in lines


def test_a_whole_pickled_network_finds_its_classes(package: Path) -> None:
    (package / "net.py").write_text(
        "import pickle\nfrom models.blocks.conv import Layer\n"
        "def build():\n    return pickle.loads(b'cmodels.blocks.conv\\nLayer\\n)R.')\n"
    )
    network, _ = agreeing(lambda: load(package))
    assert isinstance(network, nn.ReLU)


def test_two_cards_with_files_of_the_same_names_keep_their_own(tmp_path: Path) -> None:
    networks = []
    for name in ("ReLU", "Tanh"):
        folder = tmp_path / name
        folder.mkdir()
        write_card(folder)
        (folder / "utils.py").write_text(f"from torch import nn\nCHOSEN = nn.{name}\n")
        (folder / "net.py").write_text(
            "from torch import nn\nclass Net(nn.Module):\n"
            "    def forward(self, x):\n        import utils\n        return utils.CHOSEN()\n"
            "build = Net\n"
        )
        networks.append(agreeing(lambda folder=folder: load(folder))[0])
    assert [type(network(0)).__name__ for network in networks] == ["ReLU", "Tanh"]


def test_a_changed_file_beside_is_read_anew(package: Path) -> None:
    agreeing(lambda: load(package))
    (package / "utils.py").write_text("def double(x):\n    return 3 * x\n")
    network, asked = agreeing(lambda: load(package))
    assert vars(network)["size"].side == 12
    assert [file.path.name for file in asked[0].files] == ["utils.py"]
    assert asked[0].files[0].changed


def test_folders_of_the_names_of_installed_packages_are_no_packages(tmp_path: Path) -> None:
    write_card(tmp_path)
    for name in ("torch", "numpy", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine/__init__.py").touch()
    (tmp_path / "engine/trainer.py").write_text("from torch import nn\nimport numpy\n")
    (tmp_path / "net.py").write_text("from engine.trainer import nn\nbuild = nn.ReLU\n")
    network, _ = agreeing(lambda: load(tmp_path))
    assert isinstance(network, nn.ReLU)


def test_an_absent_module_is_named_as_it_is_written(tmp_path: Path) -> None:
    write_card(tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/one.py").touch()
    for line, name in (("import gone_one", "gone_one"), ("import parts.two", "parts.two")):
        (tmp_path / "net.py").write_text(f"{line}\n{NET}")
        with pytest.raises(ModelError, match=f"No module named '{name}'"):
            agreeing(lambda: load(tmp_path))


def test_a_module_that_is_tried_and_absent_is_done_without(tmp_path: Path) -> None:
    write_card(tmp_path)
    text = "try:\n    import gone_one\nexcept ImportError:\n    gone_one = None\n"
    (tmp_path / "net.py").write_text(text + NET)
    agreeing(lambda: load(tmp_path))


def test_script_of_a_network_is_made_of_the_text_that_ran(tmp_path: Path) -> None:
    write_card(tmp_path)
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n"
        "    def forward(self, x: torch.Tensor) -> torch.Tensor:\n        return x + 1\n"
        "def build():\n    with open(__file__, 'a') as file:\n        file.write('# more')\n"
        "    return torch.fx.symbolic_trace(Net())\n"
    )
    network, _ = agreeing(lambda: load(tmp_path))
    assert network(torch.zeros(1)).item() == 1


def test_trust_for_one_folder_leaves_that_of_others(package: Path, tmp_path: Path) -> None:
    agreeing(lambda: load(package))
    trust("http://127.0.0.1:1/score")
    load(package)
