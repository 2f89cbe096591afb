"""`pellucid show` and the notebooks: what they print, write and refuse."""

import builtins
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pellucid import compat
from pellucid.cli import app, show
from pellucid.experiments import EXPERIMENTS, seeing
from pellucid.layers import Conv2D
from pellucid.random import key, keys_from
from pellucid.sequential import Sequential

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def run(*arguments: str) -> Any:
    """The command's outcome: exit_code, stdout, stderr."""
    return CliRunner(env={"COLUMNS": "100"}).invoke(app, list(arguments))


def test_without_a_name_every_experiment_has_a_line() -> None:
    lines = run("show").stdout.splitlines()
    for one in EXPERIMENTS.values():
        assert any(line.split()[:2] == [str(one.row), one.name] and one.line in line for line in lines)


def test_an_experiment_is_told_and_drawn(tmp_path: Path) -> None:
    found = run("show", "neuron", "--out", str(tmp_path / "new"))
    assert found.exit_code == 0, found.output
    assert "1.2382242525694254" in found.stdout
    assert "-1·1 + 2·3 = 5 → tanh → 0.9999" in found.stdout
    assert (tmp_path / "new" / "pellucid-neuron-network.png").read_bytes().startswith(b"\x89PNG")
    assert "Next: pellucid show activations" in found.stdout


def test_curves_and_images_are_told_too() -> None:
    found = run("show", "journey", "--quick", "--no-picture", "--digit", "7")
    assert found.exit_code == 0, found.output
    assert "Test image 7" in found.stdout
    assert "map 0" in found.stdout
    assert "From the input to the answer" in found.stdout
    found = run("show", "kernels", "--quick", "--no-picture")
    assert found.exit_code == 0, found.output
    assert "blue adds" in found.stdout


def test_the_same_seed_gives_the_same_text() -> None:
    one, two, other = (run("show", "training", "--no-picture", "--seed", seed).stdout for seed in ("1", "1", "2"))
    assert one == two != other


def test_own_points(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,class\n0,0,0\n0,1,0\n3,0,1\n3,1,1\n")
    found = run("show", "perceptron", "--no-picture", "--points", str(tmp_path / "points.csv"))
    assert found.exit_code == 0, found.output
    assert "Your points: 4" in found.stdout
    (tmp_path / "words.csv").write_text("a,b\nc,d\n")
    found = run("show", "perceptron", "--no-picture", "--points", str(tmp_path / "words.csv"))
    assert found.exit_code == 2
    assert "needs lines of two numbers and a class" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["neurn"], "there is no experiment 'neurn'. Did you mean neuron?"),
        (["zzz"], "there is no experiment 'zzz'. pellucid show lists all of them."),
        (["neuron", "--epochs", "3"], "neuron has no --epochs; shallow, classifier have."),
        (["shallow", "--data", "nowhere.npz"], "nowhere.npz"),
        (["journey", "--digit", "1000"], "there are 360 test images"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(arguments: list[str], said: str) -> None:
    found = run("show", *arguments, "--no-picture")
    assert found.exit_code == 2
    assert said in found.stderr
    assert found.stderr.count("\n") == 1


def test_without_matplotlib_the_text_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == "matplotlib":
            raise ImportError("No module named 'matplotlib'")
        return real(name, *rest, **more)

    for name in [one for one in sys.modules if one.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    found = run("show", "neuron", "--out", str(tmp_path))
    assert found.exit_code == 0, found.output
    assert "1.2382242525694254" in found.stdout
    assert "No picture: matplotlib, which draws it, is missing. Install it: pip install matplotlib" in found.stdout
    assert not list(tmp_path.iterdir())


def test_ctrl_c_ends_it_cleanly(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*rest: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules[show.__module__], "run", stopped)
    found = run("show", "neuron", "--no-picture")
    assert found.exit_code == 130
    assert "Traceback" not in found.output


def test_ctrl_c_loses_no_picture_that_was_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with keys_from(key(0)):
        model = Sequential([Conv2D(2, 3, name="one", input_shape=(9, 9, 1)), Conv2D(2, 3, name="two")])
    model.save(tmp_path / "own.keras")
    real = seeing.maximise

    def tired(network: Any, layer: str, *rest: Any, **more: Any) -> Any:
        if layer == "two":
            raise KeyboardInterrupt
        return real(network, layer, *rest, **more)

    monkeypatch.setattr(seeing, "maximise", tired)
    found = run("show", "vision", "--quick", "--weights", str(tmp_path / "own.keras"), "--out", str(tmp_path))
    assert found.exit_code == 130
    assert sorted(path.name for path in tmp_path.glob("*.png")) == [
        "pellucid-vision-kernels.png",
        "pellucid-vision-one.png",
    ]
    assert found.stdout.count("picture  ") == 2


def test_there_are_seven_notebooks_in_order_without_outputs() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{i}-" for i in range(1, 8)]
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells if "outputs" in cell)
        assert any("Try it" in "".join(cell["source"]) for cell in cells)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_draws(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    shutil.copy(path, tmp_path)
    assert compat.run_notebook(tmp_path / path.name) == 0
    assert len(list(tmp_path.glob("*.png"))) >= 3
