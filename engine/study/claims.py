"""Claims on units by files on a shared disk, of which each can be made by one worker only.

Creating a file that must not exist yet is all that is asked of the disk. A unit whose worker died
is claimed by a file of the next number, so that of many who see it dead one wins, and the numbers
count how many it took along.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from engine.study.members import LEASE_S, Member, age_of
from engine.study.place import Place, remove
from engine.study.scheduler import MOST_DEATHS, Answer
from engine.utils.bounded_files import read_bounded

_MOST_BYTES = 256


class FileClaims:
    """The claims of one worker.

    Parameters
    ----------
    place : Place
    member : Member
        This worker.
    """

    def __init__(self, place: Place, member: Member) -> None:
        self._place, self._member = place, member

    def done_in(self, part: str) -> frozenset[str]:
        """Return the keys of a part that have a result."""
        return self._place.done_in(part)

    def take(self, key: str, *, copy: bool = False) -> Answer:
        """Claim a unit.

        Parameters
        ----------
        key : str
        copy : bool
            Whether it may be claimed although one living worker has it.

        Raises
        ------
        OSError
            If nothing can be written.
        """
        if self._place.result(key).exists():
            return Answer("done")
        deaths = living = number = 0
        while deaths < MOST_DEATHS:
            path = self._place.claim(key, number)
            if self._made(path):
                return self._unless_done(key)
            if self._is_dead(path):
                deaths += 1
            else:
                living += 1
                if living > copy:
                    return Answer("busy", age_of(path))
            number += 1
        return Answer("lost")

    def release(self, key: str) -> None:
        """Remove the claims on a unit that has a result, or else this worker's."""
        done = self._place.result(key).exists()
        number = 0
        while (path := self._place.claim(key, number)).exists():
            if done or _owner(path) == self._member.name:
                with suppress(OSError):
                    path.unlink()
            number += 1

    def _made(self, path: Path) -> bool:
        """Create a claim of this worker, or return False if there is one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "wb", 0) as file:
            file.write(self._member.name.encode())
        return True

    def _unless_done(self, key: str) -> Answer:
        """Return that the unit is claimed, or that it was finished just before."""
        if not self._place.result(key).exists():
            return Answer("taken")
        self.release(key)
        return Answer("done")

    def _is_dead(self, path: Path) -> bool:
        owner = _owner(path)
        if owner:
            return not self._member.lives(owner)
        return age_of(path) > LEASE_S  # without a name: its worker is about to write it, or died


def _owner(path: Path) -> str:
    """Return the name of the worker who made a claim, "" where it is not written yet."""
    try:
        return read_bounded(path, _MOST_BYTES).decode("ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def drop_dead(place: Place, member: Member) -> None:
    """Remove claims and unfinished files that dead workers left: a new run counts deaths anew."""
    for path in (place.folder / "claims").glob("??/*"):
        owner = _owner(path)
        if not (member.lives(owner) if owner else age_of(path) < LEASE_S):
            path.unlink(missing_ok=True)
    for path in (*place.workers.glob("*.part"), *place.workers.glob("*.room")):
        if not member.lives(path.stem):
            remove(path)
