"""From the bytes of an HDF5 file to its groups and arrays."""

import os
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .. import limits
from .links import is_group, links
from .messages import ATTRIBUTE, SYMBOL_TABLE, Message, Stored, messages, read_seal, stored
from .source import Fields, Source

_MARK = b"\x89HDF\r\n\x1a\n"


class Contents(NamedTuple):
    """What a file declares: arrays by path ("layers/dense/vars/0"), groups by path, and the checksum over all.

    attributes: the bodies of each group's attribute messages, by path; the first group's path is "".
    """

    source: Source
    arrays: dict[str, Stored]
    groups: list[str]
    seal: str | None
    attributes: dict[str, list[bytes]]


def contents(data: bytes, file: str | os.PathLike[str]) -> Contents:
    """Everything the file declares. No array has been read yet, and all lie within the file without overlap in sum.

    Raises FormatError for a file that is damaged, is not HDF5, or holds anything but groups and plain arrays.
    """
    source = Source(data, file)
    try:
        found = _contents(source)
    except struct.error as error:
        raise source.refuse(f"it is damaged: {error}.") from None
    total = sum(array.size for array in found.arrays.values())
    if total > len(data):
        raise source.refuse(f"its arrays overlap: they hold {total:,} bytes in a file of {len(data):,}.")
    return found


def array(source: Source, declared: Stored) -> Any:
    """The numbers of one array, as a fresh NumPy array in this machine's byte order."""
    data: Any = source.data if declared.inline is None else declared.inline
    start = declared.address if declared.size and declared.inline is None else 0
    values = np.frombuffer(data, declared.dtype, declared.size // declared.dtype.itemsize, start)
    return values.reshape(declared.shape).astype(declared.dtype.newbyteorder("="))


def _contents(source: Source) -> Contents:
    arrays: dict[str, Stored] = {}
    groups: list[str] = []
    attributes: dict[str, list[bytes]] = {}
    address, table = _root(source)
    root = messages(source, address, "/")
    tables = [message.body[:16] for message in root if message.kind == SYMBOL_TABLE]
    # A group that was given a name beyond ASCII has turned into one of the new form, with no table of its own.
    if not is_group(root) or (table and tables and tables != [table]):
        raise source.refuse("it is damaged: its first group is not where it should be.")
    todo: list[tuple[str, list[Message]]] = [("", root)]
    while todo:
        path, found = todo.pop()
        attributes[path] = [message.body for message in found if message.kind == ATTRIBUTE]
        for name, address in links(source, found, path or "/"):
            inner = f"{path}/{name}" if path else name
            if inner in arrays or len(arrays) + len(groups) >= limits.MEMBERS:
                raise source.refuse(
                    f"it names {inner!r} twice, or holds more than {limits.MEMBERS:,} groups and arrays."
                )
            if inner.count("/") > limits.NESTING:
                raise source.refuse(f"its groups nest deeper than {limits.NESTING} levels.")
            below = messages(source, address, inner)
            if is_group(below):
                groups.append(inner)
                todo.append((inner, below))
            else:
                arrays[inner] = stored(source, below, inner)
    if len(set(groups)) < len(groups) or not arrays.keys().isdisjoint(groups):
        raise source.refuse("it names a group twice.")
    return Contents(source, arrays, groups, next(_seals(source, root), None), attributes)


def _seals(source: Source, found: list[Message]) -> Iterator[str]:
    for message in found:
        if message.kind == ATTRIBUTE and (seal := read_seal(source, message.body, "/")):
            yield seal


def _root(source: Source) -> tuple[int, bytes]:
    """The address of the root group's header, and what the superblock repeats of its symbol table, if anything."""
    if not source.data.startswith(_MARK):
        raise source.refuse("it is not an HDF5 file.")
    fields = Fields(source.take(8, min(96, len(source.data)) - 8, "the superblock"))
    version = fields.number(1)
    if version in (0, 1):
        fields.skip(4)
        sizes = fields.numbers(1, 2)
        fields.skip(9 + 4 * version)
        base, _, end, _ = fields.numbers(8, 4)
        fields.skip(8)
    elif version in (2, 3):
        sizes = fields.numbers(1, 2)
        fields.skip(1)
        base, _, end = fields.numbers(8, 3)
    else:
        raise source.refuse(f"its HDF5 superblock has the unknown version {version}.")
    if sizes != [8, 8] or base:
        raise source.refuse("it is an HDF5 file of a kind that weights are never stored in.")
    source.within(0, end, "the file")
    address = fields.number(8)
    repeated = version < 2 and fields.number(4) == 1
    fields.skip(4 if version < 2 else 0)
    return address, fields.bytes(16) if repeated else b""
