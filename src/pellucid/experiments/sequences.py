"""Row 21 of the course: inside an LSTM: gates, state and gradient at every time step."""

from dataclasses import replace

import numpy as np

from ..arrays import Array
from ..inside.blocks import Block, Table
from ..inside.explain import explain
from ..inside.recurrent import Unrolled, unroll
from ..layers import GRU, LSTM, Dense, SimpleRNN
from ..optimizers import Adam
from ..plots.recurrent import gradient_through_time_picture, recurrent_picture
from ..random import key, keys_from
from ..sequential import Sequential
from .outcome import Curves, Heading, Outcome, Progress, Told, silent

STEPS = 30
LAYERS = {"LSTM": LSTM, "GRU": GRU, "SimpleRNN": SimpleRNN}


def lstm(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 21: gates, state and gradient at every time step."""
    x, y = signs(1000, seed)
    x_test, y_test = signs(500, seed + 1)
    epochs = 4 if quick else 20
    insides: dict[str, Unrolled] = {}
    fresh: dict[str, Unrolled] = {}
    right: dict[str, float] = {}
    models = {}
    for name, layer in LAYERS.items():
        progress(f"Training the {name}")
        with keys_from(key(seed)):
            model = Sequential([layer(8, name=name.lower(), input_shape=(STEPS, 1)), Dense(1, "sigmoid", name="sign")])
            model.compile(Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
            fresh[name] = unroll(model, x[:64], y[:64])[0]
            model.fit(x, y, epochs=epochs, verbose=0)
        insides[name] = unroll(model, x_test[:64], y_test[:64])[0]
        right[name], models[name] = model.evaluate(x_test, y_test, verbose=0)[1], model
    inside = insides["LSTM"]
    faded = {name: (fresh[name].kept(), insides[name].kept()) for name in LAYERS}
    kept = [abs(float(np.corrcoef(c, y_test[:64])[0, 1])) for c in inside.states["c"][:, -1].T]
    unit = int(np.argmax(kept))
    gate = float(inside.gates["f"][..., unit].mean())
    first = float(fresh["LSTM"].gates["f"].mean())
    told: tuple[Told, ...] = (
        f"A sequence of {STEPS} numbers begins with +1 or -1; noise follows. Which sign was it? The layer has to carry "
        "one bit past 29 steps of distraction. 8 units each.",
        Table(
            f"After {epochs} epochs",
            ("layer", "right on test sequences", "message kept, untrained", "message kept, trained"),
            tuple((name, f"{right[name]:.1%}", *faded[name]) for name in LAYERS),
        ),
        "The message kept: ‖dL/dh‖ at the first step over the last, the geometric mean over 64 sequences: how much of "
        "what the loss says reaches the step that mattered. Where nearly nothing does, the gradient has vanished, and "
        "the layer can hardly find out.",
        f"An LSTM's forget gates begin at about {first:.2f}, and {first:.2f} to the power of 29 is "
        f"{first**29:.1g}. Learning opens them. A SimpleRNN begins with orthogonal recurrent weights, which keep "
        "lengths: it starts out better than its reputation, on a task as simple as this.",
        *((f"The GRU has not found out after {epochs} epochs. Its update gates begin at about a half, and 0.5 to the "
           f"power of 29 is {0.5**29:.0e}.",) if right["GRU"] < 0.75 else ()),
        Heading("Inside the LSTM, one sequence"),
        Curves(f"inner state c of unit {unit}, step by step", {"c": inside.states["c"][0, :, unit].tolist()}),
        *_every_fifth(inside),
        f"Unit {unit} holds the sign (the correlation of its c at the end with the answer is {kept[unit]:.3f}): its "
        f"forget gate stays at {gate:.2f} on average: that share of c is kept from step to step, and what h "
        "brings back in makes up for the rest.",
        Heading(f"Its forget gate at the last step, number by number (unit {unit})"),
        explain(models["LSTM"], x_test[:1], layer="lstm", unit=unit, time=-1, gate="f"),
    )  # fmt: skip
    numbers = {"right": right, "faded": faded, "forget": gate}
    pictures = {
        "gates": lambda: recurrent_picture(inside),
        "gradient-untrained": lambda: gradient_through_time_picture(fresh, when="untrained"),
        "gradient": lambda: gradient_through_time_picture(insides, when=f"after {epochs} epochs"),
    }
    return Outcome("lstm", told, numbers, pictures)


def signs(count: int, seed: int) -> tuple[Array, Array]:
    """Sequences (N, T, 1) that begin with +1 or -1 and go on as noise, and whether it was +1 (N,)."""
    draw = np.random.default_rng(seed)
    x = draw.normal(0, 0.3, (count, STEPS, 1)).astype(np.float32)
    y = draw.integers(0, 2, count)
    x[:, 0, 0] = 2 * y - 1
    return x, y.astype(np.float32)


def _every_fifth(inside: Unrolled) -> list[Block]:
    """The rows of every fifth time step, and of the last."""
    return [
        block if isinstance(block, str) else replace(block, rows=(*block.rows[:-1:5], block.rows[-1]))
        for block in inside.blocks()
    ]
