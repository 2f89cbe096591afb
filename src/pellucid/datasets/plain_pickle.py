"""Reading lists, dicts, numbers, texts and arrays from a file in Python's pickle format, without unpickling it.

A pickle is a program for a small stack machine, and Python's own reader runs whatever it says. The reader here knows
only the instructions that build plain data, and takes four names as mere marks for "array", "dtype" and "bytes":
nothing in a file can be called. Any other instruction, or name, is refused.
"""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array

_NAMES = {
    ("numpy.core.multiarray", "_reconstruct"): "array",
    ("numpy._core.multiarray", "_reconstruct"): "array",
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "bytes",
}
_DTYPES = {code + size for code, sizes in (("u", "1248"), ("i", "1248"), ("f", "248")) for size in sizes}
_DTYPES |= {"b1", "O8", "O", "object"}

_MARK: Any = object()


class _Name(str):
    """A name in the file that stands for something we know."""


class _NewArray:
    """An array that the file has begun to describe."""

    value: Array | None = None


class _NewType:
    """A type of numbers."""

    def __init__(self, code: str) -> None:
        if code not in _DTYPES:
            raise ValueError(f"it has an array of the type {code!r}")
        self.dtype = np.dtype(code)


def loads(data: bytes) -> Any:
    """The plain data in a pickle: dicts, lists, tuples, numbers, texts, bytes and arrays of them.

    Raises ValueError, naming the instruction or name, when there is anything else in it, or when it is damaged.

    >>> import pickle
    >>> loads(pickle.dumps({"labels": [6, 300]}))
    {'labels': [6, 300]}
    >>> loads(pickle.dumps(print))
    Traceback (most recent call last):
    ValueError: it names builtins.print, which is no plain data
    """
    try:
        return _finished(_run(data))
    except (IndexError, struct.error, TypeError, KeyError, UnicodeDecodeError, RecursionError, AttributeError) as error:
        raise ValueError(f"it is damaged ({type(error).__name__})") from None


def _run(data: bytes) -> Any:
    """What is on the stack when the program stops."""
    stack: list[Any] = []
    memo: list[Any] | dict[int, Any] = {}
    push, at, two, four = stack.append, 0, struct.Struct("<H").unpack_from, struct.Struct("<i").unpack_from
    marks: list[int] = []  # where the marks stand on the stack
    while True:
        code = data[at]
        at += 1
        if code == 0x4B:  # K: a number of one byte
            push(data[at])
            at += 1
        elif code == 0x4D:  # M: of two
            push(two(data, at)[0])
            at += 2
        elif code == 0x4A:  # J: of four
            push(four(data, at)[0])
            at += 4
        elif code in (0x71, 0x72):  # q, r: remember the top
            size = 1 if code == 0x71 else 4
            memo[int.from_bytes(data[at : at + size], "little")] = stack[-1]
            at += size
        elif code == 0x94:
            memo[len(memo)] = stack[-1]
        elif code in (0x68, 0x6A):  # h, j: what was remembered
            size = 1 if code == 0x68 else 4
            push(memo[int.from_bytes(data[at : at + size], "little")])
            at += size
        elif code == 0x28:  # (: a mark
            marks.append(len(stack))
            push(_MARK)
        elif code == 0x65:  # e: all above the mark goes into the list below it
            mark = marks.pop()
            _as(list, stack[mark - 1]).extend(stack[mark + 1 :])
            del stack[mark:]
        elif code == 0x2E:  # .: the end
            return stack.pop()
        elif code in _TEXTS:
            size, decode = _TEXTS[code]
            length = int.from_bytes(data[at : at + size], "little")
            at += size
            if len(data) < at + length:
                raise ValueError("it is cut off")
            push(decode(data[at : at + length]))
            at += length
        elif code == 0x63:  # c: a name, in two lines
            module, name = data.index(b"\n", at), 0
            name = data.index(b"\n", module + 1)
            push(_known(data[at:module].decode(), data[module + 1 : name].decode()))
            at = name + 1
        elif code == 0x80:  # the protocol
            at += 1
        elif code == 0x95:  # a frame
            at += 8
        elif code == 0x47:  # G: a float
            push(struct.unpack_from(">d", data, at)[0])
            at += 8
        elif code == 0x8A:  # a number of any size
            push(int.from_bytes(data[at + 1 : at + 1 + data[at]], "little", signed=True))
            at += 1 + data[at]
        elif code in (0x74, 0x75):  # t, u: a tuple of what is above the mark; pairs into the dict below it
            mark = marks.pop()
            parts = stack[mark + 1 :]
            del stack[mark:]
            if code == 0x74:
                push(tuple(parts))
            else:
                _as(dict, stack[-1]).update(zip(parts[::2], parts[1::2], strict=True))
        elif code in _MOVES:
            _MOVES[code](stack)
        else:
            raise ValueError(f"it has the instruction {bytes([code])!r}, which plain data does not need")


def _latin(data: bytes) -> str:
    return data.decode("latin-1")


def _bytes_of(data: bytes) -> bytes:
    return data


_TEXTS: dict[int, tuple[int, Callable[[bytes], Any]]] = {
    0x55: (1, _latin),  # U and T: texts of Python 2
    0x54: (4, _latin),
    0x8C: (1, bytes.decode),
    0x58: (4, bytes.decode),
    0x43: (1, _bytes_of),
    0x42: (4, _bytes_of),
    0x8E: (8, _bytes_of),
}


def _known(module: str, name: str) -> _Name:
    if (module, name) not in _NAMES:
        raise ValueError(f"it names {module}.{name}, which is no plain data")
    return _Name(_NAMES[module, name])


def _as(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(kind.__name__)
    return value


def _tuple_of(count: int) -> Callable[[list[Any]], None]:
    def move(stack: list[Any]) -> None:
        stack[len(stack) - count :] = [tuple(stack[len(stack) - count :])]

    return move


def _append(stack: list[Any]) -> None:
    value = stack.pop()
    _as(list, stack[-1]).append(value)


def _set_item(stack: list[Any]) -> None:
    value, key = stack.pop(), stack.pop()
    _as(dict, stack[-1])[key] = value


def _global(stack: list[Any]) -> None:
    name, module = stack.pop(), stack.pop()
    stack.append(_known(module, name))


def _reduce(stack: list[Any]) -> None:
    """A known name with its arguments: the beginning of an array or a type, or bytes."""
    arguments, name = _as(tuple, stack.pop()), _as(_Name, stack.pop())
    if name == "array":
        stack.append(_NewArray())
    elif name == "dtype":
        stack.append(_NewType(_text(arguments[0])))
    elif name == "bytes":
        stack.append(_as(str, arguments[0]).encode("latin-1"))
    else:
        raise TypeError(name)


def _build(stack: list[Any]) -> None:
    """The rest of an array (version, shape, type, by columns, numbers) or of a type (version, byte order, …)."""
    state, begun = _as(tuple, stack.pop()), stack[-1]
    if isinstance(begun, _NewType):
        order: Any = _text(state[1])
        begun.dtype = begun.dtype.newbyteorder(order)
        return
    _, shape, kind, by_columns, values = state
    dtype = _as(_NewType, kind).dtype
    if dtype.kind == "O":
        found = np.empty(len(_as(list, values)), dtype=object)
        for i, value in enumerate(values):
            found[i] = value
    else:
        raw = values.encode("latin-1") if isinstance(values, str) else _as(bytes, values)
        found = np.frombuffer(raw, dtype)
    _as(_NewArray, begun).value = found.reshape(shape, order="F" if by_columns else "C")


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else _as(str, value)


_MOVES: dict[int, Callable[[list[Any]], Any]] = {
    0x4E: lambda stack: stack.append(None),
    0x88: lambda stack: stack.append(True),
    0x89: lambda stack: stack.append(False),
    0x5D: lambda stack: stack.append([]),
    0x7D: lambda stack: stack.append({}),
    0x29: lambda stack: stack.append(()),
    0x85: _tuple_of(1),
    0x86: _tuple_of(2),
    0x87: _tuple_of(3),
    0x61: _append,
    0x73: _set_item,
    0x93: _global,
    0x52: _reduce,
    0x62: _build,
}


def _finished(value: Any) -> Any:
    """The data with its arrays in place."""
    if isinstance(value, _NewArray):
        if value.value is None:
            raise TypeError("array")
        return value.value
    if isinstance(value, dict):
        return {key: _finished(part) for key, part in value.items()}
    if isinstance(value, list | tuple) and any(isinstance(part, dict | list | tuple | _NewArray) for part in value):
        return type(value)([_finished(part) for part in value])
    if isinstance(value, _Name | _NewType) or value is _MARK:
        raise TypeError("mark")
    return value
