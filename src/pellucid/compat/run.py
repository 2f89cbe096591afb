"""Programs and notebooks of Keras, run unedited with pellucid in Keras's place."""

import __future__

import ast
import json
import linecache
import os
import re
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from .. import config
from ..errors import FormatError
from .era import era_of, meaning
from .finder import installed
from .modules import ImportRefusal, Refusal, counted_on, cut_at
from .old_numpy import old_numpy
from .old_python import old_python
from .python_2 import LISTS, NAMES, as_python_3, called, divided, future_first, may_be_python_2

_ASSIGNED = re.compile(r"^(\s*)([\w, ]+?)\s*=\s*[!%](?!=)")
_FOLDERS = re.compile(r"[!%]\s*mkdir\s+(?:-p\s+)?([\w./ -]+)")  # plain names alone
_NUMBER = re.compile(r"(?<![\w.])[1-9][\d_]*\d(?![\w.])")
_CUT = re.compile(r"\w\[-?([1-9][\d_]*)\s*:")  # of x[5000:], not of x[:5000], of which there may be less
_BACKEND_SAID = re.compile(r'"Using (TensorFlow|Theano|CNTK) backend')  # among the outputs; Keras until 2.3 said so
_HERE = Path(__file__).resolve().parents[1]
_KEPT_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun")


def run_program(
    path: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    epochs: int | None = None,
    limit: int | None = None,
    era: str | None = None,
) -> int:
    """Run a program as `python path arguments…` would, with pellucid in Keras's place.

    epochs    every call of fit stops after so many
    limit     fit and evaluate use so many samples, and the fetched datasets have so many
    era       whose defaults it means, "keras 2", "tf.keras" or "keras 3" (era.py); guessed from its words by default
    returns   the exit status: 0, what the program said to sys.exit, or 1 after an error, which has been shown
    """
    path = Path(path)
    source = path.read_bytes()
    said = source.decode("utf-8", "replace")
    of_python_3 = _is_python(source)
    with _prepared(path, arguments, epochs, limit, era or era_of(said), said) as main:
        try:
            if not of_python_3:
                main.__dict__.update(LISTS)
            as_it_is = of_python_3 and not may_be_python_2(said)
            exec(compile(source if as_it_is else as_python_3(said, str(path)), str(path), "exec"), main.__dict__)
        except BaseException as error:  # what a program ends with is its own affair; it is shown as Python shows it
            return _ended(error, lambda name: name == str(path))
    return 0


def run_notebook(
    path: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    epochs: int | None = None,
    limit: int | None = None,
    era: str | None = None,
) -> int:
    """The same for a notebook, cell by cell. Magics and shell lines are skipped with a note, figures saved beside it.

    Raises FormatError for a file that is no notebook.
    """
    path = Path(path)
    text = path.read_bytes().decode("utf-8", "replace")
    cells, old = _cells(path, text)
    os.environ.setdefault("MPLBACKEND", "Agg")
    said = "\n".join(cells)
    era = era or ("keras 2" if _BACKEND_SAID.search(text) else era_of(said))
    with _prepared(path, arguments, epochs, limit, era, said) as main, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*non-interactive.*")
        figures = _Figures(path)
        main.__dict__.update(LISTS if old else {}, display=figures.display, get_ipython=_jupyter)
        for number, cell in enumerate(cells, start=1):
            name = f"{path}, cell {number}"
            figures.cell, figures.count = number, 0
            source, skipped = without_magics(cell)
            for line in skipped:
                print(f"[cell {number}] skipped: {line}")
            linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
            try:
                _run_cell(source, name, main.__dict__, figures, old)
            except BaseException as error:
                return _ended(error, lambda file: file.startswith(f"{path}, cell "))
            finally:
                figures.save_open()
    return 0


def _cells(path: Path, text: str) -> tuple[list[str], bool]:
    """The sources of a notebook's code cells; whether Python 2 ran it."""
    try:
        notebook = json.loads(text)
        found = notebook.get("cells") or [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        sources = [cell.get("source", cell.get("input", "")) for cell in found if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(path, f"is not a notebook ({type(error).__name__}: {error}).") from error
    return ["".join(source) for source in sources], _is_of_python_2(notebook.get("metadata", {}))


def _is_of_python_2(said: dict[str, Any]) -> bool:
    version = str(said.get("language_info", {}).get("version", ""))
    return version.startswith("2.") or (not version and said.get("kernelspec", {}).get("name") == "python2")


def without_magics(cell: str) -> tuple[str, list[str]]:
    """A cell's Python, with as many lines as before, and the lines that were no Python.

    >>> without_magics("%matplotlib inline\\nx = 1\\nfiles = !ls")
    ('\\nx = 1\\nfiles = []', ['%matplotlib inline', 'files = !ls'])

    Folders are made, since programs save into them.
    """
    lines = cell.split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("%%") and not first.startswith(_KEPT_CELLS):
        return "", [f"{first} (the whole cell)"]
    if _is_python(cell):
        return cell, []
    kept, skipped = [], []
    for line in lines:
        bare = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if made := _FOLDERS.fullmatch(bare):
            kept.append(
                f"{indent}for _folder in {made[1].split()!r}: __import__('os').makedirs(_folder, exist_ok=True)"
            )
            continue
        if bare.startswith("%pylab"):
            kept.append(f"{indent}from pylab import *")
        elif bare.startswith(("%", "!")) or (bare.endswith("?") and not bare.startswith("#")) or bare.startswith("?"):
            kept.append(f"{indent}pass" if indent else "")  # a line of nothing may stand before `from __future__`
        elif found := _ASSIGNED.match(line):
            kept.append(f"{found[1]}{found[2]} = []")
        else:
            kept.append(line)
            continue
        skipped.append(bare)
    return "\n".join(kept), skipped


def _is_python(source: str | bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except SyntaxError:
        return False
    return True


def _run_cell(source: str, name: str, names: dict[str, Any], figures: "_Figures", old: bool = False) -> None:
    """Run a cell, and show the value of its last line, as notebooks do."""
    tree = future_first(as_python_3(source, name, names.get("division") is __future__.division, old))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), name, "eval"), names)
        if value is not None and not source.rstrip().endswith(";"):
            if figures.is_one(value):
                figures.save(value)
            else:
                print(repr(value))


class _Figures:
    """Figures of matplotlib, written beside the notebook: those that are open, shown, or the last value of a cell."""

    def __init__(self, path: Path) -> None:
        self.path, self.cell, self.count = path, 0, 0

    def is_one(self, value: Any) -> bool:
        module = sys.modules.get("matplotlib.figure")
        return module is not None and isinstance(value, module.Figure)

    def save(self, figure: Any) -> None:
        """Write a figure; one of pyplot's is closed, so that it is written once."""
        self.count += 1
        target = self.path.with_name(f"{self.path.stem}-cell{self.cell}-{self.count}.png")
        figure.savefig(target)
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close(figure)
        print(f"[cell {self.cell}] figure saved: {target}")

    def save_open(self) -> None:
        """Write the open figures of pyplot, and close them."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        for number in pyplot.get_fignums() if pyplot is not None else ():
            self.save(pyplot.figure(number))  # type: ignore[union-attr]  # there are numbers, so there is pyplot

    def display(self, *values: Any, **options: Any) -> None:
        """What `display` does in a notebook."""
        for value in values:
            if self.is_one(value):
                self.save(value)
            else:
                print(value)


def _jupyter() -> Any:
    """What get_ipython() gives: it skips what it is told."""

    def skip(*told: Any, **_: Any) -> None:
        print(f"skipped: {' '.join(map(str, told))}")

    return SimpleNamespace(run_line_magic=skip, magic=skip, system=skip, run_cell_magic=skip)


@contextmanager
def _prepared(
    path: Path, arguments: Sequence[str], epochs: int | None, limit: int | None, era: str, said: str
) -> Iterator[ModuleType]:
    """Keras's place taken, `__main__`, sys.argv and sys.path as the program expects them; afterwards all as before."""
    main = ModuleType("__main__")
    main.__dict__.update(
        NAMES, __file__=str(path), __builtins__=__builtins__, divided=divided, called_in_python_2=called
    )
    before = sys.argv, sys.path[:], sys.modules.get("__main__"), config.max_epochs(), config.max_samples()
    order = config.image_data_format()
    sys.argv, sys.path[:0] = [str(path), *arguments], [str(path.parent.resolve())]
    sys.modules["__main__"] = main
    config.set_max_epochs(epochs)
    config.set_max_samples(limit)
    counted_on.update(int(number.replace("_", "")) for number in _NUMBER.findall(said))
    cut_at.update(int(number.replace("_", "")) for number in _CUT.findall(said))
    try:
        with installed(), meaning(era, said), old_numpy(), old_python():
            yield main
    finally:
        counted_on.clear()
        config.cuts.clear()
        cut_at.clear()
        sys.argv, sys.path[:] = before[0], before[1]
        if before[2] is not None:
            sys.modules["__main__"] = before[2]
        config.set_max_epochs(before[3])
        config.set_max_samples(before[4])
        config.set_image_data_format(order)


def _ended(error: BaseException, is_program: Any) -> int:
    """The exit status of a program that ended with this; an error is shown, from the program's own first line on."""
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        print(error.code, file=sys.stderr)
        return 1
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if is_program(frame.filename)]
    refusal = _refusal(error)
    if refusal is not None and own:
        print(f"{own[-1].filename}, line {own[-1].lineno}: {refusal}", file=sys.stderr)
        return 1
    shown = error.__traceback__
    while shown is not None and not is_program(shown.tb_frame.f_code.co_filename):
        shown = shown.tb_next
    said = traceback.TracebackException(type(error), error, shown)
    said.stack = traceback.StackSummary.from_list([frame for frame in said.stack if not _is_ours(frame.filename)])
    if not _met_the_program(error.__cause__ or error.__context__, is_program):
        said.__cause__ = said.__context__ = None  # how it came to the error inside of us is no help to its author
    said.print(file=sys.stderr)
    options = {"epochs": f"--epochs {config.max_epochs()}", "samples": f"--limit {config.max_samples()}"}
    if cut := [options[what] for what in sorted(config.cuts)]:
        print(f"({' and '.join(cut)} cut its training short, of which this error may come.)", file=sys.stderr)
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def _met_the_program(error: BaseException | None, is_program: Any) -> bool:
    """Whether an earlier error came through the program's own lines, too."""
    return error is not None and any(is_program(frame.filename) for frame in traceback.extract_tb(error.__traceback__))


def _is_ours(filename: str) -> bool:
    """Whether a frame lies inside pellucid, where a program's author has nothing to mend."""
    return Path(filename).is_relative_to(_HERE)


def _refusal(error: BaseException) -> str | None:
    """The sentence, when this is one of our refusals."""
    if isinstance(error, Refusal | ImportRefusal):
        return str(error)
    text = str(error)
    return text if isinstance(error, ModuleNotFoundError | TypeError) and "pellucid does not have" in text else None
