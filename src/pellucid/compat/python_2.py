"""Programs in Python 2, read as Python 3: print without brackets, `except E, e`, whole numbers divided as whole.

Only what Python 3 cannot read is rewritten, and calls of methods that it dropped (`batches.next()`); a program that is
Python 3 already stays what it is.
"""

import ast
import functools
import importlib
import io
import operator
import re
import tokenize
from collections.abc import Callable
from typing import Any, TypeGuard

import numpy as np

_PRINT = re.compile(r"print\s*(>>\s*(?P<file>[^,]+),)?\s*(?P<what>.*?)(?P<comma>,)?\s*$", re.DOTALL)
_EXCEPT = re.compile(r"^(\s*except\s+[\w.]+|\s*except\s*\([^)]*\))\s*,\s*(\w+)\s*:", re.MULTILINE)
_RAISE = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(.+)$", re.MULTILINE)


def divided(a: Any, b: Any) -> Any:
    """a / b as in Python 2: of two whole numbers, the whole number below.

    >>> divided(7, 2), divided(7.0, 2)
    (3, 3.5)
    """
    whole = all(isinstance(value, int) or getattr(value, "dtype", np.dtype(float)).kind in "iu" for value in (a, b))
    return a // b if whole else a / b


_CALLS: dict[str, tuple[int, Callable[..., Any]]] = {
    "next": (0, next), "has_key": (1, operator.contains), "iteritems": (0, lambda d: iter(d.items())),
    "itervalues": (0, lambda d: iter(d.values())), "iterkeys": (0, iter),
}  # fmt: skip
"""Methods that Python 3 dropped: how many arguments they took, and what they did."""


_MODULES = ("cPickle", "cStringIO", "StringIO", "Queue", "ConfigParser", "urllib2")


def may_be_python_2(source: str) -> bool:
    """Whether a program that Python 3 can read has words of Python 2.

    >>> may_be_python_2("batch = batches.next()"), may_be_python_2("batch = next(batches)")
    (True, False)
    """
    return any(f".{name}(" in source for name in _CALLS) or any(name in source for name in _MODULES)


def called(owner: Any, name: str, *args: Any) -> Any:
    """owner.name(*args), also where Python 3 dropped the method.

    >>> called({"a": 1}, "has_key", "a"), called(iter([5]), "next")
    (True, 5)
    """
    method = getattr(owner, name, None)
    return _CALLS[name][1](owner, *args) if method is None else method(*args)


NAMES: dict[str, Any] = {
    "xrange": range, "raw_input": input, "unicode": str, "unichr": chr, "long": int, "basestring": str,
    "reduce": functools.reduce, "reload": importlib.reload,
}  # fmt: skip
"""Builtins that Python 3 dropped."""

LISTS: dict[str, Any] = {
    name: functools.partial(lambda make, *given: list(make(*given)), make)
    for name, make in {"map": map, "filter": filter, "zip": zip}.items()
}
"""Builtins that gave lists in Python 2: `np.array(map(len, texts))`, `zip(a, b)[0]`."""


def as_python_3(
    source: str, name: str = "<program>", true_division: bool = False, python_2: bool = False
) -> ast.Module:
    """The program as Python's tree: what Python 2 alone can read is rewritten first.

    true_division    whether / divides as in Python 3, as after `from __future__ import division`, which the source
                     may say itself
    python_2         whether it is known to be Python 2, also where Python 3 can read it

    Raises SyntaxError, of the source as it is, for what is neither.

    >>> exec(compile(as_python_3("x = 7\\nprint 'half:', x / 2"), "p", "exec"), {"divided": divided})
    half: 3
    """
    try:
        tree = ast.parse(source, name)
        if not python_2 and not _imports_of_python_2(tree):
            return ast.fix_missing_locations(_Calls().visit(tree))
    except SyntaxError as error:
        try:
            tree = ast.parse(_RAISE.sub(r"\1(\2)", _EXCEPT.sub(r"\1 as \2:", _printed(source))), name)
        except (SyntaxError, tokenize.TokenError):
            raise error from None
    said = [name.name for node in ast.walk(tree) if _is_future(node) for name in node.names]
    tree = tree if true_division or "division" in said else _Divisions().visit(tree)
    return ast.fix_missing_locations(_Calls().visit(tree))


def _imports_of_python_2(tree: ast.Module) -> bool:
    """Whether the program cannot do without a module that Python 2 alone has, and so divides as Python 2."""
    return any(isinstance(node, ast.Import) and any(one.name in _MODULES for one in node.names) for node in tree.body)


def future_first(tree: ast.Module) -> ast.Module:
    """The same with `from __future__ import …` before all else, where it alone may stand: notebooks say it anywhere."""
    tree.body.sort(key=lambda node: not _is_future(node))
    return tree


def _is_future(node: Any) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _printed(source: str) -> str:
    """Every print statement as a call."""
    lines = source.expandtabs(8).splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    text, changes, begun, start = "".join(lines), [], True, None
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        place = starts[token.start[0] - 1] + token.start[1]
        ends = token.type in (tokenize.NEWLINE, tokenize.COMMENT, tokenize.ENDMARKER) or token.string == ";"
        if start is not None and ends:
            changes.append((start, place, _call(text[start:place])))
            start = None
        elif begun and token.string == "print" and token.type == tokenize.NAME:
            start = place
        begun = token.type in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT) or (
            token.string in (":", ";")
        )
    for start, end, call in reversed(changes):
        text = text[:start] + call + text[end:]
    return text


def _call(statement: str) -> str:
    found = _PRINT.match(statement.rstrip())
    assert found is not None  # it begins with print
    what = found["what"]
    try:
        if what.startswith("(") and not found["comma"] and isinstance(ast.parse(what, mode="eval").body, ast.Tuple):
            return statement if what == "()" else f"print({what})"
        if what.startswith("(") and not found["comma"] and not found["file"]:
            ast.parse(statement.strip())
            return statement
    except SyntaxError:
        pass
    settings = [f"file={found['file'].strip()}"] if found["file"] else []
    settings += ["end=' '"] if found["comma"] else []
    return f"print({', '.join([what, *settings] if what else settings)})"


class _Divisions(ast.NodeTransformer):
    """a / b becomes divided(a, b)."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        return ast.copy_location(ast.Call(ast.Name("divided", ast.Load()), [node.left, node.right], []), node)


class _Calls(ast.NodeTransformer):
    """batches.next() becomes called_in_python_2(batches, "next"), and so on."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        of = node.func
        if not isinstance(of, ast.Attribute) or of.attr not in _CALLS or node.keywords:
            return node
        if len(node.args) != _CALLS[of.attr][0]:
            return node
        args = [of.value, ast.Constant(of.attr), *node.args]
        return ast.copy_location(ast.Call(ast.Name("called_in_python_2", ast.Load()), args, []), node)
