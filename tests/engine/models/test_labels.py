from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ModelError
from engine.models.labels import read_labels

NAMES = ("wave", "clap hands", "jump, high", "run")

TEXTS = {
    "lines.txt": "wave\nclap hands\n\n  jump, high \nrun",
    "windows.txt": "wave\r\nclap hands\r\njump, high\r\nrun\r\n",
    "header.txt": "Label\nwave\nclap hands\njump, high\nrun\n",
    "classInd.txt": "1 wave\r\n2 clap hands\r\n3 jump, high\r\n4 run\r\n",
    "zeros.txt": "000 wave\n001 clap hands\n002 jump, high\n003 run\n",
    "shuffled.txt": "2: jump, high\n0: wave\n3: run\n1: clap hands\n",
    "behind.txt": "wave 0\nclap hands 1\njump, high 2\nrun 3\n",
    "tabs.txt": "0\twave\n1\tclap hands\n2\tjump, high\n3\trun\n",
    "commas.txt": '0,wave\n1,clap hands\n2,"jump, high"\n3,run\n',
    "header.csv": 'id,name\n0,wave\n1,clap hands\n2,"jump, high"\n3,run\n',
    "plain.csv": '1,wave\n2,clap hands\n3,"jump, high"\n4,run\n',
    "turned.csv": 'name,id\nrun,3\n"jump, high",2\nclap hands,1\nwave,0\n',
    "semicolons.csv": "index;label\n0;wave\n1;clap hands\n2;jump, high\n3;run\n",
    "one.csv": 'class_name\nwave\nclap hands\n"jump, high"\nrun\n',
    "one-plain.csv": 'wave\nclap hands\n"jump, high"\nrun\n',
    "more.csv": 'n,id,x,label\n7,3,a,run\n8,0,b,wave\n9,2,c,"jump, high"\n5,1,d,clap hands\n',
    "tabs.tsv": "class_id\tclass\n0\twave\n1\tclap hands\n2\tjump, high\n3\trun\n",
}

VALUES: dict[str, Any] = {
    "list": list(NAMES),
    "numbers": {str(number): name for number, name in enumerate(NAMES)},
    "names": {name: number for number, name in enumerate(NAMES)},
    "quoted names": {f'"{name}"': number for number, name in enumerate(NAMES)},
    "texts as numbers": {name: str(number) for number, name in enumerate(NAMES)},
    "from one": {name: number for number, name in enumerate(NAMES, 1)},
    "config": {"model_type": "x", "id2label": {str(i): name for i, name in enumerate(NAMES)}},
    "key": {"labels": list(NAMES)},
    "nested": {"data": 3, "classes": {name: number for number, name in enumerate(NAMES)}},
    "tables": [{"id": number, "name": name} for number, name in reversed(list(enumerate(NAMES)))],
    "tables in order": [{"label": name, "templates": []} for name in NAMES],
}


@pytest.mark.parametrize("name", TEXTS)
def test_read_labels_reads_lines_and_tables(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(TEXTS[name], encoding="utf-8", newline="")
    assert read_labels(tmp_path / name).names == NAMES


@pytest.mark.parametrize("suffix", ["json", "txt"])
@pytest.mark.parametrize("kind", VALUES)
def test_read_labels_reads_json(kind: str, suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"labels.{suffix}").write_text(json.dumps(VALUES[kind]))
    assert read_labels(tmp_path / f"labels.{suffix}").names == NAMES


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252"]
)
def test_read_labels_reads_encodings_and_tells_a_guess(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes("wavé\nclap\n".encode(encoding))
    labels = read_labels(path)
    assert labels.names == ("wavé", "clap")
    guessed = encoding in ("latin-1", "cp1252")
    assert bool(labels.notices) == guessed
    assert not guessed or "read as Latin-1" in labels.notices[0]


@pytest.mark.parametrize(
    "text",
    [
        "50 metres\n100 metres\n200 metres",
        "1 person\n3 people",
        "class 0\nclass 1\nclass 2",
        "[laughing]\n[crying]",
        "a, b\nc, d",
    ],
)
def test_read_labels_leaves_numbers_and_signs_of_names_alone(text: str, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text(text)
    assert read_labels(tmp_path / "labels.txt").names == tuple(text.split("\n"))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", '{"wave": 0, "run": 2}', "1 is missing"),
        ("a.json", '{"wave": 0, "run": 0}', "0 is there 2 times"),
        ("a.csv", "id,name\n0,wave\n2,run", "1 is missing"),
        ("a.json", '{"wave": [1]}', "neither a list of names nor a table"),
        ("a.json", "[1, 2]", "neither a list of names nor a table"),
        ("a.json", "{", "is not JSON"),
        ("a.txt", "a\n" * 100_001, "more than 100000 lines"),
        ("a.txt", "a" * 2**22 + "a", "larger than 4 MB"),
        ("a.json", "[" * 100_000, "is not JSON"),
        ("a.txt", "wave\0run", "is not text"),
        ("a.txt", " \n\n", "is empty"),
        ("a.txt", "", "is empty"),
    ],
)
def test_read_labels_says_what_is_wrong(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ModelError, match=f"labels file .*{said}") as caught:
        read_labels(tmp_path / name)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text", ["a" + " " * 200_000 + "b\nc 1", "9" * 5000 + " a\n1 b", '{"a": "²", "b": "1"}']
)
def test_read_labels_takes_no_time_for_strange_lines(text: str, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text(text, encoding="utf-8")
    started = time.process_time()
    with suppress(ModelError):
        read_labels(tmp_path / "labels.txt")
    assert time.process_time() - started < 1


def test_read_labels_refuses_what_is_no_file_or_no_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2**25)
    for name in ("pipe", "zeros", "large", "none", ".", "a" * 5000, "a\0b"):
        with pytest.raises(ModelError, match="labels file"):
            read_labels(tmp_path / name)


def test_a_table_without_a_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("\n \n")
    with pytest.raises(ModelError, match=r"labels\.csv is empty"):
        read_labels(path)
