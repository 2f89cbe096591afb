"""Writes docs/programs.md: the programs of tests/programs, what they exercise, and how they end here and with Keras.

    python docs/programs.py        needs Keras 3 with TensorFlow beside pellucid; takes some minutes

Each program is run twice, each time in a folder of its own: by `pellucid run`, and as it is with Keras.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pellucid.compat.era import era_of
from pellucid.compat.run import code_cells, without_magics

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = sorted((ROOT / "tests" / "programs").glob("*.*"))
ERAS = {"keras 2": "Keras until 2.3, tf.keras 1", "tf.keras": "tf.keras 2", "keras 3": "Keras 3"}

HEAD = """# Programs of others, tried

Programs and notebooks in the manner of courses and books of their time, in our own words: `tests/programs`. Each is run
unedited by `pellucid run` on the NumPy and native engines, without JAX, and ends in asserts about what it means.
Beside it, the same file with Keras {version} and TensorFlow. Written by `python docs/programs.py`.

{count} programs: {ours} end as they should here, {theirs} with Keras {version}.

| program | of the time of | what it exercises | here | with Keras {version} |
| --- | --- | --- | --- | --- |
"""


def source_of(path: Path) -> str:
    """A program's Python; of a notebook, its cells without their magics."""
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    return "\n".join(without_magics(cell)[0] for cell in code_cells(path))


def about(path: Path) -> str:
    """What a program says of itself: its first comment or docstring; a notebook's title."""
    if path.suffix == ".ipynb":
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook.get("cells") or notebook["worksheets"][0]["cells"]
        title = next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        return "notebook: " + title.splitlines()[0].strip("# ")
    source = path.read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(source))
    if said is None:
        lines = source.splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("# ") and "coding" not in line)
        count = next((i for i, line in enumerate(lines[first:]) if not line.startswith("#")), 1)
        said = " ".join(line.strip("# ") for line in lines[first : first + count])
    return " ".join(said.partition("\n\n")[0].split()).replace("|", "/")


def run(command: list[str], program: Path, environment: dict[str, str]) -> str:
    """How a program ends: "yes", or the last line that it says."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(program, folder))
        if len(command) == 1 and copy.suffix == ".ipynb":
            copy = copy.with_suffix(".py")
            copy.write_text("display = print\n" + source_of(program), encoding="utf-8")
        result = subprocess.run(
            [*command, str(copy)], cwd=folder, env=os.environ | environment, capture_output=True, encoding="utf-8",
            check=False, timeout=600,
        )  # fmt: skip
    if result.returncode == 0:
        return "yes"
    last = (result.stderr.strip().splitlines() or ["stopped"])[-1]
    said = next(
        (line for line in reversed(result.stderr.splitlines()) if re.match(r"\w*(Error|Exception)\b", line)), last
    )
    short = re.sub(r"\s+", " ", re.sub(r" \(/.*", "", said)).replace("|", "/")
    return f"no: {short[:110]}"


def main() -> None:
    import keras

    homes = tempfile.mkdtemp(), tempfile.mkdtemp()  # Keras deletes a file of digits that is not the one it publishes
    digits = Path(os.environ.get("PELLUCID_MNIST") or ROOT.parent / "shared" / "data" / "mnist.npz")
    for home in homes if digits.is_file() else ():
        (Path(home) / "datasets").mkdir()
        shutil.copy(digits, Path(home) / "datasets" / "mnist.npz")
    shared = {"MPLBACKEND": "Agg", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    ours = {**shared, "KERAS_HOME": homes[0], "PYTHONPATH": str(ROOT / "src")}
    theirs = {**shared, "KERAS_HOME": homes[1], "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
    without_jax = "import sys; sys.modules['jax'] = None; from pellucid.cli import app; app()"
    programs = [path for path in PROGRAMS if path.suffix in (".py", ".ipynb") and path.name != "conftest.py"]

    def row(program: Path) -> tuple[str, str, str, str, str]:
        here = run([sys.executable, "-c", without_jax, "run"], program, ours)
        there = run([sys.executable], program, theirs)
        return program.name, ERAS[era_of(source_of(program))], about(program), here, there

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(row, programs))
    table = "".join(f"| `{name}` | {era} | {text} | {here} | {there} |\n" for name, era, text, here, there in rows)
    head = HEAD.format(
        version=keras.__version__, count=len(rows), ours=sum(row[3] == "yes" for row in rows),
        theirs=sum(row[4] == "yes" for row in rows),
    )  # fmt: skip
    (ROOT / "docs" / "programs.md").write_text(head + table, encoding="utf-8")


if __name__ == "__main__":
    main()
