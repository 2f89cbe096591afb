"""Writing a file so that a crash at any moment leaves the old file or the new one, never half of one.

    a new file in the same folder → write → flush → fsync → os.replace → fsync of the folder

The rename is atomic; the first fsync makes sure that what it uncovers is complete, the second that it lasts.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file to write to; it takes the place of `path` when the block ends well, and vanishes when it does not.

    The new file keeps the permissions of the one that it replaces; a fresh one follows the umask. A link stays a link.
    Raises OSError when the folder is missing or cannot be written to, or the disk is full; `path` is then as it was.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{os.fspath(path)}: there is no folder {folder!r} to write it to. Make it first.")
    temporary = os.path.join(folder, f".{name}.{os.urandom(6).hex()}.tmp")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with open(descriptor, "w+b") as file:
            with contextlib.suppress(FileNotFoundError):
                os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    """Make a rename in this folder outlast a power cut. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
