"""Random networks of all families of layers: the native engine learns as the formulas do, and files bring them back.

PELLUCID_NETWORKS says which: "400" for 400 of them from number 0 on, "5000:9000" for others. A failing test prints its
network as a program; `pytest -m slow -k "[137]"` runs that network again.
"""

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import native
from pellucid.models import load_model
from pellucid.optimizers import SGD
from pellucid.utils import set_random_seed
from random_networks import Network, network

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(native.load() is None, reason="the native engine is not built here"),
    pytest.mark.filterwarnings("default"),  # a layer that leaves a mask out says so
]

FIRST, _, LAST = os.environ.get("PELLUCID_NETWORKS", "400").rpartition(":")
SEEDS = range(int(FIRST or 0), int(LAST))
TOLERANCE = 2e-4  # of numbers around 1, after two epochs: both sides compute in float32, in another order
OF_SLOPES = 2e-3  # of the largest slope of a weight


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_network_learns_alike_on_both_engines_and_comes_back_from_its_file(seed: int, tmp_path: Path) -> None:
    drawn = network(seed)
    try:
        plain, learned = trained(drawn, "numpy"), trained(drawn, "native")
        assert plain.keys() == learned.keys()
        if not any(
            np.isfinite(found["loss"]).all() for found in (plain, learned)
        ):  # where both diverge, rounding decides
            plain = {name: plain[name] for name in ("slopes", "before")}
        if (difference := largest_difference(plain, learned)) > 1:  # is it as sharp if nothing but rounding differs?
            nudged = max(largest_difference(plain, trained(drawn, "numpy", nudge=n)) for n in (1e-6, -1e-6, 3e-6))
            assert difference < 30 * nudged, f"the engines differ by {difference:.1g} times what they may"
        assert_comes_back(drawn, tmp_path / "network.keras")
    except Exception as error:
        pytest.fail(f"network {seed}: {type(error).__name__}: {error}\n\n{drawn.program}")


def trained(drawn: Network, engine: str, nudge: float = 0.0) -> dict[str, Any]:
    """The slopes, what the network says before and after two epochs, what the training said, and the weights."""
    set_random_seed(1)
    model, compile_for = drawn.build()
    first = [w * (1 + nudge) if w.dtype.kind == "f" else w for w in model.get_weights()]
    model.set_weights(first)
    compile_for(engine, SGD(1.0))
    model.train_on_batch(drawn.x, drawn.y, sample_weight=drawn.sample_weight)
    found = {"slopes": [a - b for a, b in zip(first, model.get_weights(), strict=True)]}
    model.set_weights(first)
    compile_for(engine)
    found["before"] = model.predict(drawn.x, verbose=0)
    history = model.fit(
        drawn.x, drawn.y, batch_size=drawn.batch_size, epochs=2, verbose=0, sample_weight=drawn.sample_weight,
        validation_data=(drawn.x, drawn.y),
    )  # fmt: skip
    found |= history.history
    found["evaluated"] = model.evaluate(drawn.x, drawn.y, batch_size=drawn.batch_size, verbose=0)
    found["weights"] = model.get_weights()
    found["after"] = model.predict(drawn.x, verbose=0, batch_size=3)
    return {name: [np.asarray(a) for a in (one if isinstance(one, list) else [one])] for name, one in found.items()}


def largest_difference(these: dict[str, list[Any]], those: dict[str, list[Any]]) -> float:
    """In units of what they may differ by; infinite where one side alone is not finite."""
    worst = 0.0
    for name, arrays in these.items():
        for a, b in zip(arrays, those[name], strict=True):
            assert a.shape == b.shape, f"{name}: {a.shape} and {b.shape}"
            sound = np.isfinite(a)
            if not np.array_equal(sound, np.isfinite(b)):
                return math.inf
            if sound.any():
                a, b = a[sound].astype("float64"), b[sound].astype("float64")
                may = OF_SLOPES * (np.max(np.abs(a)) + 1e-3) if name == "slopes" else TOLERANCE * (1 + np.abs(a))
                worst = max(worst, float(np.max(np.abs(a - b) / may)))
    return worst


def assert_comes_back(drawn: Network, path: Path) -> None:
    """The network from its file answers as it did, bit for bit, and learns on as it would have done."""
    set_random_seed(2)
    model, compile_for = drawn.build()
    compile_for("native")
    model.fit(drawn.x, drawn.y, batch_size=drawn.batch_size, verbose=0)
    model.save(path)
    again = load_model(path)
    answers = [model.predict(drawn.x, verbose=0), again.predict(drawn.x, verbose=0)]
    np.testing.assert_equal(answers[1], answers[0])
    losses = []
    for each in (model, again):
        set_random_seed(3)
        losses.append(each.fit(drawn.x, drawn.y, batch_size=drawn.batch_size, verbose=0).history)
    np.testing.assert_equal(losses[1], losses[0])
