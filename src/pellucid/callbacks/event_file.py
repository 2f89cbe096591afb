"""Event files, as TensorBoard reads them: a row of records, each a small protocol-buffer message.

    record    length (8 bytes) · its checksum (4) · data · its checksum (4)        little endian
    checksum  CRC-32C, rotated right by 15 bits, plus 0xa282ead8
    data      Event{1: wall time, 2: step, 3: file version | 4: GraphDef | 5: Summary{1: Value{1: tag, …}}}

Source: TFRecord in the TensorFlow guide; event.proto, summary.proto, tensor.proto, graph.proto; CRC-32C in RFC 3720,
appendix B.4.
"""

import itertools
import os
import struct
import time
import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from ..arrays import Array
from ..layers.symbolic import Shape

_number = itertools.count()


class EventFile:
    """A new event file in a folder, which is made if need be. Records are held back until `flush`, or 1 MB of them.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     events = EventFile(folder)
    ...     events.scalar("loss", 0.5, step=0)
    ...     events.flush()
    ...     os.path.getsize(events.path)
    82
    """

    def __init__(self, folder: str) -> None:
        os.makedirs(folder, exist_ok=True)
        import platform  # here: slow to import, and seldom needed

        name = f"events.out.tfevents.{time.time():.6f}.{platform.node()}.{os.getpid()}.{next(_number)}.v2"
        self.path = os.path.join(folder, name)
        self._waiting = bytearray()
        self._write(_bytes(3, b"brain.Event:2"))

    def scalar(self, tag: str, value: float, step: int) -> None:
        """A number."""
        self._summary(tag, _float(2, value), step)

    def histogram(self, tag: str, values: Array, step: int, buckets: int = 30) -> None:
        """How many of the values lie where, in buckets of equal width. NaN and infinities are left out.

        values  (...)
        """
        values = np.asarray(values, dtype=np.float64).ravel()
        values = values[np.isfinite(values)]
        if not values.size:
            return
        counts, edges = np.histogram(values, bins=buckets)
        moments = (values.min(), values.max(), values.size, values.sum(), (values * values).sum())
        data = b"".join(_double(field, float(value)) for field, value in enumerate(moments, 1))
        data += _doubles(6, edges[1:]) + _doubles(7, counts)
        self._summary(tag, _bytes(5, data), step)

    def image(self, tag: str, pixels: Array, step: int) -> None:
        """A picture.

        pixels  (H, W, C)  0 … 255; C is 1 (grey), 3 (RGB) or 4 (RGBA)
        """
        height, width, channels = pixels.shape
        data = _int(1, height) + _int(2, width) + _int(3, channels) + _bytes(4, png(pixels))
        self._summary(tag, _bytes(4, data), step)

    def text(self, tag: str, text: str, step: int, plugin: str, version: bytes = b"1") -> None:
        """A text for one of TensorBoard's plugins."""
        metadata = _bytes(1, _bytes(1, plugin.encode()) + _bytes(2, version))
        tensor = _int(1, 7) + _bytes(2, b"") + _bytes(8, text.encode())  # type string, shape ()
        self._summary(tag, _bytes(9, metadata) + _bytes(8, tensor), step)

    def graph(self, nodes: Iterable[tuple[str, str, Iterable[str], Iterable[Shape]]]) -> None:
        """A network: of each node its name, what it does, the values that it reads, the shapes of those it makes."""
        found = b""
        for name, does, reads, shapes in nodes:
            listed = b"".join(_bytes(7, b"".join(_bytes(2, _int(1, size)) for size in _sizes(s))) for s in shapes)
            attribute = _bytes(1, b"_output_shapes") + _bytes(2, _bytes(1, listed))
            texts = _bytes(1, name.encode()) + _bytes(2, does.encode())
            texts += b"".join(_bytes(3, value.encode()) for value in reads)
            found += _bytes(1, texts + _bytes(5, attribute))
        self._write(_bytes(4, found))

    def flush(self) -> None:
        """Write what was held back."""
        with open(self.path, "ab") as file:
            file.write(self._waiting)
        self._waiting.clear()

    def _summary(self, tag: str, value: bytes, step: int) -> None:
        self._write(_int(2, step) + _bytes(5, _bytes(1, _bytes(1, tag.encode()) + value)))

    def _write(self, fields: bytes) -> None:
        data = _double(1, time.time()) + fields
        length = struct.pack("<Q", len(data))
        self._waiting += length + _checksum(length) + data + _checksum(data)
        if len(self._waiting) > 2**20:
            self.flush()


def png(pixels: Array) -> bytes:
    """A PNG file of 8-bit pixels. Source: W3C, Portable Network Graphics (second edition).

    pixels  (H, W, C)  C is 1, 3 or 4

    >>> png(np.zeros((1, 1, 1), "uint8"))[1:4]
    b'PNG'
    """
    pixels = np.asarray(pixels, dtype=np.uint8)
    height, width, channels = pixels.shape
    kind = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each row begins with its filter, 0: none
    rows[:, 1:] = pixels.reshape(height, -1)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def crc32c(data: bytes) -> int:
    """The CRC with Castagnoli's polynomial.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc = 0xFFFFFFFF
    table = _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _table() -> list[int]:
    """For each byte, its remainder under the reversed polynomial."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def _checksum(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


# The fields of a message: the number of the field and how it is written, then the value.


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; all bytes but the last have the eighth bit set."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _int(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value % 2**64)  # below zero: as 64 bits of two's complement


def _sizes(shape: Shape) -> Iterator[int]:
    """The lengths of the axes, -1 where one is not known."""
    return (-1 if size is None else size for size in shape)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _doubles(field: int, values: Iterable[float]) -> bytes:
    return _bytes(field, b"".join(struct.pack("<d", value) for value in values))
