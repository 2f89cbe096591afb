"""Keras's old wrappers for scikit-learn, on scikit-learn of today."""

import importlib
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import compat
from pellucid.layers import Dense

pytest.importorskip("sklearn")
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

DRAW = np.random.default_rng(0)
X, Y = DRAW.random((20, 4)), DRAW.integers(0, 2, 20)


@pytest.fixture
def wrappers() -> Any:
    with compat.installed():
        return importlib.import_module("keras.wrappers.scikit_learn")


def build(optimizer: str = "adam", outputs: int = 1) -> Any:
    model = pellucid.Sequential([Dense(outputs, activation="sigmoid", input_dim=4)])
    model.compile(optimizer, "binary_crossentropy" if outputs == 1 else "categorical_crossentropy")
    return model


def test_a_regressor_works_in_a_pipeline(wrappers: Any) -> None:
    regressor = wrappers.KerasRegressor(build_fn=build, epochs=1, batch_size=5, verbose=0)
    pipeline = Pipeline([("scale", StandardScaler()), ("model", regressor)])
    assert np.isfinite(cross_val_score(pipeline, X, Y.astype(float), cv=KFold(2))).all()


def test_a_grid_searches_over_what_builds_and_what_fits(wrappers: Any) -> None:
    classifier = wrappers.KerasClassifier(build_fn=build, verbose=0)
    grid = GridSearchCV(classifier, {"optimizer": ["adam", "sgd"], "epochs": [1, 2]}, cv=2)
    grid.fit(X, Y)
    assert set(grid.best_params_) == {"optimizer", "epochs"}
    assert set(grid.predict(X)) <= {0, 1}


def test_classes_keep_their_names(wrappers: Any) -> None:
    classifier = wrappers.KerasClassifier(build_fn=build, outputs=2, epochs=1, verbose=0)
    classifier.fit(X, np.array(["cat", "dog"])[Y])
    assert set(classifier.predict(X)) <= {"cat", "dog"}
    assert classifier.predict_proba(X).shape == (20, 2)
    with pytest.raises(ValueError, match="'nonsense' is no argument"):
        wrappers.KerasClassifier(build_fn=build, nonsense=1).fit(X, Y)
