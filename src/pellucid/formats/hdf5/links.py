"""The names in a group. Only hard links: a soft or external link would lead somewhere else.

Old groups keep a B-tree of nodes ("TREE", "SNOD") over a heap of names; new ones a message for each link, or, beyond
eight, a heap of such messages.
"""

from collections.abc import Iterator
from typing import NamedTuple

from .. import limits
from .heap import heap_messages
from .messages import LINK, LINK_INFO, SYMBOL_TABLE, Message
from .source import NOWHERE, Fields, Source


class Link(NamedTuple):
    """A name and the address of the object's header."""

    name: str
    address: int


def is_group(found: list[Message]) -> bool:
    """Whether these messages describe a group."""
    return any(message.kind in (SYMBOL_TABLE, LINK_INFO) for message in found)


def links(source: Source, found: list[Message], where: str) -> Iterator[Link]:
    """Each link of the group that these messages describe."""
    for message in found:
        if message.kind == SYMBOL_TABLE:
            tree, heap = Fields(message.body).numbers(8, 2)
            yield from _old_links(source, tree, heap, where)
        elif message.kind == LINK:
            yield _link(source, message.body, where)
        elif message.kind == LINK_INFO:
            fields = Fields(message.body)
            _, flags = fields.numbers(1, 2)
            fields.skip(8 if flags & 1 else 0)
            heap, index = fields.numbers(8, 2)
            if heap != NOWHERE:
                for body in heap_messages(source, heap, index, where):
                    yield _link(source, body, where)


def _link(source: Source, body: bytes, where: str) -> Link:
    fields = Fields(body)
    version, flags = fields.numbers(1, 2)
    kind = fields.number(1) if flags & 0x08 else 0
    fields.skip((8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0))
    name = fields.bytes(fields.number(1 << (flags & 3)))
    if version != 1 or kind != 0:
        raise source.refuse(_elsewhere(name, where))
    return Link(_checked(source, name, where), fields.number(8))


def _old_links(source: Source, tree: int, heap: int, where: str) -> Iterator[Link]:
    what = f"the names in {where!r}"
    fields = Fields(source.signed(heap, 32, b"HEAP", what), 8)
    size, _, names = fields.numbers(8, 3)
    source.within(names, size, what)
    nodes = [tree]
    while nodes:
        address = nodes.pop()
        fields = Fields(source.signed(address, 24, b"TREE", what), 4)
        kind, level, count = fields.number(1), fields.number(1), fields.number(2)
        if kind != 0 or level > 8:
            raise source.refuse(f"{what} are damaged at byte {address:,}.")
        keys = Fields(source.take(address + 24, 8 * (2 * count + 1), what))
        children = keys.numbers(8, 2 * count + 1)[1::2]
        if level:
            nodes.extend(children)
        else:
            for child in children:
                yield from _symbols(source, child, names, size, where)


def _symbols(source: Source, address: int, names: int, size: int, where: str) -> Iterator[Link]:
    what = f"the names in {where!r}"
    count = Fields(source.signed(address, 8, b"SNOD", what), 6).number(2)
    fields = Fields(source.take(address + 8, 40 * count, what))
    for _ in range(count):
        offset, header = fields.numbers(8, 2)
        kind = fields.number(4)
        fields.skip(20)
        end = source.data.find(b"\0", names + offset, names + min(size, offset + limits.NAME_BYTES + 1))
        if offset >= size or end < 0:
            raise source.refuse(f"{what} are damaged, or one is longer than {limits.NAME_BYTES} bytes.")
        name = source.data[names + offset : end]
        if kind == 2 or header == NOWHERE:
            raise source.refuse(_elsewhere(name, where))
        yield Link(_checked(source, name, where), header)


def _checked(source: Source, name: bytes, where: str) -> str:
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        raise source.refuse(f"a name in {where!r} is not UTF-8.") from None
    if (
        not text
        or len(name) > limits.NAME_BYTES
        or text in (".", "..")
        or not text.isprintable()
        or set(text) & set("/\\")
    ):
        raise source.refuse(f"{text[:80]!r} in {where!r} cannot be a name.")
    return text


def _elsewhere(name: bytes, where: str) -> str:
    return f"{name[:80].decode('utf-8', 'replace')!r} in {where!r} is a link to elsewhere; only hard links are read."
