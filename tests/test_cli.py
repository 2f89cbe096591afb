"""The command `pellucid`: what it learns, writes and says, and how it fails."""

import contextlib
import io
import re
import shlex
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from rich.console import Console
from typer.testing import CliRunner

from pellucid import Input, Sequential, __version__, native
from pellucid.callbacks import LambdaCallback
from pellucid.cli import app
from pellucid.cli.images import Images, load_images
from pellucid.cli.info import EXTRAS
from pellucid.cli.learning import Learned, Settings, learn, make_network
from pellucid.cli.train import conclude
from pellucid.datasets import digits
from pellucid.layers import LSTM, Dense, Embedding
from pellucid.models import load_model
from pellucid.optimizers import SGD

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = Settings(
    hidden=(8,), optimizer="adam", learning_rate=None, loss="mse", batch_size=64, epochs=5, seed=1
)  # fmt: skip


def run(*arguments: str) -> Any:
    """The command's outcome: exit_code, stdout, stderr."""
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the output of one run with all the default settings."""
    folder = tmp_path_factory.mktemp("trained")
    result = run("train", "--out", str(folder))
    assert result.exit_code == 0, result.output
    return folder, result.stdout


@pytest.fixture
def small_data(tmp_path: Path) -> Path:
    """A data set of 8×8 digits in a file of one's own."""
    (x, y), (x_test, y_test) = digits.load_data()
    np.savez(tmp_path / "small.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return tmp_path / "small.npz"


# What it does ------------------------------------------------------------------------------------


def test_the_default_network_reads_95_of_100_digits(trained: tuple[Path, str]) -> None:
    accuracy = re.search(r"Test accuracy ([\d.]+)%: (\d+) of 360", trained[1])
    assert accuracy
    assert float(accuracy[1]) >= 95


def test_the_settings_are_said(trained: tuple[Path, str]) -> None:
    said = " ".join(trained[1].split())
    assert "digits: 1,294 images to learn from, 143 to validate, 360 to test" in said
    assert "784 inputs, 64 sigmoid neurons, 10 softmax: 50,890 parameters" in said
    assert "adam with learning rate 0.001, categorical_crossentropy, batches of 32, 60 epochs, seed 1" in said


def test_a_file_or_a_pipe_gets_keras_lines(trained: tuple[Path, str]) -> None:
    lines = trained[1].splitlines()
    assert sum(line.startswith("Epoch ") for line in lines) == 60
    assert sum(" - val_loss: " in line for line in lines) == 60
    assert "\x1b" not in trained[1]


def test_the_confusion_matrix_counts_all_test_images(trained: tuple[Path, str]) -> None:
    rows = re.findall(r"^ *(\d)((?: +(?:\d+|\.)){10}) +\d+%$", trained[1], re.MULTILINE)
    assert [row[0] for row in rows] == list("0123456789")
    counts = np.array([[0 if cell == "." else int(cell) for cell in row[1].split()] for row in rows])
    assert counts.sum() == 360
    right = re.search(r"(\d+) of 360", trained[1])
    assert right
    assert np.trace(counts) == int(right[1])


def test_the_printed_program_loads_the_saved_network(trained: tuple[Path, str]) -> None:
    program = trained[1].split("Use the network in Python")[1].split("\n", 1)[1]
    lines = "\n".join(line[2:] for line in program.splitlines() if line.startswith("  "))
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(lines, {})
    assert "[[" in shown.getvalue()


def test_the_saved_network_is_the_one_that_was_tested(trained: tuple[Path, str]) -> None:
    model, images = load_model(trained[0] / "pellucid-digits.keras"), load_images("digits")
    right = (model.predict(images.x_test, verbose=0).argmax(axis=1) == images.y_test).sum()
    assert f": {right} of 360" in trained[1]


def test_the_picture_is_there(trained: tuple[Path, str]) -> None:
    pytest.importorskip("matplotlib")
    assert (trained[0] / "pellucid-digits.png").read_bytes().startswith(b"\x89PNG")
    assert "pellucid-digits.png" in trained[1]


def test_the_commands_to_try_next_exist(trained: tuple[Path, str]) -> None:
    lines = [line for line in trained[1].splitlines() if line.startswith("  pellucid train")]
    assert len(lines) >= 3
    command = typer.main.get_command(app).commands["train"]  # type: ignore[attr-defined]
    for line in lines:
        command.make_context("train", shlex.split(line.split("   ")[0].rsplit("  ", 1)[0])[2:])


def test_the_same_seed_gives_the_same_network(tmp_path: Path, small_data: Path) -> None:
    for folder, seed in (("one", "3"), ("two", "3"), ("other", "4")):
        arguments = ("--data", str(small_data), "--epochs", "1", "--seed", seed, "--no-picture")
        assert run("train", "--out", str(tmp_path / folder), *arguments).exit_code == 0
    one, two, other = (load_model(tmp_path / f / "pellucid-small.keras").get_weights() for f in ("one", "two", "other"))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_all_options_have_their_effect(tmp_path: Path, small_data: Path) -> None:
    result = run(
        *("train", "--data", str(small_data), "--out", str(tmp_path / "new" / "folder"), "--epochs", "1"),
        *("--batch-size", "100", "--optimizer", "sgd", "--learning-rate", "0.5", "--hidden", "12", "--hidden", "7"),
        *("--loss", "sparse_categorical_crossentropy", "--no-picture", "--verbose"),
    )
    assert result.exit_code == 0, result.output
    assert "sgd with learning rate 0.5, sparse_categorical_crossentropy" in " ".join(result.stdout.split())
    model = load_model(tmp_path / "new" / "folder" / "pellucid-small.keras")
    assert [layer.units for layer in model.layers] == [12, 7, 10]
    assert not list((tmp_path / "new" / "folder").glob("*.png"))


def test_without_matplotlib_it_works_and_says_how_to_get_the_picture(
    tmp_path: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run("train", "--data", str(small_data), "--epochs", "1", "--out", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "pip install matplotlib" in " ".join(result.stdout.split())
    assert (tmp_path / "pellucid-small.keras").is_file()


# Data --------------------------------------------------------------------------------------------


def test_no_image_is_in_two_parts() -> None:
    images = load_images("digits")
    assert [len(part) for part in (images.x_train, images.x_validation, images.x_test)] == [1294, 143, 360]
    (x, _), _ = digits.load_data(28)
    together = np.concatenate([images.x_train, images.x_validation])
    assert sorted(map(bytes, np.rint(together * 255).astype(np.uint8))) == sorted(map(bytes, x.reshape(len(x), -1)))


def test_pixels_are_scaled_by_the_largest_training_value(small_data: Path) -> None:
    images = load_images(str(small_data))
    assert images.scale == 255
    assert images.x_train.max() == 1
    assert images.x_train.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "pictures"),
    [((8, 8), (20, 8, 8)), ((8, 8, 1), (20, 8, 8)), ((8, 8, 3), (20, 8, 8, 3)), ((64,), None), ((2, 2, 2), None)],
)
def test_images_are_recognised_by_their_shape(
    tmp_path: Path, shape: tuple[int, ...], pictures: tuple[int, ...] | None
) -> None:
    x, y = np.random.default_rng(0).random((20, *shape)), np.arange(20) % 4
    np.savez(tmp_path / "some.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    found = load_images(str(tmp_path / "some.npz")).pictures()
    assert (None if found is None else found.shape) == pictures
    result = run("train", "--data", str(tmp_path / "some.npz"), "--epochs", "1", "--out", str(tmp_path))
    assert result.exit_code == 0, result.output


# Stopping ----------------------------------------------------------------------------------------


def at_epoch(epoch: int, *signals: signal.Signals) -> LambdaCallback:
    """A callback that sends signals to this program when an epoch begins."""

    def send(number: int, logs: Any = None) -> None:
        for one in signals:
            if number == epoch:
                signal.raise_signal(one)

    return LambdaCallback(on_epoch_begin=send)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("epoch", [0, 2])
def test_a_signal_ends_the_learning_and_keeps_what_there_is(
    tmp_path: Path, small_data: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals, epoch: int
) -> None:
    images = load_images(str(small_data))
    before = signal.getsignal(number)
    learned = learn(make_network(images, SETTINGS), images, SETTINGS, 0, [at_epoch(epoch, number)])
    assert signal.getsignal(number) is before
    assert learned.stopped == number
    assert len(learned.history["loss"]) == epoch + 1
    assert learned.model.numbers.step == epoch * 21 + 1
    code = conclude(Console(), images, SETTINGS, learned, tmp_path, wants_picture=False)
    assert code == 128 + number
    assert f"Stopped in epoch {epoch + 1} of 5" in capsys.readouterr().out
    saved = load_model(tmp_path / "pellucid-small.keras")
    np.testing.assert_array_equal(saved.get_weights()[0], learned.model.get_weights()[0])


def test_a_second_signal_ends_the_program(small_data: Path) -> None:
    images = load_images(str(small_data))
    with pytest.raises(KeyboardInterrupt):
        learn(make_network(images, SETTINGS), images, SETTINGS, 0, [at_epoch(1, signal.SIGINT, signal.SIGINT)])


def test_ctrl_c_before_the_learning_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(source: str) -> Images:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["pellucid.cli.train"], "load_images", interrupt)
    assert run("train", "--no-picture").exit_code == 130


def test_numbers_that_run_away_are_said_in_a_line(
    tmp_path: Path, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = load_images(str(small_data))
    model = Sequential([Dense(10, input_shape=(64,))])
    model.compile(optimizer=SGD(1e30), loss="mse", metrics=["accuracy"])
    with np.errstate(all="ignore"):
        learned = learn(model, images, SETTINGS, 0, [])
        assert conclude(Console(), images, SETTINGS, learned, tmp_path, wants_picture=False) == 1
    assert "fit: stopped at epoch 1, batch 2, because" in " ".join(capsys.readouterr().out.split())
    assert all(np.isfinite(weights).all() for weights in learned.model.get_weights())


def test_learned_knows_nothing_of_signals_when_none_came(small_data: Path) -> None:
    images = load_images(str(small_data))
    learned = learn(make_network(images, SETTINGS), images, SETTINGS, 0, [])
    assert isinstance(learned, Learned)
    assert (learned.stopped, learned.trouble, len(learned.history["val_accuracy"])) == (None, "", 5)


# Errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("train --data nowhere.npz", "'nowhere.npz' is no file"),
        ("train --epochs 0", "--epochs"),
        ("train --epochs many", "--epochs"),
        ("train --batch-size 0", "--batch-size"),
        ("train --hidden 0", "--hidden"),
        ("train --seed -1", "--seed"),
        ("train --seed 4294967296", "seed must be"),
        ("train --learning-rate -1", "learning_rate"),
        ("train --learning-rate nan", "learning_rate"),
        ("train --optimizer sdg", "Did you mean 'sgd'"),
        ("train --loss categorical_crossentropie", "Did you mean 'categorical_crossentropy'"),
        ("train --bogus", "--bogus"),
        ("train surplus", "surplus"),
        ("trian", "trian"),
        (f"train --out {ROOT / 'README.md'}", "README.md"),
    ],
)
def test_a_mistake_is_said_in_one_line(arguments: str, words: str) -> None:
    result = run(*shlex.split(arguments))
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.startswith("pellucid")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output


def test_without_a_network_the_line_says_where_the_file_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: Any, **kwargs: Any) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    result = run("train", "--data", "mnist")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert str(tmp_path / "datasets" / "mnist.npz") in result.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y_train": np.eye(4)[np.arange(20) % 4]}, "y_train must hold one whole number"),
        ({"y_test": np.arange(20) - 1}, "-1 to 18"),
        ({"y_train": np.arange(20) * 1000}, "0 to 19000"),
        ({"x_train": np.full((20, 3), "a")}, "must hold numbers"),
        ({"x_test": np.ones((20, 4))}, "one shape"),
        ({"x_train": np.ones((5, 3)), "y_train": np.arange(5)}, "at least 10"),
        ({"x_train": np.full((20, 3), np.nan)}, "nan"),
        ({"x_train": np.ones((19, 3))}, "equally many"),
        ({"x_train": np.ones((20, 3)), "y_train": np.full(20, None)}, "not an .npz file of plain arrays"),
    ],
)
def test_data_that_cannot_be_learned_from_are_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    x, y = np.ones((20, 3)), np.arange(20) % 4
    np.savez(tmp_path / "odd.npz", **({"x_train": x, "y_train": y, "x_test": x, "y_test": y} | change))
    result = run("train", "--data", str(tmp_path / "odd.npz"), "--out", str(tmp_path / "out"))
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


# The rest ----------------------------------------------------------------------------------------


def test_alone_it_shows_its_help() -> None:
    result = run()
    assert result.exit_code == 0
    assert "train" in result.stdout
    assert "info" in result.stdout


def test_version() -> None:
    assert run("--version").stdout == f"pellucid {__version__}\n"


def test_info_names_versions_and_extras() -> None:
    text = run("info").stdout
    for words in (__version__, np.__version__, "engine", "BLAS", *EXTRAS):
        assert words in text


def test_info_of_a_network_tells_what_computes_each_layer(tmp_path: Path) -> None:
    """A mask that a layer heeds has no kernel."""
    layers = [Embedding(5, 4, mask_zero=True, name="words"), LSTM(3, name="memory"), Dense(1, name="sum")]
    model = Sequential([Input((6,), dtype="int32"), *layers])
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.keras")
    result = run("info", str(tmp_path / "m.keras"))
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert {"engine", "steps", "words", "memory", "sum"} <= lines.keys()
    if native.load() is not None:
        assert native.instruction_set() in lines["engine"]
        assert "threads: " in lines["engine"]
        assert lines["sum"].split()[-1] == "native"
        assert "plain formula: " in lines["memory"]
        assert "mask" in lines["memory"]


def test_info_of_what_is_no_network_says_which_file() -> None:
    result = run("info", "nowhere.keras")
    assert result.exit_code == 2
    assert "nowhere.keras" in result.output


def test_info_knows_all_extras_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for_users = {name: packages for name, packages in project.items() if len(packages) == 1 and name != "all"}
    assert {name: [package] for name, package in EXTRAS.items()} == {
        name: for_users[name] for name in for_users if not for_users[name][0].startswith(("pellucid", "mkdocs"))
    }


def test_importing_the_library_loads_nothing_of_the_surfaces() -> None:
    heavy = {"typer", "rich", "matplotlib", "h5py"}
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); import pellucid; "
        f"sys.exit(', '.join({heavy!r} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_letters_that_the_output_lacks_do_not_stop_it(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); from pellucid.cli import app; "
        f"app(['train', '--epochs', '1', '--no-picture', '--out', {str(tmp_path / 'ä')!r}])"
    )
    command = [sys.executable, "-X", "utf8=0", "-c", program]
    environment = {"PYTHONIOENCODING": "ascii", "OPENBLAS_NUM_THREADS": "1"}
    result = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert result.returncode == 0, result.stderr.decode()
    assert b"Test accuracy" in result.stdout
