"""Rows 1 to 4 of the course: one neuron, activation functions, the perceptron, and the machine that was one."""

from typing import Any

import numpy as np

from .. import activations as functions
from ..arrays import Array
from ..errors import ShapeError
from ..inside.blocks import Table, number
from ..inside.explain import explain_unit
from ..inside.mark_one import PHOTO, teach_letters
from ..inside.perceptron import GATES, Lesson, fire, learn
from ..inside.saturation import FLAT
from ..inside.trace import trace
from ..layers import Dense
from ..plots.activations import activations_picture, softmax_picture
from ..plots.mark_one import mark_one_picture
from ..plots.neuron import small_network_picture
from ..plots.perceptron import perceptron_picture
from ..sequential import Sequential
from .outcome import Heading, Outcome, Progress, Told, silent

FUNCTIONS = ("step", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu")
OTHERS = ("linear", "hard_sigmoid", "softsign", "hard_tanh", "log_sigmoid", "sparse_sigmoid", "relu6", "selu",
          "celu", "mish", "hard_silu", "exponential", "sparse_plus", "squareplus", "tanh_shrink", "soft_shrink",
          "hard_shrink")  # fmt: skip
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def tiny_network() -> Sequential:
    """Two inputs, two tanh units, one sum: the worked example of the first lesson."""
    hidden = Dense(2, "tanh", use_bias=False, name="hidden", input_shape=(2,))
    model = Sequential([hidden, Dense(1, use_bias=False, name="output")])
    model.set_weights([np.array([[1.0, 5.0], [3.0, 3.0]]), np.array([[2.0], [-1.0]])])
    return model


def neuron() -> Outcome:
    """Row 1: weighted sum, bias, activation: three neurons by hand.

    >>> neuron().numbers["output"]
    1.2382242525694254
    """
    model, x = tiny_network(), np.array([[-1.0, 2.0]])
    seen = trace(model, x, dtype="float64")
    units = [explain_unit(model, seen, layer, unit) for layer, unit in (("hidden", 0), ("hidden", 1), ("output", 0))]
    first, second, last = units
    told: tuple[Told, ...] = (
        "A neuron multiplies each input by a weight, adds the products up (and a bias, where it has one), and passes "
        "the sum on through an activation function. Two inputs, -1 and 2, go to two neurons with tanh; a third neuron "
        "adds up what they say.",
        Heading("Neuron by neuron"),
        f"first hidden neuron    {first.formula}",
        f"second hidden neuron   {second.formula}",
        f"output                 {last.formula}",
        f"To the last digit: {last.a!r}.",
        Heading("The output, product by product"),
        last,
        "tanh has flattened a sum of 5 to 0.9999 and a sum of 1 to 0.7616: far from zero it hardly tells sums apart.",
    )
    numbers = {"output": float(last.a), "hidden": [float(first.a), float(second.a)]}

    def draw() -> Any:
        values = [x[0], np.array([first.a, second.a]), np.array([last.a])]
        kernels = [layer.get_weights()[0] for layer in model.layers]
        labels = ["inputs", "hidden, tanh", "output"]
        return small_network_picture(values, kernels, labels, "Three neurons, with all their numbers")

    return Outcome("neuron", told, numbers, {"network": draw})


def activations() -> Outcome:
    """Row 2: activation functions and their derivatives."""
    z = np.array([-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0])
    heads = ("", *(f"z = {number(one)}" for one in z))
    values, slopes, numbers = [], [], {}
    for name in (*FUNCTIONS, *OTHERS):
        function = functions.get(name)
        value, slope = np.asarray(function(z)), np.asarray(function.derivative(z))
        values.append((name, *map(_short, value)))
        slopes.append((name, *map(_short, slope)))
        numbers[name] = {"value": value.tolist(), "derivative": slope.tolist()}
    sums = np.array([2.0, 1.0, 0.1])
    shares = np.asarray(functions.get("softmax")(sums))
    pulls = np.asarray(functions.get("softmax").backward(np.tile(sums, (3, 1)), np.tile(shares, (3, 1)), np.eye(3)))
    numbers["softmax"] = {"value": shares.tolist(), "derivative": pulls.tolist()}
    told: tuple[Told, ...] = (
        "The activation function decides what a neuron makes of its weighted sum z. Its derivative f'(z) decides how "
        "much the neuron can learn: the correction that comes back is multiplied by it.",
        Table("f(z)", heads, tuple(values[: len(FUNCTIONS)])),
        Table("f'(z)", heads, tuple(slopes[: len(FUNCTIONS)])),
        "sigmoid never passes on more than 0.25 of a correction, and at z = 4 only 0.018 of it. relu passes on all "
        "or nothing. step passes on nothing anywhere: that is why a perceptron needs a rule of its own.",
        Heading("softmax"),
        "softmax looks at a whole layer: it turns sums into shares that add up to 1.",
        f"softmax({', '.join(map(number, sums))}) = {', '.join(map(number, shares))}; together {number(shares.sum())}",
        "Its derivatives are a table, since every share depends on every sum: ∂aᵢ/∂zᵢ = aᵢ·(1 - aᵢ) for its own, "
        "∂aᵢ/∂zⱼ = -aᵢ·aⱼ for another.",
        Table("∂a/∂z", ("", *(f"by z{j + 1}" for j in range(3))),
              tuple((f"a{i + 1}", *map(_short, row)) for i, row in enumerate(pulls))),
        Heading("And all the others"),
        Table("f(z)", heads, tuple(values[len(FUNCTIONS) :])),
        Table("f'(z)", heads, tuple(slopes[len(FUNCTIONS) :])),
        f"In the pictures, shaded: where f'(z) is below {FLAT:.0%} of its largest value.",
    )  # fmt: skip
    pictures = {
        "functions": lambda: activations_picture(FUNCTIONS),
        "softmax": softmax_picture,
        "others": lambda: activations_picture(OTHERS),
    }
    return Outcome("activations", told, numbers, pictures)


def perceptron(*, points: Array | None = None, seed: int = 0) -> Outcome:
    """Row 3: hot dog, logic gates, and Rosenblatt's rule step by step.

    points   of your own, (N, 3): two inputs and a class, 0 or 1; by default two clouds
    """
    dishes = {"sausage and bun": (1, 1, 0), "bun alone": (0, 1, 0), "mustard alone": (0, 0, 1)}
    firings = {dish: fire((3, 2, 6), 4, x) for dish, x in dishes.items()}
    gates = {
        name: [fire(weights, threshold, x).answer for x in CORNERS] for name, (weights, threshold) in GATES.items()
    }
    corners, both = np.array(CORNERS, dtype=float), {}
    for name, wanted in (("and", [0, 0, 0, 1]), ("xor", [0, 1, 1, 0])):
        both[name] = learn(corners, wanted, epochs=20)
    own = _clouds(seed) if points is None else np.asarray(points, dtype=float)
    if own.ndim != 2 or own.shape[1] != 3:
        raise ShapeError(f"perceptron: points must be rows of two inputs and a class, got {own.shape}.")
    lesson = learn(own[:, :2], own[:, 2], epochs=100)
    whose = "Two clouds of points" if points is None else "Your points"
    told: tuple[Told, ...] = (
        "A perceptron fires, 1, if the weighted sum of its inputs is above a threshold, and else stays silent, 0.",
        Heading("Would you eat it? Sausage counts 3, bun 2, mustard 6; threshold 4"),
        *(f"{dish:<16} {firing.formula}" for dish, firing in firings.items()),
        Heading("Logic gates: weights by hand"),
        Table(
            "What each gate says to two inputs",
            ("gate", "weights", "threshold", *(f"{a} {b}" for a, b in CORNERS)),
            tuple(
                (name, ", ".join(map(number, GATES[name][0])), number(GATES[name][1]), *map(str, answers))
                for name, answers in gates.items()
            ),
        ),
        Heading("and, learned by Rosenblatt's rule: every wrong answer moves the weights"),
        both["and"],
        Heading("xor: no line parts (0,1) and (1,0) from (0,0) and (1,1)"),
        both["xor"].verdict,
        Heading(f"{whose}: {len(own)}"),
        lesson.verdict,
        f"Weights {', '.join(map(number, lesson.weights))}, threshold {number(lesson.threshold)}.",
    )
    numbers = {
        "hot dog": [firing.answer for firing in firings.values()],
        "gates": gates,
        "and": {"converged": both["and"].converged, "corrections": len(both["and"].corrections)},
        "xor": {"converged": both["xor"].converged, "separable": both["xor"].proof.separable},
        "points": {"converged": lesson.converged, "corrections": len(lesson.corrections)},
    }

    def draw(x: Array, y: Array, learned: Lesson, words: str) -> object:
        return perceptron_picture(x, y, learned, words)

    pictures = {
        "and": lambda: draw(corners, np.array([0, 0, 0, 1]), both["and"], "and, learned"),
        "points": lambda: draw(own[:, :2], own[:, 2], lesson, f"{len(own)} points"),
    }
    return Outcome("perceptron", told, numbers, pictures)


def mark_one(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 4: 400 photocells learn to read letters, as in 1960."""
    progress("Showing the machine its letters")
    rounds = 12 if quick else 20
    plain = teach_letters(rounds=rounds, seed=seed)
    progress("The same with letters that lie anywhere")
    moved = teach_letters(shift=1, rounds=rounds, seed=seed)
    told: tuple[Told, ...] = (
        "In 1960 a perceptron stood in a room: photocells wired at random to association units, whose wires never "
        "change, and eight responses with motor-driven weights, which learn. This is that machine, simulated.",
        Heading("Letters that always lie in the middle"),
        plain,
        Heading("Letters that lie up to one cell off the middle"),
        moved,
        f"The photograph's caption claims {PHOTO:.0%} for more than one typeface. A perceptron does not see that a "
        "letter has only moved: for it, that is another picture. Convolution is the answer to that, later on.",
    )
    numbers = {
        "learned after rounds": plain.learned,
        "other face unseen": plain.other,
        "after both": plain.after,
        "moved": moved.after,
    }
    pictures = {"letters": lambda: mark_one_picture(plain), "moved": lambda: mark_one_picture(moved)}
    return Outcome("mark-one", told, numbers, pictures)


def _clouds(seed: int) -> Array:
    """Two clouds of 20 points that a line can part, with their classes: (40, 3)."""
    draw = np.random.default_rng(seed)
    classes = np.repeat([0.0, 1.0], 20)
    middles = np.where(classes[:, None] == 1, [2.4, 2.1], [0.6, 0.9])
    return np.column_stack([middles + draw.uniform(-0.9, 0.9, (40, 2)), classes])


def _short(value: float) -> float:
    return float(f"{value:.3g}")
