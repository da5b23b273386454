"""Ways to have code run that nobody agreed to. Each leaves a mark in a file if it runs."""

from __future__ import annotations

import importlib.util
import marshal
import os
import py_compile
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn

from engine.errors import ModelError, UntrustedCode, UntrustedError
from engine.models.cards.trust import require_trust, trust
from engine.models.own_code.finder import CardFinder
from engine.models.own_code.static_imports import named_imports
from engine.utils.printable import code_lines
from tests.engine.models.own_code.cards import NET, asked_for, load, write_card
from tests.programs import agreeing, code_of, trust_file

posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")


def test_bytecode_beside_a_trusted_file_is_not_read(home: Path, evil: str) -> None:
    source = home / "net.py"
    (home / "evil.py").write_text(evil + NET)
    cached = Path(
        py_compile.compile(
            str(home / "evil.py"),
            cfile=str(home / f"__pycache__/net.{sys.implementation.cache_tag}.pyc"),
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    )
    (home / "evil.py").unlink()
    before = cached.read_bytes()
    trust_file(source, "build")
    assert isinstance(load(home), nn.Identity)
    assert cached.read_bytes() == before
    assert [path.name for path in cached.parent.iterdir()] == [cached.name]


def test_a_copy_elsewhere_is_asked_for_again(home: Path, tmp_path: Path, evil: str) -> None:
    (home / "net.py").write_text("import parts\n" + NET)
    (home / "parts.py").touch()
    agreeing(lambda: load(home))
    other = tmp_path / "copy"
    other.mkdir()
    write_card(other)
    (other / "net.py").write_bytes((home / "net.py").read_bytes())
    (other / "parts.py").write_text(evil)
    assert asked_for(other) == ["net.py", "parts.py"]


@pytest.mark.parametrize("changed", ["pkg/__init__.py", "pkg/parts.py", "deep.py", "net.py"])
def test_a_changed_file_is_asked_for_by_its_name(home: Path, evil: str, changed: str) -> None:
    (home / "pkg").mkdir()
    (home / "pkg/__init__.py").touch()
    (home / "pkg/parts.py").write_text("import deep\n")
    (home / "deep.py").touch()
    (home / "net.py").write_text("from pkg import parts\n" + NET)
    _, asked = agreeing(lambda: load(home))
    assert [len(question.files) for question in asked] == [4]
    (home / changed).write_text(evil + (home / changed).read_text())
    with pytest.raises(UntrustedError, match="changed since") as caught:
        load(home)
    assert isinstance(caught.value.asked, UntrustedCode)
    assert [line.split()[0] for line in code_lines(caught.value.asked)[1:]] == [str(Path(changed))]


def test_a_file_swapped_all_the_time_runs_only_as_agreed(home: Path, evil: str) -> None:
    trust_file(home / "net.py", "build")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for text in (evil + NET, NET):
                (home / "new").write_text(text)
                os.replace(home / "new", home / "net.py")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(40):
            try:
                load(home)
            except UntrustedError:
                continue
    finally:
        stop.set()
        thread.join()


def test_a_closed_network_swapped_after_the_hash_is_not_loaded(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    (home / "net.pt").write_bytes(b"agreed")
    trust_file(home / "net.pt")
    write_card(home, "net.pt")
    monkeypatch.setattr("engine.models.loaders.user_networks.check_is_network", lambda path: None)
    seen: list[bytes] = []

    def loaded(path: Path, **_: object) -> nn.Module:
        (home / "net.pt").write_bytes(b"another")
        seen.append(Path(path).read_bytes())
        raise RuntimeError(f"not in {path}")

    monkeypatch.setattr(torch.jit, "load", loaded)
    with pytest.raises(ModelError) as caught:
        load(home)
    assert seen == [b"agreed"]
    assert f"not in {home / 'net.pt'}" in str(caught.value)


def test_files_beside_the_card_are_no_modules_of_others(home: Path, evil: str) -> None:
    for name in ("sitecustomize.py", "random.py", "colorsys.py", "usercustomize.py"):
        (home / name).write_text(evil)
    (home / "evil.pth").write_text(f"import sys; {evil}")
    text = (
        "import sys, os\nsys.path.insert(0, os.path.dirname(__file__))\nimport colorsys, random\n"
    )
    sys.modules.pop("colorsys", None)
    (home / "net.py").write_text(text + NET)
    _, asked = agreeing(lambda: load(home))
    assert [file.path.name for file in asked[0].files] == ["net.py"]
    assert len(asked) == 1


@pytest.mark.parametrize(
    "lazy",
    [
        "    import late\n",
        "    __import__('la' + 'te')\n",
        "    import importlib; importlib.import_module('la' + 'te')\n",
        "    exec('import la' + 'te')\n",
        "    import sys, importlib as i; sys.path.insert(0, HERE); i.import_module('la' + 'te')\n",
        "    import pickle; pickle.loads(b'cla' + b'te\\nx\\n.')\n",
        "    try:\n        import importlib; importlib.import_module('la' + 'te')\n"
        "    except BaseException:\n        pass\n",
    ],
)
def test_what_is_imported_late_is_asked_for(home: Path, evil: str, lazy: str) -> None:
    here = "import os\nHERE = os.path.dirname(__file__)\n"
    (home / "net.py").write_text(here + NET.replace("    return", f"{lazy}    return"))
    trust_file(home / "net.py", "build")
    (home / "late.py").write_text(evil)
    assert asked_for(home) == ["late.py"]


def _runs(line: str, name: str) -> str:
    """Return a network whose function runs a file that no import names."""
    here = "import os\nHERE = os.path.dirname(__file__)\n"
    here += f"LATE = os.path.join(HERE, *{name!r}.split('/'))\n"
    return here + NET.replace("    return", f"    {line}\n    return")


BY_PATH = {
    "runpy": "import runpy; runpy.run_path(LATE)",
    "runpy by name": "import runpy; runpy.run_module('la' + 'te')",
    "spec": "import importlib.util as u; s = u.spec_from_file_location('x', LATE); "
    "s.loader.exec_module(u.module_from_spec(s))",
    "loader": "import pkgutil; [f.find_spec(n).loader.load_module(n) "
    "for f, n, _ in pkgutil.iter_modules([HERE]) if n == 'late']",
    "exec": "import pathlib; exec(compile(pathlib.Path(LATE).read_text(), LATE, 'exec'))",
}


@pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")
@pytest.mark.parametrize("way", BY_PATH)
def test_what_is_run_by_its_path_is_asked_for(home: Path, evil: str, way: str) -> None:
    (home / "net.py").write_text(_runs(BY_PATH[way], "late.py"))
    trust_file(home / "net.py", "build")
    (home / "late.py").write_text("x = 1\n")
    _, asked = agreeing(lambda: load(home))
    assert [file.path.name for file in asked[0].files] == ["late.py"]
    load(home)
    (home / "late.py").write_text(evil)
    assert asked_for(home) == ["late.py"]


def _disguised(evil: str, path: Path) -> None:
    """Write bytecode that has neither the name nor the path of a file's."""
    code = compile(evil, "nowhere", "exec").replace(co_name="disguised")
    path.parent.mkdir(exist_ok=True)
    header = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
    path.write_bytes(header + marshal.dumps(code))


@pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")
@pytest.mark.parametrize("way", ["spec", "loader"])
def test_bytecode_of_what_is_run_by_its_path_is_not_read(home: Path, evil: str, way: str) -> None:
    (home / "net.py").write_text(_runs(BY_PATH[way], "late.py"))
    (home / "late.py").write_text("x = 1\n")
    _disguised(evil, home / f"__pycache__/late.{sys.implementation.cache_tag}.pyc")
    agreeing(lambda: load(home))
    load(home)


@pytest.mark.parametrize("place", ["late.pyc", "__pycache__/late.pyc"])
def test_bytecode_run_by_its_path_is_refused(home: Path, evil: str, place: str) -> None:
    (home / "net.py").write_text(_runs(BY_PATH["runpy"], place))
    _disguised(evil, home / place)
    with pytest.raises(ModelError, match="bytecode"):
        agreeing(lambda: load(home))


def test_code_of_another_name_is_compared_with_its_file(home: Path, evil: str) -> None:
    made = f"exec(compile({evil!r}, LATE, 'exec').replace(co_name='disguised'))"
    (home / "net.py").write_text(_runs(made, "late.py"))
    (home / "late.py").write_text("x = 1\n")
    with pytest.raises(ModelError, match="another code than its source"):
        agreeing(lambda: load(home))


def test_what_a_forward_imports_is_asked_for(home: Path, evil: str) -> None:
    (home / "net.py").write_text(
        "from torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n"
        "        import late\n        return x\nbuild = Net\n"
    )
    network, _ = agreeing(lambda: load(home))
    (home / "late.py").write_text(evil)
    with pytest.raises(UntrustedError, match=r"late\.py is a program"):
        network(1)


def test_relative_and_namespace_imports_are_asked_for(home: Path, evil: str) -> None:
    (home / "space/inner").mkdir(parents=True)
    (home / "space/inner/one.py").write_text(evil + "from . import two")
    (home / "space/inner/two.py").write_text(evil)
    (home / "net.py").write_text("from .space.inner import (\n    one,  # first\n)\n" + NET)
    assert asked_for(home) == ["net.py", "one.py", "two.py"]


def test_a_compiled_module_is_asked_for(home: Path, evil: str) -> None:
    from importlib.machinery import EXTENSION_SUFFIXES

    (home / f"fast{EXTENSION_SUFFIXES[0]}").write_bytes(b"\x7fELF")
    (home / "net.py").write_text("import fast\n" + NET)
    trust_file(home / "net.py", "build")
    assert asked_for(home) == [f"fast{EXTENSION_SUFFIXES[0]}"]
    with pytest.raises(ModelError, match="cannot be imported: ImportError"):
        agreeing(lambda: load(home))


def test_bytecode_and_archives_are_refused(home: Path, evil: str) -> None:
    (home / "hidden.py").write_text(evil)
    py_compile.compile(str(home / "hidden.py"), cfile=str(home / "hidden.pyc"))
    (home / "hidden.py").unlink()
    with zipfile.ZipFile(home / "parts.zip", "w") as archive:
        archive.writestr("zipped.py", evil)
    where = f"import sys\nsys.path.insert(0, {str(home / 'parts.zip')!r})\nimport zipped\n"
    for line, name in (("import hidden\n", "hidden.pyc"), (where, "parts.zip")):
        (home / "net.py").write_text(line + NET)
        with pytest.raises(ModelError, match=f"{name} is .* cannot be checked"):
            agreeing(lambda: load(home))


def test_a_module_of_that_name_in_memory_is_not_taken(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("motion_inspector_card_net", "motion_inspector_card_net.parts"):
        monkeypatch.setitem(sys.modules, name, object())
    agreeing(lambda: load(home))


@pytest.mark.parametrize("target", ["os:system", "sys:exit", "shutil:rmtree", "os.path:join"])
def test_parts_of_python_are_no_networks(home: Path, target: str) -> None:
    write_card(home, target)
    with pytest.raises(ModelError, match="is a part of Python"):
        load(home)


def test_another_function_of_a_trusted_file_is_asked_for(home: Path, evil: str) -> None:
    (home / "net.py").write_text(NET + f"def wipe():\n    {evil}")
    agreeing(lambda: load(home))
    write_card(home, "net.py:wipe")
    with pytest.raises(UntrustedError, match=r"net\.py:wipe would be called"):
        load(home)


@pytest.mark.parametrize("by", ["PYTHONPATH", "working folder"])
def test_what_the_working_folder_holds_is_not_installed(
    home: Path, tmp_path: Path, evil: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "around").mkdir()
    (tmp_path / "around/elsewhere.py").write_text(evil)
    monkeypatch.chdir(tmp_path / "around")
    monkeypatch.syspath_prepend("" if by != "PYTHONPATH" else os.getcwd())
    (home / "net.py").write_text("import elsewhere\n" + NET)
    assert asked_for(home) == ["net.py", "elsewhere.py"]
    write_card(home, "elsewhere:build")
    assert asked_for(home) == ["elsewhere.py"]


@posix
def test_links_are_followed_before_the_question(home: Path, tmp_path: Path, evil: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_card(other)
    (other / "net.py").write_text(evil + NET)
    link = tmp_path / "link"
    link.symlink_to(home)
    agreeing(lambda: load(link))
    load(home)
    link.unlink()
    link.symlink_to(other)
    assert asked_for(link) == ["net.py"]
    (home / "net.py").unlink()
    (home / "net.py").symlink_to(other / "net.py")
    with pytest.raises(UntrustedError) as caught:
        load(home)
    assert caught.value.asked.files[0].path == other / "net.py"


def test_a_file_outside_is_at_home_in_its_own_folder(home: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    write_card(tmp_path / "outside", "../card/net.py:build")
    with pytest.raises(UntrustedError) as caught:
        load(tmp_path / "outside")
    assert caught.value.asked.folder == home
    agreeing(lambda: load(home))
    load(tmp_path / "outside")


@posix
def test_what_is_no_file_is_not_waited_for(home: Path) -> None:
    (home / "net.py").write_text("import pipe\n" + NET)
    os.mkfifo(home / "pipe.py")
    with pytest.raises(ModelError, match="No module named"):
        agreeing(lambda: load(home))
    os.mkfifo(home / "net.pt")
    write_card(home, "net.pt")
    with pytest.raises(ModelError, match="not a regular file"):
        load(home)


@posix
def test_a_huge_file_is_refused_before_it_is_read(home: Path) -> None:
    for name in ("net.pt", "net.py"):
        with (home / name).open("wb") as file:
            file.truncate(2**42)
    with pytest.raises(ModelError, match="larger than 8 MB"):
        load(home)
    write_card(home, "net.pt")
    with pytest.raises(ModelError, match="has room for"):
        load(home)


def test_a_file_changed_between_question_and_answer_is_asked_for(home: Path, evil: str) -> None:
    code = code_of(home / "net.py", "build")
    (home / "net.py").write_text(evil + NET)
    trust(code)
    assert asked_for(home) == ["net.py"]


def test_ten_thousand_files_are_looked_through_in_time(home: Path) -> None:
    for i in range(3000):
        (home / f"m{i}.py").write_text(f"import m{i + 1}, m{i // 2}\n")
    (home / "net.py").write_text("import m0\n" + NET)
    with pytest.raises(ModelError, match="more than 2000 files"):
        load(home)


def test_what_is_found_late_is_asked_for_with_its_own_imports(home: Path, evil: str) -> None:
    (home / "net.py").write_text(f"import importlib\nimportlib.import_module('pk' + 'g')\n{NET}")
    trust_file(home / "net.py", "build")
    (home / "pkg").mkdir()
    (home / "pkg/__init__.py").write_text(evil + "from . import one, two\n")
    (home / "pkg/one.py").write_text(evil)
    (home / "pkg/two.py").write_text(evil)
    assert asked_for(home) == ["__init__.py", "two.py", "one.py"]


def test_circles_of_imports_are_asked_for_once(home: Path) -> None:
    (home / "a.py").write_text("import b\n")
    (home / "b.py").write_text("import a, net\n")
    (home / "net.py").write_text("import a\n" + NET)
    _, asked = agreeing(lambda: load(home))
    assert [len(question.files) for question in asked] == [3]


def test_code_that_writes_code_is_asked_for_it(home: Path, evil: str) -> None:
    (home / "made.py").touch()
    (home / "net.py").write_text(
        "import importlib, pathlib, made\nHERE = pathlib.Path(__file__).parent\n"
        + NET.replace(
            "    return",
            f"    (HERE / 'made.py').write_text({evil!r}); importlib.reload(made)\n"
            f"    (HERE / 'fresh.py').write_text({evil!r}); import fresh\n    return",
        )
    )
    with pytest.raises(UntrustedError, match=r"fresh\.py"):
        agreeing_to_first(lambda: load(home))


def agreeing_to_first(work: Callable[[], object]) -> None:
    with pytest.raises(UntrustedError) as caught:
        work()
    trust(caught.value.asked)
    work()


def test_endless_texts_of_imports_take_no_time() -> None:
    for text in ("from a import (" * 40_000, "from " + "." * 10**6, "import " + "a," * 10**5):
        assert len(list(named_imports(text, "p"))) < 200_001


def test_the_finder_is_there_once(home: Path) -> None:
    agreeing(lambda: load(home))
    load(home)
    assert sum(isinstance(finder, CardFinder) for finder in sys.meta_path) == 1
    require_trust(home, {}, "net.py:build")


@posix
@pytest.mark.parametrize(
    "way",
    [
        "import ctypes; ctypes.CDLL(LATE)",
        "import torch; torch.ops.load_library(LATE)",
        "import importlib.util as u; u.module_from_spec(u.spec_from_file_location('late', LATE))",
    ],
)
def test_a_library_loaded_by_its_path_is_asked_for(home: Path, way: str) -> None:
    from importlib.machinery import EXTENSION_SUFFIXES

    name = f"late{EXTENSION_SUFFIXES[-1]}"
    (home / "net.py").write_text(
        _runs(f"try: {way}\n    except (OSError, ImportError): pass", name)
    )
    trust_file(home / "net.py", "build")
    (home / name).write_bytes(b"\x7fELF, but no more")
    assert asked_for(home) == [name]
    agreeing(lambda: load(home))
    (home / name).write_bytes(b"\x7fELF, and changed")
    assert asked_for(home) == [name]


@pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")
def test_source_of_any_name_run_by_its_path_is_asked_for(home: Path, evil: str) -> None:
    line = "from importlib.machinery import SourceFileLoader as S; S('x', LATE).load_module()"
    (home / "net.py").write_text(_runs(line, "late.txt"))
    trust_file(home / "net.py", "build")
    (home / "late.txt").write_text(evil)
    assert asked_for(home) == ["late.txt"]


def test_code_that_names_a_file_of_another_kind_is_the_cards_own(home: Path) -> None:
    (home / "net.py").write_text(_runs("exec(compile('x = 1', LATE, 'exec'))", "page.html"))
    (home / "page.html").write_text("<p>{{ x }}</p>")
    trust_file(home / "net.py", "build")
    load(home)
