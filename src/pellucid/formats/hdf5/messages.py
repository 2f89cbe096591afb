"""What an object in the file says about itself: a list of messages, each of a type and some bytes.

Old headers (version 1) put messages at multiples of eight; new ones (version 2, "OHDR") pack them.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .. import limits
from .source import NOWHERE, Fields, Source

SHAPE, LINK_INFO, TYPE, LINK, EXTERNAL_FILES, LAYOUT, FILTERS = 0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x0B
ATTRIBUTE, CONTINUED, SYMBOL_TABLE = 0x0C, 0x10, 0x11
_SHARED = 0x02  # flag: the message lies elsewhere

# Float types by size in bytes: where the exponent starts, its bits, where the fraction starts, its bits, the bias.
_IEEE = {2: (10, 5, 0, 10, 15), 4: (23, 8, 0, 23, 127), 8: (52, 11, 0, 52, 1023)}


class Message(NamedTuple):
    """One message: kind (the numbers above) and body."""

    kind: int
    body: bytes


class Stored(NamedTuple):
    """An array as the file declares it; its bytes are data[address : address + size], or `inline`."""

    shape: tuple[int, ...]
    dtype: np.dtype
    address: int
    size: int
    inline: bytes | None
    seal: str | None  # the sha256 stored beside it


def messages(source: Source, address: int, where: str) -> list[Message]:
    """All messages of the object at this address; `where` is its path, for errors."""
    what = f"the header of {where!r}"
    source.once(address, what)
    if source.take(address, 4, what) == b"OHDR":
        return list(_new_messages(source, address, what))
    return list(_old_messages(source, address, what))


def _old_messages(source: Source, address: int, what: str) -> Iterator[Message]:
    fields = Fields(source.take(address, 16, what))
    version, _ = fields.numbers(1, 2)
    count, _, size = fields.number(2), fields.number(4), fields.number(4)
    if version != 1:
        raise source.refuse(f"{what} is damaged at byte {address:,}.")
    chunks = [(address + 16, size)]
    for start, length in chunks:
        fields = Fields(source.take(start, length, what))
        while fields.at + 8 <= length and count:
            count -= 1
            kind, size, flags = fields.number(2), fields.number(2), fields.number(1)
            fields.skip(3)
            message = _message(source, kind, flags, fields.bytes(size), what)
            if message.kind == CONTINUED:
                start, size = Fields(message.body).numbers(8, 2)
                source.once(start, what)
                chunks.append((start, size))
            else:
                yield message


def _new_messages(source: Source, address: int, what: str) -> Iterator[Message]:
    head = Fields(source.take(address, min(34, len(source.data) - address), what), 4)
    version, flags = head.number(1), head.number(1)
    if version != 2:
        raise source.refuse(f"{what} is damaged at byte {address:,}.")
    head.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    length = head.number(1 << (flags & 3))
    chunks = [(address + head.at, length)]
    for start, length in chunks:
        fields = Fields(source.take(start, length, what))
        while fields.at + 4 <= length:
            kind, size, own = fields.number(1), fields.number(2), fields.number(1)
            fields.skip(2 if flags & 4 else 0)
            message = _message(source, kind, own, fields.bytes(size), what)
            if message.kind == CONTINUED:
                start, size = Fields(message.body).numbers(8, 2)
                source.signed(start, 4, b"OCHK", what)
                chunks.append((start + 4, max(size - 8, 0)))  # between the mark and the checksum
            else:
                yield message


def _message(source: Source, kind: int, flags: int, body: bytes, what: str) -> Message:
    if flags & _SHARED:
        raise source.refuse(f"{what} points to a shared message; weights never do.")
    return Message(kind, body)


def stored(source: Source, found: list[Message], where: str) -> Stored:
    """The array that these messages describe.

    Raises FormatError for anything but numbers that lie whole in this file: virtual, external, chunked, compressed,
    texts, objects, or fewer bytes than the shape needs.
    """
    kinds = {message.kind: message.body for message in found}
    if EXTERNAL_FILES in kinds:
        raise source.refuse(f"{where!r} keeps its numbers in another file.")
    if FILTERS in kinds:
        raise source.refuse(f"{where!r} is compressed; weights are stored plain.")
    if not {SHAPE, TYPE, LAYOUT} <= kinds.keys():
        raise source.refuse(f"{where!r} is damaged: an array without shape, type or place.")
    shape, dtype = read_shape(source, kinds[SHAPE], where), _number_type(source, kinds[TYPE], where)
    needed = dtype.itemsize
    for length in shape:
        needed *= length
    address, size, inline = _layout(source, kinds[LAYOUT], where)
    if size != needed:
        raise source.refuse(f"{where!r} declares {needed:,} bytes and stores {size:,}.")
    seals = [
        seal for message in found if message.kind == ATTRIBUTE and (seal := read_seal(source, message.body, where))
    ]
    return Stored(shape, dtype, address, size, inline, seals[0] if seals else None)


def read_shape(source: Source, body: bytes, where: str) -> tuple[int, ...]:
    """The axes that a shape message declares."""
    fields = Fields(body)
    version, rank, _ = fields.numbers(1, 3)
    kind = fields.number(1)
    if version == 1:
        fields.skip(4)
        kind = 1
    if version not in (1, 2) or kind > 1 or rank > limits.RANK:
        raise source.refuse(f"{where!r} has a shape that weights never have.")
    return tuple(fields.numbers(8, rank))


def _number_type(source: Source, body: bytes, where: str) -> np.dtype:
    fields = Fields(body)
    kind, flags = fields.number(1) & 0x0F, fields.number(3)
    size = fields.number(4)
    order = ">" if flags & 1 else "<"
    if kind == 0 and size in (1, 2, 4, 8) and fields.numbers(2, 2) == [0, 8 * size]:
        return np.dtype(f"{order}{'i' if flags & 8 else 'u'}{size}")
    if kind == 1 and size in _IEEE and not flags & 0x40:
        fields.skip(4)
        if (*fields.numbers(1, 4), fields.number(4)) == _IEEE[size]:
            return np.dtype(f"{order}f{size}")
    raise source.refuse(f"{where!r} does not hold plain whole or floating-point numbers.")


def _layout(source: Source, body: bytes, where: str) -> tuple[int, int, bytes | None]:
    """Address, size, and the bytes themselves where the header holds them."""
    fields = Fields(body)
    version, kind = fields.numbers(1, 2)
    if version in (3, 4) and kind == 0:
        size = fields.number(2)
        return 0, size, fields.bytes(size)
    if version in (3, 4) and kind == 1:
        address, size = fields.numbers(8, 2)
        if address == NOWHERE:  # an empty array, or one that was declared and never written
            return 0, 0, None
        source.within(address, size, f"the array {where!r}")
        return address, size, None
    what = {2: "chunked", 3: "virtual"}.get(kind, "in an unknown layout")
    raise source.refuse(f"{where!r} is {what}; weights are stored in one piece.")


class Attribute(NamedTuple):
    """A small value beside an object: its name, the bodies of its type and shape messages, its bytes."""

    name: str
    type: bytes
    shape: bytes
    data: bytes


def read_attribute(source: Source, body: bytes, where: str) -> Attribute:
    """The parts of an attribute message."""
    fields = Fields(body)
    version, flags = fields.numbers(1, 2)
    name_size, type_size, shape_size = fields.numbers(2, 3)
    fields.skip(1 if version == 3 else 0)
    if version not in (1, 2, 3) or (version > 1 and flags):
        raise source.refuse(f"{where!r} has an attribute of an unknown kind.")
    pad = 8 if version == 1 else 1
    name, kind, shape = (fields.bytes(-(-size // pad) * pad)[:size] for size in (name_size, type_size, shape_size))
    return Attribute(name.rstrip(b"\0").decode("utf-8", "replace"), kind, shape, body[fields.at :])


def read_seal(source: Source, body: bytes, where: str) -> str | None:
    """The text of an attribute called "sha256"; None for every other attribute."""
    found = read_attribute(source, body, where)
    if found.name != "sha256":
        return None
    kind = Fields(found.type)
    text, _, size = kind.number(1) & 0x0F == 3, kind.number(3), kind.number(4)
    if not text or read_shape(source, found.shape, where) or size != 64 or len(found.data) < 64:
        raise source.refuse(f"the checksum of {where!r} is damaged.")
    return found.data[:64].decode("ascii", "replace")
