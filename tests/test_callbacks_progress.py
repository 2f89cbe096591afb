"""The progress line: redrawn in place on a terminal, written once anywhere else."""

import io
import sys
from typing import Any

import pytest

from pellucid.callbacks import CallbackList
from pellucid.utils import progbar
from pellucid.utils.progbar import Progbar


class Screen:
    """The standard output, which says that it is a terminal."""

    def __init__(self, capsys: Any) -> None:
        self._capsys = capsys
        self._text = ""

    def getvalue(self) -> str:
        """All that was written so far."""
        self._text += self._capsys.readouterr().out
        return self._text


class Clock:
    """A clock that a test moves; stands in for the time module."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progbar, "time", clock)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    return clock


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, clock: Clock, capsys: Any) -> Screen:
    monkeypatch.setattr(progbar, "_is_terminal", lambda: True)
    return Screen(capsys)


def train(clock: Clock, verbose: Any, steps: int | None, seconds: float = 0.02) -> None:
    told = CallbackList(add_progbar=True, verbose=verbose, epochs=2, steps=steps)
    told.on_train_begin()
    for epoch in range(2):
        told.on_epoch_begin(epoch)
        for batch in range(10):
            clock.now += seconds
            told.on_train_batch_end(batch, {"loss": 0.5 / (batch + 1), "accuracy": 0.1})
        told.on_epoch_end(epoch, {"loss": 0.05, "accuracy": 0.1, "val_loss": 0.0002, "val_accuracy": 0.25})
    told.on_train_end()


def test_a_file_gets_one_line_an_epoch(clock: Clock, capsys: Any) -> None:
    train(clock, "auto", 10)
    line = (
        f"10/10 {'━' * 20} 0s 20ms/step - accuracy: 0.1000 - loss: 0.0500 - val_accuracy: 0.2500 - val_loss: 2.0000e-04"
    )
    assert capsys.readouterr().out == f"Epoch 1/2\n{line}\nEpoch 2/2\n{line}\n"


def test_verbose_2_is_one_plain_line(clock: Clock, capsys: Any) -> None:
    train(clock, 2, None)
    line = "10/10 - 0s - 20ms/step - accuracy: 0.1000 - loss: 0.0500 - val_accuracy: 0.2500 - val_loss: 2.0000e-04"
    assert capsys.readouterr().out == f"Epoch 1/2\n{line}\nEpoch 2/2\n{line}\n"


def test_verbose_0_is_silent(clock: Clock, capsys: Any) -> None:
    train(clock, 0, 10)
    assert capsys.readouterr().out == ""


def test_a_terminal_sees_the_line_grow(screen: Screen, clock: Clock) -> None:
    train(clock, 1, 10)
    first, *drawn = screen.getvalue().split("\nEpoch 2/2")[0].split("\r")
    assert first == "Epoch 1/2\n"
    assert drawn[0] == f" 1/10 {'━' * 20} 0s 20ms/step - accuracy: 0.1000 - loss: 0.5000"
    assert len(drawn) == 5  # at 20, 80, 140 and 200 ms, and the finished line
    assert drawn[-1].startswith(f"10/10 {'━' * 20} 0s 20ms/step - accuracy: 0.1000 - loss: 0.0500 - val_accuracy")
    assert "\b" not in screen.getvalue()


def test_a_terminal_is_drawn_on_at_most_20_times_a_second(screen: Screen, clock: Clock) -> None:
    bar = Progbar(1000)
    for step in range(1, 1001):
        clock.now += 0.001
        bar.update(step, [("loss", 1.0)])
    assert screen.getvalue().count("\r") <= 21


def test_steps_of_unknown_number_are_counted(screen: Screen, clock: Clock) -> None:
    train(clock, 1, None)
    assert "\r      1/Unknown 0s 20ms/step - accuracy: 0.1000 - loss: 0.5000" in screen.getvalue()
    assert f"\r10/10 {'━' * 20} 0s 20ms/step" in screen.getvalue()


def test_colours_are_for_terminals(screen: Screen, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    Progbar(2).update(1)
    assert screen.getvalue() == (
        f"\r\x1b[1m1/2\x1b[0m \x1b[32m{'━' * 10}\x1b[0m\x1b[37m{'━' * 10}\x1b[0m \x1b[1m0s\x1b[0m 0s/step"
    )


def test_a_shorter_line_covers_the_longer_one(screen: Screen, clock: Clock) -> None:
    bar = Progbar(None)
    bar.update(1, [("loss", 1e-5)])
    clock.now += 1
    bar.update(2, [("loss", 1.0)])
    lines = screen.getvalue().split("\r")[1:]
    assert len(lines[0]) == len(lines[1])


def test_a_running_line_fits_a_narrow_terminal(screen: Screen, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    train(clock, 1, 10)
    *running, _ = screen.getvalue().split("\nEpoch 2/2")[0].split("\r")[1:]
    assert {len(line) for line in running} == {49}


def test_a_notebook_gets_carriage_returns_and_no_colours(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    train(clock, 1, 10)
    out = capsys.readouterr().out
    assert out.count("\r") == 10
    assert "\x1b" not in out


def test_an_output_without_the_character_gets_another(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    Progbar(1).update(1, [("größe", 1.0)])
    out.seek(0)
    assert out.read() == f"1/1 {'=' * 20} 0s 0s/step - gr??e: 1.0000\n"


def test_evaluate_and_predict_have_their_lines_and_validation_has_none(clock: Clock, capsys: Any) -> None:
    told = CallbackList(add_progbar=True, verbose=1, epochs=1, steps=2)
    told.on_test_begin()
    told.on_test_batch_end(1, {"loss": 1.0})
    told.on_test_end({"loss": 0.5})
    told.on_predict_begin()
    told.on_predict_end({"outputs": object()})
    assert capsys.readouterr().out == f"2/2 {'━' * 20} 0s 0s/step - loss: 0.5000\n2/2 {'━' * 20} 0s 0s/step\n"
    told.on_train_begin()
    told.on_test_begin()
    told.on_test_end({"loss": 0.5})
    assert capsys.readouterr().out == ""


def test_values_are_averaged_over_the_steps_unless_they_are_stateful(clock: Clock, capsys: Any) -> None:
    bar = Progbar(4, verbose=2, stateful_metrics=["last"])
    bar.update(3, [("mean", 1.0), ("last", 1.0)])
    bar.update(3, finalize=True)
    bar.add(1, [("last", 2.0)])
    out = capsys.readouterr().out
    assert out.endswith("4/4 - 0s - 0s/step - mean: 1.0000 - last: 2.0000\n")


def test_a_wrong_verbose_is_refused() -> None:
    with pytest.raises(ValueError, match="verbose"):
        CallbackList(add_progbar=True, verbose=3, epochs=1, steps=2)
    with pytest.raises(ValueError, match="not both"):
        Progbar(1, stateful_metrics=[], stateless_metrics=[])
