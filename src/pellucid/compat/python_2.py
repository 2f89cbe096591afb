"""Programs in Python 2, read as Python 3: print without brackets, `except E, e`, whole numbers divided as whole.

Only what Python 3 cannot read is rewritten; a program that is Python 3 already stays what it is.
"""

import ast
import functools
import importlib
import io
import re
import tokenize
from typing import Any, TypeGuard

import numpy as np

_PRINT = re.compile(r"print\s*(>>\s*(?P<file>[^,]+),)?\s*(?P<what>.*?)(?P<comma>,)?\s*$", re.DOTALL)
_EXCEPT = re.compile(r"^(\s*except\s+[\w.]+|\s*except\s*\([^)]*\))\s*,\s*(\w+)\s*:", re.MULTILINE)
_RAISE = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(.+)$", re.MULTILINE)
_METHODS = re.compile(r"\.(iter(items|keys|values)\(\)|has_key\()")


def divided(a: Any, b: Any) -> Any:
    """a / b as in Python 2: of two whole numbers, the whole number below.

    >>> divided(7, 2), divided(7.0, 2)
    (3, 3.5)
    """
    whole = all(isinstance(value, int) or getattr(value, "dtype", np.dtype(float)).kind in "iu" for value in (a, b))
    return a // b if whole else a / b


NAMES: dict[str, Any] = {
    "xrange": range, "raw_input": input, "unicode": str, "unichr": chr, "long": int, "basestring": str,
    "reduce": functools.reduce, "reload": importlib.reload,
}  # fmt: skip
"""Builtins that Python 3 dropped."""


def as_python_3(source: str, name: str = "<program>", true_division: bool = False) -> Any:
    """The program as Python's tree: what Python 2 alone can read is rewritten first.

    true_division    whether / divides as in Python 3, as after `from __future__ import division`, which the source
                     may say itself

    Raises SyntaxError, of the source as it is, for what is neither.

    >>> exec(compile(as_python_3("x = 7\\nprint 'half:', x / 2"), "p", "exec"), {"divided": divided})
    half: 3
    """
    try:
        return ast.parse(source, name)
    except SyntaxError as error:
        try:
            text = _METHODS.sub(lambda found: f".{found[2]}()" if found[2] else ".__contains__(", _printed(source))
            tree = ast.parse(_RAISE.sub(r"\1(\2)", _EXCEPT.sub(r"\1 as \2:", text)), name)
        except (SyntaxError, tokenize.TokenError):
            raise error from None
    said = [name.name for node in ast.walk(tree) if _is_future(node) for name in node.names]
    return tree if true_division or "division" in said else ast.fix_missing_locations(_Divisions().visit(tree))


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
