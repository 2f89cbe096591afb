"""keras.wrappers.scikit_learn: a function that builds a model, as a scikit-learn estimator."""

import copy
import inspect
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from ...arrays import Array
from ...errors import DataError
from ...utils import to_categorical

__all__ = ["KerasClassifier", "KerasRegressor"]

_OF_FIT = ("batch_size", "epochs", "nb_epoch", "verbose", "callbacks", "validation_split", "shuffle", "class_weight",
           "steps_per_epoch")  # fmt: skip


class _Wrapper:
    """What both share: settings go to the function that builds the model, or to fit, by their names."""

    def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any) -> None:
        self.build_fn = sk_params.pop("model", build_fn)
        self.sk_params = sk_params

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"build_fn": self.build_fn, **(copy.copy(self.sk_params))}

    def set_params(self, **params: Any) -> Self:
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.sk_params.update(params)
        return self

    def _build(self) -> Any:
        if self.build_fn is None:
            raise ValueError(f"{type(self).__name__}: give build_fn, a function that returns a compiled model.")
        known = inspect.signature(self.build_fn).parameters
        everything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())
        mine = {
            name: value
            for name, value in self.sk_params.items()
            if name in known or (everything and name not in _OF_FIT)
        }
        unknown = sorted(set(self.sk_params) - set(mine) - set(_OF_FIT))
        if unknown:
            raise ValueError(f"{type(self).__name__}: {unknown[0]!r} is no argument of build_fn, nor of fit.")
        return self.build_fn(**mine)

    def _fit(self, x: Any, y: Any, kwargs: dict[str, Any]) -> Any:
        self.model = self._build()
        settings: dict[str, Any] = {name: value for name, value in self.sk_params.items() if name in _OF_FIT}
        return self.model.fit(x, y, **{**settings, **kwargs})

    def _told(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        known: dict[str, Any] = {
            name: self.sk_params[name] for name in ("batch_size", "verbose") if name in self.sk_params
        }
        return {"verbose": 0, **known, **kwargs}

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags

        kind = self._estimator_type
        return Tags(
            estimator_type=kind,
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if kind == "classifier" else None,
            regressor_tags=RegressorTags() if kind == "regressor" else None,
        )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model")

    _estimator_type: Any = None


class KerasClassifier(_Wrapper):
    """A model that build_fn makes, as a classifier: KerasClassifier(build_fn=create, epochs=20, batch_size=32)."""

    _estimator_type = "classifier"

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        else:
            self.classes_, y = np.unique(y, return_inverse=True)
            y = y.reshape(-1)
        self.n_classes_ = len(self.classes_)
        built = self._build()
        if "categorical_crossentropy" in str(built.loss) and "sparse" not in str(built.loss) and y.ndim != 2:
            y = to_categorical(y)
        return self._fit(X, y, kwargs)

    def predict_proba(self, X: Any, **kwargs: Any) -> Array:
        """The probability of each class."""
        probabilities = self.model.predict(X, **self._told(kwargs))
        if probabilities.shape[1] == 1:
            return np.hstack([1 - probabilities, probabilities])
        return probabilities

    def predict(self, X: Any, **kwargs: Any) -> Array:
        """The most probable class."""
        return self.classes_[self.predict_proba(X, **kwargs).argmax(axis=1)]

    def score(self, X: Any, y: Any, **kwargs: Any) -> float:
        """The share that it gets right."""
        y = np.asarray(y)
        right = self.classes_[y.argmax(axis=1)] if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)
        return float(np.mean(self.predict(X, **kwargs) == right))


class KerasRegressor(_Wrapper):
    """A model that build_fn makes, as a regressor."""

    _estimator_type = "regressor"

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        return self._fit(X, y, kwargs)

    def predict(self, X: Any, **kwargs: Any) -> Array:
        """What the model says, one number for each row."""
        found = self.model.predict(X, **self._told(kwargs))
        return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found

    def score(self, X: Any, y: Any, **kwargs: Any) -> float:
        """Minus the loss, so that larger is better."""
        found = self.model.evaluate(X, y, **self._told(kwargs))
        loss = found[0] if isinstance(found, list) else found
        if not np.isfinite(loss):
            raise DataError("KerasRegressor.score: the loss is not finite.")
        return -float(loss)
