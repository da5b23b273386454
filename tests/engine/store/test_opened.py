from __future__ import annotations

import json
import os
import random
import shutil
from contextlib import suppress
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr

from benchmarks.hostile.analysis import spoil_folder
from engine.errors import EngineError
from engine.store import DOCUMENT, Analysis, opened
from engine.store.zarr_files import Layout, encode
from tests.engine.store.analyses import evidence_of, filled, header_of, noise, window_of
from tests.golden.keeping import KEPT

CHUNK = "arrays.zarr/sampled_relevance/c/1/0/0"
OLD = KEPT / "analysis" / "saved"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    analysis = filled(folder / "work", steps=40)
    analysis._evidence = tuple(evidence_of(1, 0, 3) for _ in analysis.windows)
    analysis.save(folder / "saved", preset="recommended", sigma=1.0)
    return folder / "saved"


@pytest.fixture
def saved(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "saved"))


def numbers(folder: Path) -> list[bytes | str]:
    """Everything that an analysis tells."""
    one = Analysis.open(folder)
    arrays = [one.read_steps(0, 999), one.probabilities(), one.targets(), one.header.timestamps_s]
    told = [repr(one.header.request), repr(one.header.spec), repr(one.scale), repr(one.evidence)]
    return [*(array.tobytes() for array in arrays), *told, repr(one.conservation)]


@pytest.mark.parametrize("seed", range(60))
def test_a_spoiled_folder_is_refused_or_tells_the_same(saved: Path, seed: int) -> None:
    expected = numbers(saved)
    spoil_folder(saved, random.Random(seed))
    with suppress(EngineError):
        assert numbers(saved) == expected


@pytest.mark.parametrize("seed", range(30))
def test_a_spoiled_folder_of_earlier_times_is_refused_or_opens(tmp_path: Path, seed: int) -> None:
    folder = Path(shutil.copytree(OLD, tmp_path / "saved"))
    spoil_folder(folder, random.Random(seed))
    with suppress(EngineError):
        numbers(folder)


def test_the_video_is_found_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips/square.mp4").write_bytes(b"video")
    monkeypatch.chdir(tmp_path)
    filled(tmp_path / "work", steps=8).save(tmp_path / "saved", preset="recommended", sigma=1.0)
    monkeypatch.chdir(tmp_path / "clips")
    found = Analysis.open(tmp_path / "saved").header.request.video
    assert found == tmp_path / "clips/square.mp4"


def test_a_deleted_chunk_is_named(saved: Path) -> None:
    (saved / CHUNK).unlink()
    with pytest.raises(EngineError, match="chunk 1 of sampled_relevance is missing"):
        Analysis.open(saved)


def test_a_deleted_chunk_of_earlier_times_is_named(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(OLD, tmp_path / "saved"))
    (folder / "arrays.zarr/sampled_relevance/c/0/0/0").unlink()
    with pytest.raises(EngineError, match="chunk 0 of sampled_relevance is missing"):
        Analysis.open(folder)


@pytest.mark.parametrize("name", [CHUNK, "arrays.zarr/motion/c/0/0/0", "arrays.zarr/logits/c/0/0"])
def test_a_flipped_bit_is_told(saved: Path, name: str) -> None:
    content = bytearray((saved / name).read_bytes())
    content[-1] ^= 1
    (saved / name).write_bytes(content)
    with pytest.raises(EngineError, match="is not what was written"):
        Analysis.open(saved)


def test_a_chunk_of_a_large_analysis_is_compared_when_it_is_read(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "_MOST_HASHED_BYTES", 0)
    content = bytearray((saved / CHUNK).read_bytes())
    content[-1] ^= 1
    (saved / CHUNK).write_bytes(content)
    analysis = Analysis.open(saved)
    assert np.array_equal(analysis.read_steps(0, 32), noise(40)[:32])
    with pytest.raises(EngineError, match="chunk 1 of sampled_relevance is not what was written"):
        analysis.read_steps(30, 34)


def test_a_chunk_of_zeros_is_written(tmp_path: Path) -> None:
    analysis = Analysis.create(header_of(8), tmp_path / "work")
    analysis.append([window_of(header_of(8), 0)], np.zeros_like(noise(8)))
    analysis.save(tmp_path / "saved", preset="recommended", sigma=1.0)
    assert (tmp_path / "saved/arrays.zarr/sampled_relevance/c/0/0/0").is_file()
    assert not Analysis.open(tmp_path / "saved").read_steps(0, 8).any()


def test_the_document_of_another_run_is_told(saved: Path, tmp_path: Path) -> None:
    other = filled(tmp_path / "other", steps=40)
    other.append([], noise(0))
    other._windows = tuple(window_of(other.header, w.start_step, seed=1) for w in other.windows)
    other.save(tmp_path / "again", preset="recommended", sigma=1.0)
    shutil.copy(tmp_path / "again" / DOCUMENT, saved / DOCUMENT)
    with pytest.raises(EngineError, match="torn"):
        Analysis.open(saved)


def test_a_number_changed_in_the_document_is_told(saved: Path) -> None:
    text = (saved / DOCUMENT).read_text()
    (saved / DOCUMENT).write_text(text.replace('"scale": ', '"scale": 1'))
    with pytest.raises(EngineError, match="changed since it was written"):
        Analysis.open(saved)


def old_copy(tmp_path: Path) -> Path:
    """A folder without checksums, which a stranger need not forge."""
    return Path(shutil.copytree(OLD, tmp_path / "saved"))


@pytest.mark.parametrize("shape", [(20, 28, 28), (10**18, 28, 28)])
def test_other_chunks_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    folder = old_copy(tmp_path)
    described = Layout(shape, (1, 1, 1)).describe()
    (folder / "arrays.zarr/sampled_relevance/zarr.json").write_text(json.dumps(described))
    with pytest.raises(EngineError, match="complete analysis: sampled_relevance"):
        Analysis.open(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "gzip"}]},
        {"codecs": [{"name": "numcodecs.pickle"}]},
        {"data_type": "object"},
        {"data_type": {"name": "null_terminated_bytes"}},
        {"storage_transformers": [{"name": "any"}]},
        {"attributes": {"a": 1}},
        {"fill_value": 1.0},
        {"zarr_format": 2},
        {"node_type": "group"},
        {"must_understand": True},
    ],
    ids=str,
)
def test_another_description_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    folder = old_copy(tmp_path)
    path = folder / "arrays.zarr/sampled_relevance/zarr.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(EngineError, match="sampled_relevance is not described as it was written"):
        Analysis.open(folder)


def test_an_array_of_zarr_2_runs_nothing(tmp_path: Path) -> None:
    folder = old_copy(tmp_path)
    shutil.rmtree(folder / "arrays.zarr/logits")
    zarr.create_array(str(folder / "arrays.zarr/logits"), shape=(2, 8), dtype="f4", zarr_format=2)
    with pytest.raises(EngineError):
        Analysis.open(folder)


@pytest.mark.parametrize(("name", "value"), [("target", 3), ("target", -1), ("share", 1e308)])
def test_evidence_out_of_its_range_is_refused(saved: Path, name: str, value: float) -> None:
    document = json.loads((saved / DOCUMENT).read_text())
    del document["checksum"]
    document["windows"][0]["evidence"][name] = value
    (saved / DOCUMENT).write_text(json.dumps(document))
    with pytest.raises(EngineError):
        Analysis.open(saved)


def test_a_bomb_is_not_decoded(tmp_path: Path) -> None:
    folder = old_copy(tmp_path)
    bomb = numcodecs.zstd.compress(np.zeros(2**24, np.uint8))
    (folder / "arrays.zarr/logits/c/0/0").write_bytes(bomb)
    with pytest.raises(EngineError, match="chunk 0 of logits is not as large as it should be"):
        Analysis.open(folder)


def test_what_is_written_is_what_zarr_reads(saved: Path) -> None:
    group = zarr.open_group(str(saved / "arrays.zarr"), mode="r")
    assert np.array_equal(group["sampled_relevance"][:], noise(40))
    assert group["log2_steps"].shape[1:] == (4, 3)


def test_a_chunk_is_as_zarr_writes_it(tmp_path: Path) -> None:
    array = zarr.create_array(str(tmp_path / "x"), shape=(40, 6, 5), chunks=(32, 6, 5), dtype="f4")
    array[:] = noise(40)
    layout = Layout((40, 6, 5), (32, 6, 5))
    assert encode(noise(40)[32:], layout) == (tmp_path / "x/c/1/0/0").read_bytes()
    assert layout.describe() == json.loads((tmp_path / "x/zarr.json").read_text())


def test_files_of_operating_systems_are_no_parts(saved: Path) -> None:
    for name in (".DS_Store", "Thumbs.db", "._c"):
        (saved / "arrays.zarr" / name).write_bytes(b"")
    assert Analysis.open(saved).complete


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
def test_a_pipe_for_a_chunk_is_not_waited_for(tmp_path: Path) -> None:
    folder = old_copy(tmp_path)
    path = folder / "arrays.zarr/motion/c/0/0/0"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(EngineError, match="chunk 0 of motion is no file"):
        Analysis.open(folder)
