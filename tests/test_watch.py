"""A training tells a file how it goes, whoever reads it; the reader sees whole lines only, and knows the end."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from pellucid import Sequential, layers
from pellucid.callbacks import LambdaCallback
from pellucid.cli import app
from pellucid.cli.watch import follow
from pellucid.errors import FormatError
from pellucid.inside import Watch
from pellucid.inside.frame import Frame
from pellucid.inside.learning_speed import learning_speed_of
from pellucid.inside.live_file import LiveFile, LiveReader
from pellucid.inside.saturation_history import saturation_over
from pellucid.terminal.watching import clock, share_done, time_left, watched

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype("float32")
LABELS = RNG.integers(0, 2, 40)
EMPTY: dict[str, Any] = {"model": "m", "optimizer": "SGD", "losses": ["mse"], "places": [], "layers": []}


def network() -> Sequential:
    model = Sequential(
        [layers.Dense(4, "relu", name="hidden", input_shape=(3,)), layers.Dense(2, "softmax", name="out")], name="small"
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(path: Path | None, **settings: Any) -> Watch:
    watch = Watch(every=1, file=path, **settings)
    network().fit(X, LABELS, batch_size=10, epochs=3, verbose=0, validation_split=0.2, callbacks=[watch])
    return watch


def frame(step: int, seconds: float) -> Frame:
    return Frame(step, step, 0, step, seconds, None, 0.1, 1, {"loss": 0.5}, {})


def test_a_training_can_be_read_while_it_runs_and_after(tmp_path: Path) -> None:
    watch = train(tmp_path / "run.jsonl")
    reader = LiveReader(tmp_path / "run.jsonl")
    assert reader.poll()
    assert reader.header is not None
    assert (reader.header["model"], reader.header["epochs"], reader.header["steps"]) == ("small", 3, 4)
    assert [epoch["epoch"] for epoch in reader.epochs] == [0, 1, 2]
    assert watch.recording is not None
    assert reader.epochs == watch.recording.epochs
    assert reader.over
    assert not reader.poll()


def test_a_line_holds_what_the_recording_shows(tmp_path: Path) -> None:
    watch = train(tmp_path / "run.jsonl", x=X, y=LABELS)
    reader = LiveReader(tmp_path / "run.jsonl")
    reader.poll()
    assert watch.recording is not None
    speed, flat, last = learning_speed_of(watch.recording), saturation_over(watch.recording), reader.frames[-1]
    assert last["step"] == watch.recording.frames[-1].step
    assert list(last["gradient"].values()) == pytest.approx(speed.gradient[-1].tolist())
    assert list(last["saturated"].values()) == pytest.approx(flat.saturated[-1].tolist())
    assert last["logs"] == watch.recording.frames[-1].logs


def test_the_file_changes_no_bit_of_the_training(tmp_path: Path) -> None:
    from pellucid.utils import set_random_seed

    weights = []
    for path in (None, tmp_path / "run.jsonl"):
        set_random_seed(3)
        model = network()
        model.fit(X, LABELS, epochs=2, verbose=0, callbacks=[Watch(every=1, file=path)])
        weights.append(model.get_weights())
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_line_that_is_half_written_is_read_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    train(path)
    whole = path.read_bytes()
    reader = LiveReader(path)
    for end in range(0, len(whole), 37):
        path.write_bytes(whole[:end])
        reader.poll()
    path.write_bytes(whole)
    reader.poll()
    fresh = LiveReader(path)
    fresh.poll()
    assert json.dumps(reader.frames) == json.dumps(fresh.frames)  # nan equals nan here
    assert (reader.epochs, reader.over) == (fresh.epochs, True)


def test_damaged_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    train(path)
    lines = path.read_bytes().split(b"\n")
    lines[2:2] = [b'{"frame": {"step', b"\xff\xfe", b'{"frame": {"step": "x", "logs": {}}}', b"[]", b'{"epoch": 3}']
    path.write_bytes(b"\n".join(lines))
    reader = LiveReader(path)
    reader.poll()
    assert len(reader.epochs) == 3
    assert reader.over


def test_a_second_training_in_the_same_file_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    train(path)
    reader = LiveReader(path)
    reader.poll()
    first = reader.header
    train(path)
    reader.poll()
    assert reader.header != first
    assert len(reader.epochs) == 3


def test_another_file_is_neither_written_over_nor_read(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine\n")
    with pytest.raises(ValueError, match="no live training"):
        train(path)
    assert path.read_text() == "mine\n"
    with pytest.raises(FormatError, match="no live training"):
        LiveReader(path).poll()


def test_lines_come_at_most_ten_a_second_and_the_last_one_always(tmp_path: Path) -> None:
    live = LiveFile(tmp_path / "run.jsonl", EMPTY, {"epochs": 1, "steps": 100})
    for step in range(100):
        live.frame(frame(step, step * 0.01))
    live.frame(frame(100, 1.0), last=True)
    live.end(1.0)
    reader = LiveReader(tmp_path / "run.jsonl")
    reader.poll()
    steps = [one["step"] for one in reader.frames]
    assert len(steps) <= 12
    assert steps[-1] == 100


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_is_said_once_and_the_training_goes_on(tmp_path: Path) -> None:
    live = LiveFile(tmp_path / "run.jsonl", EMPTY, {})
    os.dup2(os.open("/dev/full", os.O_WRONLY), live._stream)
    with pytest.warns(RuntimeWarning, match="gets no more lines"):
        live.frame(frame(1, 1.0))
    live.frame(frame(2, 2.0))
    live.end(2.0)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems can be asked whether a process is there")
def test_a_training_that_was_killed_is_told_from_one_that_runs(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    live = LiveFile(path, EMPTY, {"epochs": 2, "steps": 4})
    reader = LiveReader(path)
    reader.poll()
    assert not reader.gone
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    path.write_bytes(path.read_bytes().replace(b'"process": %d' % os.getpid(), b'"process": %d' % dead.pid))
    killed = LiveReader(path)
    killed.poll()
    assert killed.gone
    assert not killed.over
    live.end(0.0)


def test_a_training_that_was_broken_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"

    def breaks(batch: int, logs: Any) -> None:
        if batch == 2:
            raise KeyboardInterrupt

    watch = Watch(every=1, file=path)
    with pytest.raises(KeyboardInterrupt):
        network().fit(X, LABELS, verbose=0, batch_size=10, callbacks=[watch, LambdaCallback(on_train_batch_end=breaks)])
    reader = LiveReader(path)
    reader.poll()
    assert (reader.over, reader.why) == (True, "broken off")
    assert reader.frames[-1]["step"] == 3
    result = CliRunner().invoke(app, ["watch", str(path)])
    assert result.exit_code == 1
    assert "broken off" in result.output


def test_watching_shows_curves_layers_and_the_time_left(tmp_path: Path) -> None:
    train(tmp_path / "run.jsonl")
    reader = LiveReader(tmp_path / "run.jsonl")
    reader.poll()
    reader.seconds, reader.epochs = None, reader.epochs[:2]
    reader.frames = [one for one in reader.frames if one["epoch"] < 2]
    assert share_done(reader) == pytest.approx(2 / 3)
    assert time_left(reader) == pytest.approx(reader.frames[-1]["seconds"] / 2)
    for width in (120, 60):
        console = Console(file=io.StringIO(), width=width, force_terminal=True)
        console.print(watched(reader, console, 30.0))
        shown = console.file.getvalue()  # type: ignore[attr-defined]
        for words in ("epoch 2/3", "left", "loss", "validation", "hidden", "update/weights", "No news for"):
            assert words in shown, (width, words)


def test_the_table_of_layers_fits_any_terminal(tmp_path: Path) -> None:
    reader = LiveReader(tmp_path / "run.jsonl", header={"model": "deep", "epochs": 2, "optimizer": "SGD"})
    names = [f"batch_normalization_of_block_{i}" for i in range(30)]
    speeds: dict[str, Any] = {kind: dict.fromkeys(names, 0.001) for kind in ("gradient", "ratio", "saturated", "dead")}
    facts = {"step": 1, "epoch": 0, "batch": 0, "seconds": 1.0, "rate": 0.1, "logs": {"loss": 1.0}}
    reader.frames = [facts | speeds]
    for width in (120, 80, 60, 40):
        console = Console(file=io.StringIO(), width=width, height=24, force_terminal=True, color_system=None)
        console.print(watched(reader, console, 0.0))
        shown = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
        assert max(map(len, shown)) <= width
        assert any("block_29" in line or "_29" in line for line in shown)
        assert any("more" in line for line in shown)
        assert "…" not in next(line for line in shown if line.startswith("layer"))
        if width >= 80:
            assert len(shown) <= 24


def test_watching_ends_with_the_training(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    train(path)
    whole = path.read_bytes().splitlines(keepends=True)
    path.unlink()
    waiting = list(whole)

    def write_one(seconds: float) -> None:
        with open(path, "ab") as file:
            file.write(waiting.pop(0))

    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    reader = follow(LiveReader(path), console, sleep=write_one)
    assert reader.over
    assert not waiting
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert shown.count("epoch 1/3  step 4") == 1
    assert "Training is over" in shown


@pytest.mark.parametrize("terminal", [True, False])
def test_ctrl_c_ends_the_watching_only(tmp_path: Path, terminal: bool) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    live = LiveFile(tmp_path / "run.jsonl", EMPTY, {"epochs": 2, "steps": 4})
    before = (tmp_path / "run.jsonl").read_bytes()
    console = Console(file=io.StringIO(), width=100, force_terminal=terminal)
    reader = follow(LiveReader(tmp_path / "run.jsonl"), console, sleep=interrupt)
    assert not reader.over
    assert (tmp_path / "run.jsonl").read_bytes() == before
    live.end(0.0)


def test_the_command_shows_a_training_that_is_over_and_refuses_other_files(tmp_path: Path) -> None:
    train(tmp_path / "run.jsonl")
    result = CliRunner().invoke(app, ["watch", str(tmp_path / "run.jsonl")])
    assert result.exit_code == 0, result.output
    assert "epoch 3/3" in result.output
    (tmp_path / "notes.txt").write_text("mine\n")
    for name, words in (("notes.txt", "no live training"), ("none/run.jsonl", "no folder")):
        result = CliRunner().invoke(app, ["watch", str(tmp_path / name)])
        assert result.exit_code == 2
        assert words in result.output
    assert CliRunner().invoke(app, ["watch", "--once", str(tmp_path / "nothing")]).exit_code == 2


def test_durations_are_said_in_words() -> None:
    assert [clock(seconds) for seconds in (0.04, 59.94, 61, 3600)] == ["0.0 s", "59.9 s", "1 min 1 s", "1 h 0 min"]
