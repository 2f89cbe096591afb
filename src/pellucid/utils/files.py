"""Files fetched from the web once, checked, and put in their place whole or not at all."""

import hashlib
import os
import shutil
import stat
import tempfile
import urllib.parse
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ..errors import FormatError, one_of

_CHUNK = 1 << 20  # bytes read at a time
_TIMEOUT = 30  # seconds without an answer
_MEMBERS = 100_000  # files in one archive, at most
_ARCHIVES = {"auto": ("tar", "zip"), "tar": ("tar",), "zip": ("zip",)}
_SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tar", ".zip")


def keras_home() -> Path:
    """The folder for fetched files: $KERAS_HOME, or ~/.keras."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file from the web, fetched when it is not there yet or is not the one it should be.

    fname            its name here; the last part of the address unless given
    origin           its address: http, https or file
    file_hash        what its sha256 (or md5) must be; md5_hash is the old name for an md5
    extract, untar   unpack the archive, and return the folder: `<name>_extracted`, or fname if that has no suffix
    cache_dir        instead of $KERAS_HOME or ~/.keras; the file lies in its folder cache_subdir

    Raises OSError when the address cannot be reached, naming the place where to put the file by hand; FormatError
    when what came is not what file_hash says, or when an archive would write outside its folder.
    """
    if not origin:
        raise ValueError("get_file: origin, the address of the file, is missing.")
    one_of(hash_algorithm, ("auto", "sha256", "md5"), "get_file: hash_algorithm")
    fname = fname or PurePosixPath(urllib.parse.unquote(urllib.parse.urlparse(origin).path)).name
    if fname in ("", "..") or Path(fname).name != fname:
        raise ValueError(f"get_file: fname must be a plain file name, got {fname!r}. For a folder use cache_subdir.")
    folder = Path(cache_dir if cache_dir is not None else keras_home()).expanduser() / cache_subdir
    unpacked = _without_suffix(fname)
    is_archive = extract or untar
    target = folder / (f"{fname}_archive" if is_archive and unpacked == fname else fname)
    checksum = file_hash or md5_hash
    if force_download or not target.is_file() or not _matches(target, checksum, hash_algorithm):
        _download(origin, target, checksum, hash_algorithm)
    if not is_archive:
        return str(target)
    return str(_unpack(target, folder / (fname if unpacked == fname else f"{unpacked}_extracted"), archive_format))


def _without_suffix(name: str) -> str:
    """'flowers.tar.gz' -> 'flowers'."""
    return next((name[: -len(suffix)] for suffix in _SUFFIXES if name.lower().endswith(suffix)), name)


def _matches(path: Path, checksum: str | None, algorithm: str) -> bool:
    """Whether a file is the one that its checksum tells; without a checksum, any file is."""
    if checksum is None:
        return True
    if algorithm == "auto":
        algorithm = "sha256" if len(checksum) == 64 else "md5"
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest() == checksum.lower()


@contextmanager
def _written_whole(target: Path) -> Iterator[Path]:
    """The path of a new file, which takes the place of target only when all went well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    os.close(handle)
    try:
        yield Path(name)
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def _download(origin: str, target: Path, checksum: str | None, algorithm: str) -> None:
    """Fetch origin into target, with a line that shows how far it is."""
    import urllib.request  # here, like tarfile below: both are slow to import, and seldom needed

    from rich.progress import Progress

    one_of(urllib.parse.urlparse(origin).scheme, ("http", "https", "file"), f"get_file: the scheme of {origin!r}")
    try:
        answer = urllib.request.urlopen(origin, timeout=_TIMEOUT)
    except OSError as error:
        raise OSError(
            f"get_file: {origin} cannot be fetched ({getattr(error, 'reason', error)}). "
            f"Without a network, fetch it elsewhere and put it at {target}."
        ) from error
    size = answer.headers.get("Content-Length")
    with answer, _written_whole(target) as part:
        with part.open("wb") as file, Progress(transient=True) as progress:
            task = progress.add_task(f"Fetching {origin}", total=int(size) if size else None)
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                progress.advance(task, len(chunk))
            file.flush()
            os.fsync(file.fileno())
        if size and part.stat().st_size != int(size):
            raise OSError(f"get_file: {origin} broke off after {part.stat().st_size} of {size} bytes. Try again.")
        if not _matches(part, checksum, algorithm):
            raise FormatError(target, f"what came from {origin} is not the file it should be: its checksum differs.")


def _unpack(archive: Path, folder: Path, archive_format: Any) -> Path:
    """Unpack an archive into a folder; when it is there already, keep it."""
    if folder.is_dir():
        return folder
    formats = [archive_format] if isinstance(archive_format, str) else list(archive_format)
    kinds = [kind for name in formats for kind in _ARCHIVES[one_of(name, _ARCHIVES, "get_file: archive_format")]]
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        place = Path(temporary, "content")
        place.mkdir()
        import tarfile

        if "zip" in kinds and zipfile.is_zipfile(archive):
            _unpack_zip(archive, place)
        elif "tar" in kinds and tarfile.is_tarfile(archive):
            _unpack_tar(archive, place)
        else:
            raise FormatError(archive, f"is not an archive of the kind {' or '.join(kinds)}.")
        os.replace(place, folder)
    return folder


def _member_path(archive: Path, name: str, place: Path, count: int) -> Path:
    """Where a member goes, if that is inside the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name:
        raise FormatError(archive, f"refused, because its member {name!r} would be written outside its folder.")
    if count >= _MEMBERS:
        raise FormatError(archive, f"refused, because it has more than {_MEMBERS} members.")
    return place.joinpath(*path.parts)


def _unpack_zip(archive: Path, place: Path) -> None:
    """Folders and plain files of a ZIP archive."""
    with zipfile.ZipFile(archive) as opened:
        for count, member in enumerate(opened.infolist()):
            path = _member_path(archive, member.filename, place, count)
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise FormatError(archive, f"refused, because its member {member.filename!r} is not a plain file.")
            if member.is_dir():
                path.mkdir(parents=True, exist_ok=True)
            else:
                with opened.open(member) as source:
                    _copy(source, path)


def _unpack_tar(archive: Path, place: Path) -> None:
    """Folders and plain files of a tar archive."""
    import tarfile

    with tarfile.open(archive) as opened:
        for count, member in enumerate(opened):
            path = _member_path(archive, member.name, place, count)
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.isreg() and (source := opened.extractfile(member)):
                with source:
                    _copy(source, path)
            else:
                raise FormatError(archive, f"refused, because its member {member.name!r} is not a plain file.")


def _copy(source: IO[bytes], path: Path) -> None:
    """Write one member."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)
