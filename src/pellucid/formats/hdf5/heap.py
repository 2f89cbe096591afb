"""The store for groups of more than eight links, in files since HDF5 1.8.

A B-tree ("BTHD") lists where each link message lies in a fractal heap ("FRHP"). The heap is one range of offsets, cut
into blocks that double in size: `width` blocks of `start` bytes in rows 0 and 1, then twice as large with each row.
"""

from collections.abc import Iterator
from typing import NamedTuple

from .source import NOWHERE, Fields, Source


class Block(NamedTuple):
    """A piece of the heap: its first offset in the heap, its place in the file, its size."""

    offset: int
    address: int
    size: int


def heap_messages(source: Source, heap: int, index: int, where: str) -> Iterator[bytes]:
    """Each link message of a group, as bytes."""
    what = f"the names in {where!r}"
    fields = Fields(source.signed(heap, 142, b"FRHP", what), 5)
    id_size, filters = fields.numbers(2, 2)
    fields.skip(1)
    largest_object = fields.number(4)
    fields.skip(96)
    width, start, largest_block, bits = fields.number(2), fields.number(8), fields.number(8), fields.number(2)
    fields.skip(2)
    root, rows = fields.number(8), fields.number(2)
    powers = start > 0 and largest_block >= start and not (start & (start - 1) or largest_block & (largest_block - 1))
    if filters or not powers or not 0 < bits <= 64 or width > 256:
        raise source.refuse(f"{what} are damaged at byte {heap:,}.")
    offset_size = -(-bits // 8)
    length_size = _width(min(largest_block, largest_object))
    direct_rows = (largest_block // start).bit_length() + 1
    if rows:
        blocks = list(_blocks(source, Block(0, root, 0), rows, direct_rows, width, start, offset_size, what))
    else:
        blocks = [Block(0, root, start)]
    for record in _records(source, index, what):
        fields = Fields(record, 4)  # after the name's hash
        if id_size > 7 or fields.number(1) & 0x30:
            raise source.refuse(f"{what} hold a link of an unknown kind.")
        offset, length = fields.number(offset_size), fields.number(length_size)
        block = next((b for b in blocks if b.offset <= offset and offset + length <= b.offset + b.size), None)
        if block is None:
            raise source.refuse(f"{what} point outside their heap.")
        yield source.take(block.address + offset - block.offset, length, what)


def _blocks(
    source: Source, at: Block, rows: int, direct_rows: int, width: int, start: int, offset_size: int, what: str
) -> Iterator[Block]:
    """The blocks that hold messages, below the indirect block `at`. Weights need no indirect block below another."""
    if rows > direct_rows:
        raise source.refuse(f"{what} take more than one level of blocks.")
    head = 13 + offset_size
    fields = Fields(source.signed(at.address, head + 8 * rows * width, b"FHIB", what), head)
    offset = at.offset
    for row in range(rows):
        size = start << max(row - 1, 0)
        for address in fields.numbers(8, width):
            if address != NOWHERE:
                yield Block(offset, address, size)
            offset += size


def _records(source: Source, index: int, what: str) -> Iterator[bytes]:
    """The records of a version 2 B-tree of links: hash (4 bytes), heap ID (7 bytes)."""
    fields = Fields(source.signed(index, 38, b"BTHD", what), 5)
    kind, node_size, size, depth = fields.number(1), fields.number(4), fields.number(2), fields.number(2)
    fields.skip(2)
    root, count = fields.number(8), fields.number(2)
    if kind != 5 or size != 11 or depth > 8 or node_size < 64:
        raise source.refuse(f"{what} are damaged at byte {index:,}.")
    most = total = (node_size - 10) // size  # records in a leaf; in all of a subtree
    count_size, totals = _width(most), [0]
    for _ in range(depth):
        pointer = 8 + count_size + totals[-1]
        inner = (node_size - 10 - pointer) // (size + pointer)
        total = (inner + 1) * total + inner
        totals.append(_width(total))
    nodes = [(root, count, depth)] if count else []
    while nodes:
        address, count, level = nodes.pop()
        part = source.signed(address, node_size if level else 6 + size * count, b"BTIN" if level else b"BTLF", what)
        fields = Fields(part, 6)
        for _ in range(count):
            yield fields.bytes(size)
        for _ in range(count + 1 if level else 0):
            child, own = fields.number(8), fields.number(count_size)
            fields.skip(totals[level - 1])
            nodes.append((child, own, level - 1))


def _width(largest: int) -> int:
    """Bytes that hold numbers up to `largest`."""
    return max(1, -(-largest.bit_length() // 8))
