"""Folders that are replaced as a whole, and never what is read or the user's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.export.inputs import inputs_of
from engine.export.job import ExportJob
from engine.utils.folder_update import updated_folder
from engine.utils.targets import check_target, check_targets
from engine.video.encode.errors import export_errors, named_as


@contextmanager
def whole_folder(
    folder: Path, inputs: Iterable[Path] = (), *, overwrite: bool = False
) -> Iterator[Path]:
    """Give an empty folder to fill, which replaces what it replaces in one step.

    Parameters
    ----------
    folder : Path
        Made if needed; files of the same names in it are replaced, others stay.
    inputs : iterable of Path
        What is read and may not be replaced.
    overwrite : bool
        Whether files that the program did not write may be replaced.

    Raises
    ------
    ExportError
        If the folder cannot be written, or something would be lost; it is then as it was.
    """
    inputs = tuple(inputs)
    check_target(folder, [path for path in inputs if path.is_dir()])
    with export_errors(folder), updated_folder(folder, overwrite=overwrite) as partial:
        with named_as(partial, folder):
            yield partial
        check_targets(folder, [path.name for path in partial.iterdir()], inputs)


def save_analysis(job: ExportJob, *, overwrite: bool = False) -> Path:
    """Save an analysis to a folder that opens again, whole or not at all.

    Raises
    ------
    ExportError
        If the folder cannot be written, or something would be lost.
    """
    analysis, look = job.analysis, job.look
    inputs = (*inputs_of(analysis.header.request), analysis.folder, *job.inputs)
    with whole_folder(job.path, inputs, overwrite=overwrite) as partial:
        analysis.save(partial, preset=look.preset, sigma=look.sigma, check=job.check)
    return job.path
