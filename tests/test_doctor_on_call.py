"""The doctor looks after every training of a program, and disturbs none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pellucid import Sequential, layers, optimizers
from pellucid.cli import app
from pellucid.inside.doctor import on_call
from pellucid.random import set_random_seed

X = np.random.default_rng(0).normal(size=(96, 5)).astype("float32")
LABELS = (X[:, 0] > 0).astype("int64")

SOUND = """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
x = np.random.default_rng(0).normal(size=(96, 5))
model = Sequential([Dense(8, activation='tanh', input_dim=5), Dense(1, activation='sigmoid')])
model.compile(loss='binary_crossentropy', optimizer='adam')
model.fit(x, x[:, 0] > 0, epochs=2, verbose=0)
"""
FAULTY = SOUND.replace("activation='sigmoid'", "activation='linear'").replace("x[:, 0] > 0", "(x[:, 0] > 0) * 1.0")


def network(**settings: Any) -> Sequential:
    set_random_seed(1)
    model = Sequential([layers.Input((5,)), layers.Dense(8, "tanh"), layers.Dense(2, "softmax")])
    model.compile(optimizers.SGD(0.1), "sparse_categorical_crossentropy", **settings)
    return model


def test_each_training_has_a_visit_and_only_within_the_block() -> None:
    model = network()
    with on_call() as visits:
        model.fit(X, LABELS, epochs=2, verbose=0)
        model.fit(X * 1e4, LABELS, epochs=1, verbose=0)
    model.fit(X, LABELS, epochs=1, verbose=0)
    assert [visit.name for visit in visits] == [model.name, model.name]
    assert not any(finding.alarm for finding in visits[0].findings)
    assert "inputs_scaled" in [finding.check for finding in visits[1].findings]


def test_a_training_with_a_visit_learns_the_same() -> None:
    weights = []
    for watched in (False, True):
        model = network()
        set_random_seed(2)
        if watched:
            with on_call():
                model.fit(X, LABELS, epochs=2, verbose=0)
        else:
            model.fit(X, LABELS, epochs=2, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_generator_is_looked_after_and_gives_the_same_weights() -> None:
    def learned(watched: bool) -> list[np.ndarray]:
        model = network()
        batches = ((X[i : i + 8], LABELS[i : i + 8]) for i in range(0, 96, 8))
        if watched:
            with on_call() as visits:
                model.fit(batches, epochs=1, verbose=0)
            assert not visits[0].excuse
            assert len(visits[0].chart.vitals) > 1
        else:
            model.fit(batches, epochs=1, verbose=0)
        return model.get_weights()

    for one, other in zip(learned(False), learned(True), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_the_doctor_cannot_look_at_does_not_stop_the_program() -> None:
    class Own(Sequential):
        def train_step(self, data: Any) -> dict[str, Any]:
            return super().train_step(data)

    model = Own([layers.Input((5,)), layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with on_call() as visits:
        model.fit(X, LABELS, epochs=2, verbose=0)
    assert "train_step" in visits[0].excuse


@pytest.mark.parametrize(("source", "status", "told"), [(SOUND, 0, "nothing to complain of"), (FAULTY, 1, "sigmoid")])
def test_a_program_is_examined_while_it_runs(source: str, status: int, told: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(source)
    result = CliRunner().invoke(app, ["doctor", str(program)])
    assert result.exit_code == status, result.output
    assert "Training 1 of 1" in result.output
    assert told in result.output


def test_a_fix_is_tried_on_a_copy(tmp_path: Path) -> None:
    model = network()
    model.compile(optimizers.SGD(30.0), "sparse_categorical_crossentropy")
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", x_train=X, y_train=LABELS, x_test=X[:32], y_test=LABELS[:32])
    command = ["doctor", str(tmp_path / "model.keras"), "--data", str(tmp_path / "data.npz"), "--try-it"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1, result.output
    assert "with the fix" in result.output
    assert "It helps." in result.output


@pytest.mark.parametrize(
    ("program", "said"),
    [(FAULTY, "It helps."), (SOUND, "There is no warning whose fix a copy could try.")],
)
def test_the_gravest_remedy_of_a_program_is_tried_on_its_own_data(program: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(program)
    told = CliRunner().invoke(app, ["doctor", str(file), "--try-it"])
    assert said in told.output


def test_what_came_batch_by_batch_cannot_be_tried_again() -> None:
    model = Sequential([layers.Input((5,)), layers.Dense(1, "relu")])
    model.compile("sgd", "mse")
    with on_call() as visits:
        model.fit(((X, X[:, :1]) for _ in range(20)), steps_per_epoch=10, epochs=1, verbose=0)
    with pytest.raises(ValueError, match="as arrays"):
        visits[0].remedy()
