"""The texts that Keras's older files keep beside a group: its layers' names, its config as JSON.

A text has a fixed length in the attribute itself, or lies in a global heap ("GCOL": numbered pieces of bytes) and is
pointed to by length, address and number.
"""

from collections.abc import Iterator
from typing import NamedTuple

from .. import limits
from .messages import Attribute, read_attribute, read_shape
from .source import Fields, Source

_TEXT, _VARIABLE = 3, 9  # classes of types


class _Kind(NamedTuple):
    """How texts are stored: whether in a heap, the bytes that each takes here, and what follows a short text."""

    in_heap: bool
    size: int
    padding: bytes


class Texts:
    """The attributes of one file's groups, decoded on demand."""

    def __init__(self, source: Source, attributes: dict[str, list[bytes]]) -> None:
        self.source = source
        self._attributes = {
            path: {found.name: found for found in self._parsed(bodies, path)} for path, bodies in attributes.items()
        }
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}

    def all(self) -> Iterator[tuple[str, str, str | list[str]]]:
        """Every attribute as (group, name, text or texts). Raises FormatError when one is neither."""
        for path, named in self._attributes.items():
            for name in named:
                value = self._read(path, name)
                assert value is not None  # it was just named
                yield path, name, value

    def text(self, path: str, name: str) -> str | None:
        """One text; None when the group has no such attribute. Raises FormatError when it is no single text."""
        found = self._read(path, name)
        if isinstance(found, list):
            raise self.source.refuse(f"the attribute {name!r} of {path or '/'!r} must be one text, not a list.")
        return found

    def texts(self, path: str, name: str) -> list[str] | None:
        """A list of texts, also one cut into name0, name1, …; None when the group has no such attribute."""
        found = self._read(path, name)
        if found is None:
            parts: list[str] = []
            number = 0
            while (part := self._read(path, f"{name}{number}")) is not None:
                parts += part if isinstance(part, list) else [part]
                number += 1
            return parts if number else None
        return found if isinstance(found, list) else [found]

    def _parsed(self, bodies: list[bytes], path: str) -> list[Attribute]:
        found = [read_attribute(self.source, body, path or "/") for body in bodies]
        if len({attribute.name for attribute in found}) < len(found):
            raise self.source.refuse(f"{path or '/'!r} has an attribute twice.")
        return found

    def _read(self, path: str, name: str) -> str | list[str] | None:
        found = self._attributes.get(path, {}).get(name)
        if found is None:
            return None
        where = f"the attribute {name!r} of {path or '/'!r}"
        shape = read_shape(self.source, found.shape, where)
        if len(shape) > 1:
            raise self.source.refuse(f"{where} is a table; lists of names have one axis.")
        count = shape[0] if shape else 1
        if not count:
            return []  # Keras writes an empty list as an array of no numbers
        kind = self._kind(found.type, where)
        if count * kind.size > len(found.data):
            raise self.source.refuse(f"{where} is cut off.")
        pieces = [found.data[i * kind.size : (i + 1) * kind.size] for i in range(count)]
        texts = [self._decoded(piece, kind, where) for piece in pieces]
        return texts if shape else texts[0]

    def _kind(self, body: bytes, where: str) -> _Kind:
        fields = Fields(body)
        kind, flags, size = fields.number(1) & 0x0F, fields.number(3), fields.number(4)
        if kind == _VARIABLE and flags & 0x0F == 1 and size == 16:
            return _Kind(True, size, b"\0")
        if kind == _TEXT and size and flags & 0x0F in (0, 1, 2):
            return _Kind(False, size, b" " if flags & 0x0F == 2 else b"\0")
        raise self.source.refuse(f"{where} does not hold texts.")

    def _decoded(self, piece: bytes, kind: _Kind, where: str) -> str:
        if kind.in_heap:
            fields = Fields(piece)
            length, address, number = fields.number(4), fields.number(8), fields.number(4)
            piece = self._in_heap(address, number, length, where) if length else b""
        try:
            return piece.rstrip(kind.padding).decode("utf-8")
        except UnicodeDecodeError:
            raise self.source.refuse(f"{where} is not UTF-8.") from None

    def _in_heap(self, address: int, number: int, length: int, where: str) -> bytes:
        if length > limits.CONFIG_BYTES:
            raise self.source.refuse(f"{where} holds {length:,} bytes; the limit is {limits.CONFIG_BYTES:,}.")
        if address not in self._heaps:
            self._heaps[address] = self._pieces(address, where)
        start, size = self._heaps[address].get(number, (0, 0))
        if length > size:
            raise self.source.refuse(f"{where} points outside its heap.")
        return self.source.take(start, length, where)

    def _pieces(self, address: int, where: str) -> dict[int, tuple[int, int]]:
        """The pieces of one heap: number -> (address, size)."""
        what = f"the heap of {where}"
        head = Fields(self.source.signed(address, 16, b"GCOL\1", what), 8)
        end = address + head.number(8)
        self.source.within(address, end - address, what)
        found: dict[int, tuple[int, int]] = {}
        at = address + 16
        while at + 16 <= end:
            fields = Fields(self.source.take(at, 16, what))
            number = fields.number(2)
            fields.skip(6)
            size = fields.number(8)
            if number == 0:  # the rest is free
                break
            if number in found or at + 16 + size > end:
                raise self.source.refuse(f"{what} is damaged at byte {at:,}.")
            found[number] = at + 16, size
            at += 16 + -(-size // 8) * 8
        return found
