"""Source: the bytes of a file, and the only way to reach them."""

import os
import struct

from ...errors import FormatError
from .. import limits

NOWHERE = 0xFFFF_FFFF_FFFF_FFFF  # HDF5's address for "there is none"


class Source:
    """A file's bytes. Every look is checked against its length, and all looks together against a budget.

    The budget stops parts that overlap: the description of the arrays may not be longer than the file that holds it.
    """

    def __init__(self, data: bytes, file: str | os.PathLike[str]) -> None:
        self.data, self.file = data, file
        self._budget = min(2 * len(data) + 2**16, limits.STRUCTURE_BYTES)
        self._visited: set[int] = set()

    def refuse(self, reason: str) -> FormatError:
        """The error to raise; it names the file."""
        return FormatError(self.file, reason)

    def within(self, address: int, size: int, what: str) -> None:
        """Check that `size` bytes from `address` lie in the file."""
        if address + size > len(self.data):
            raise self.refuse(
                f"it is cut off or damaged: {what} should reach byte {address + size:,} of {len(self.data):,}."
            )

    def take(self, address: int, size: int, what: str) -> bytes:
        """`size` bytes from `address`, which describe `what`."""
        self.within(address, size, what)
        self._budget -= size + 8
        if self._budget < 0:
            raise self.refuse("it describes more than it can hold: its parts overlap, or there are too many.")
        return self.data[address : address + size]

    def signed(self, address: int, size: int, mark: bytes, what: str) -> bytes:
        """As `take`, for a part that begins with `mark`; the same part is never read twice."""
        self.once(address, what)
        part = self.take(address, size, what)
        if not part.startswith(mark):
            raise self.refuse(f"{what} is damaged at byte {address:,}.")
        return part

    def once(self, address: int, what: str) -> None:
        """Check that no part was read at this address before: a file is a tree."""
        if address in self._visited:
            raise self.refuse(f"{what} at byte {address:,} is used twice.")
        self._visited.add(address)


class Fields:
    """Whole numbers, little-endian, one after another out of a few bytes."""

    def __init__(self, part: bytes, start: int = 0) -> None:
        self.part, self.at = part, start

    def number(self, size: int) -> int:
        """The next `size` bytes as an unsigned number. Raises struct.error beyond the end."""
        return int.from_bytes(self.bytes(size), "little")

    def numbers(self, size: int, count: int) -> list[int]:
        """The next `count` numbers of `size` bytes each."""
        return [self.number(size) for _ in range(count)]

    def bytes(self, size: int) -> bytes:
        """The next `size` bytes."""
        if self.at + size > len(self.part):
            raise struct.error(f"a field ends at byte {self.at + size} of {len(self.part)}")
        self.at += size
        return self.part[self.at - size : self.at]

    def skip(self, size: int) -> None:
        """Step over `size` bytes."""
        self.bytes(size)
