"""Claims on a shared disk: of many workers one has a unit, and the dead are inherited."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.study import members
from engine.study.claims import FileClaims, drop_dead
from engine.study.members import Member
from engine.study.place import Place, publish
from engine.study.scheduler import MOST_DEATHS

KEY = "ab" + 30 * "0"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def member(place: Place) -> Iterator[Member]:
    with Member(place) as one:
        yield one


def test_take_gives_a_unit_to_one_worker(place: Place, member: Member) -> None:
    with Member(place) as other:
        assert FileClaims(place, member).take(KEY).kind == "taken"
        assert FileClaims(place, other).take(KEY).kind == "busy"
        assert FileClaims(place, other).take(KEY, copy=True).kind == "taken"
    with Member(place) as third:
        assert FileClaims(place, third).take(KEY).kind == "busy"


def test_take_inherits_from_the_dead_a_few_times(place: Place, member: Member) -> None:
    for _ in range(MOST_DEATHS):
        with Member(place) as mortal:
            assert FileClaims(place, mortal).take(KEY).kind == "taken"
    claims = FileClaims(place, member)
    assert claims.take(KEY).kind == "lost"
    drop_dead(place, member)
    assert claims.take(KEY).kind == "taken"


def test_release_leaves_no_claim_on_what_is_done(place: Place, member: Member) -> None:
    claims = FileClaims(place, member)
    claims.take(KEY)
    assert publish(place.result(KEY), b"1", member.partial)
    claims.release(KEY)
    assert not place.claim(KEY, 0).exists()
    assert claims.take(KEY).kind == "done"
    assert place.done_in("ab") == {KEY}


def test_publish_keeps_the_first_result(place: Place, member: Member) -> None:
    assert publish(place.result(KEY), b"1", member.partial)
    assert not publish(place.result(KEY), b"2", member.partial)
    assert place.result(KEY).read_bytes() == b"1"
    assert not member.partial.exists()


def test_publish_works_on_a_disk_without_links(
    place: Place, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    assert publish(place.result(KEY), b"1", member.partial)
    assert not publish(place.result(KEY), b"2", member.partial)
    assert place.result(KEY).read_bytes() == b"1"


def test_lives_goes_by_the_clock_of_the_disk_elsewhere(
    place: Place, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "host", lambda: "elsewhere")
    with Member(place) as other:
        name = other.name
        monkeypatch.undo()
        assert member.lives(name)
        late = other._path.stat().st_mtime - members.LEASE_S - 1
        os.utime(other._path, (late, late))
        assert not member.lives(name)


def test_lives_does_not_outlive_the_lock(place: Place, member: Member) -> None:
    with Member(place) as other:
        assert member.lives(other.name)
    assert not member.lives(other.name)
