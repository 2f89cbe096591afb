"""Programs and notebooks in the manner of courses and books since 2016 run without an edit, and end as they should.

Each is run by `pellucid run` in a process of its own, several side by side; each ends in asserts about what it means.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = sorted(path for path in (ROOT / "tests" / "programs").iterdir() if path.suffix in (".py", ".ipynb"))
PROGRAMS = [path for path in PROGRAMS if path.name != "conftest.py"]
ASKED_FOR = {"sklearn": "scikit-learn", "PIL": "pillow", "matplotlib": "matplotlib"}
COMMAND = (sys.executable, "-c", "from pellucid.cli import app; app()", "run")


def missing(program: Path) -> str | None:
    """What a program imports that is not installed."""
    text = program.read_text(encoding="utf-8")
    return next((name for name in ASKED_FOR if name in text and importlib.util.find_spec(name) is None), None)


def run(program: Path, folder: Path, keras_home: Path) -> subprocess.CompletedProcess[str]:
    """Run a copy of the program, in a folder that is its own."""
    copy = Path(shutil.copy(program, folder))
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "Agg", "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8",
        "KERAS_HOME": str(keras_home),
    }  # fmt: skip
    return subprocess.run(
        [*COMMAND, copy.name], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


Runs = dict[Path, "Future[subprocess.CompletedProcess[str]]"]


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The programs that were selected, on their way."""
    home = tmp_path_factory.mktemp("keras")
    wanted = {item.callspec.params["program"] for item in request.session.items if hasattr(item, "callspec")
              and "program" in item.callspec.params}  # fmt: skip
    digits = Path(os.environ.get("PELLUCID_MNIST") or ROOT.parent / "shared" / "data" / "mnist.npz")
    if digits.is_file():
        (home / "datasets").mkdir()
        (home / "datasets" / "mnist.npz").symlink_to(digits.resolve())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {
            program: pool.submit(run, program, tmp_path_factory.mktemp(program.stem), home)
            for program in PROGRAMS
            if program in wanted and missing(program) is None
        }


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_program_runs_unedited(program: Path, runs: Runs, request: pytest.FixtureRequest) -> None:
    if name := missing(program):
        pytest.skip(f"{program.name} needs {ASKED_FOR[name]}")
    if "mnist.load_data" in program.read_text(encoding="utf-8"):
        request.getfixturevalue("mnist_path")
    result = runs[program].result()
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    strays = [line for line in result.stderr.splitlines() if "Warning" in line and "mnist.npz" not in line]
    assert not strays, result.stderr
