"""The chain rule for one weight, term by term, with the central difference beside it.

    ∂J/∂w = Σ ∂J/∂a · ∂a/∂z · ∂z/∂w     over every sample, and every sum z that the weight has a say in

and each ∂J/∂a is again a sum over paths: from the unit through every unit that hears it, to the loss. In a recurrent
layer the weight has a say at every time step: its sums are those of its gate, step by step. All of it is
computed in float64, so that the central difference (J(w + h) - J(w - h)) / 2h can be compared with it.

Source: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors", Nature 323 (1986).
"""

import heapq
import itertools
import math
import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.graph import Graph, Node
from ..engine.passes import backward, run
from ..engine.step import Program, cost
from .blocks import Block, Shown, Table, factor, number, sum_of
from .chain_in_time import Moments, moments_of
from .trace import Trace, alone, every, run_alone, trace

MOST_TERMS, MOST_PATHS = 12, 8
_MOVE = 1e-3  # of a weight that its sum is not linear in
_LARGEST_JACOBIAN = 4_000_000  # numbers; wider layers list no paths


@dataclass(frozen=True)
class Part:
    """∂J/∂a · ∂a/∂z for one activation that hears the sum: one for most functions, one per class for softmax."""

    unit: tuple[int, ...]
    dJ_da: float
    da_dz: float

    @property
    def value(self) -> float:
        return self.dJ_da * self.da_dz


@dataclass(frozen=True)
class Term:
    """What the weight does to J through one weighted sum of one sample: Σ parts · ∂z/∂w.

    gate, time   of a recurrent layer: the sum is that of this gate, at this time step
    """

    layer: str
    sample: int
    unit: tuple[int, ...]
    parts: tuple[Part, ...]
    dz_dw: float
    gate: str = ""
    time: int | None = None

    @property
    def sum(self) -> str:
        """Which sum it is: "dense[1]", "lstm i[0] at step 3"."""
        return f"{self.layer} {self.gate}{list(self.unit)} at step {self.time}" if self.gate else _unit(self)

    @property
    def dJ_dz(self) -> float:
        return math.fsum(part.value for part in self.parts)

    @property
    def value(self) -> float:
        return self.dJ_dz * self.dz_dw


@dataclass(frozen=True)
class Factor:
    """One derivative on a path, with its name: ("∂dense[1]/∂x", 0.25)."""

    name: str
    value: float


@dataclass(frozen=True)
class Path:
    """One way from the weight to the loss: the product of its derivatives is its share of ∂J/∂w.

    units   the numbers that it goes through: "dense[1]", "dense/sigmoid[1]", …
    """

    factors: tuple[Factor, ...]
    value: float
    units: tuple[str, ...]

    @property
    def way(self) -> str:
        """The units in one line; an activation is left out where it stands behind its own sum, in the same place."""
        further = [one for before, one in itertools.pairwise(self.units) if not _follows(before, one)]
        return " → ".join([*self.units[:1], *further])


@dataclass(frozen=True, repr=False)
class ChainRule(Shown):
    """∂J/∂w, taken apart.

    value        the weight itself
    loss         J
    terms        its parts, the largest first; `others` is the sum of those not listed
    penalty      what a regularizer on the weight adds
    gradient     ∂J/∂w as back-propagation gives it: the sum of all of the above
    difference   (J(w + h) - J(w - h)) / 2h, with h = `step`
    kink         whether J bends within h of w, as it does where a relu's sum is 0: the two need not agree there
    paths        the strongest ways to the loss of the sample asked for; `other_paths` the sum of all others;
                 both empty where a layer is too wide to list them
    """

    layer: str
    param: str
    weight: tuple[int, ...]
    value: float
    loss: float
    terms: tuple[Term, ...]
    others: float
    penalty: float
    gradient: float
    difference: float
    step: float
    kink: bool
    sample: int
    paths: tuple[Path, ...]
    other_paths: float

    @property
    def name(self) -> str:
        return f"{self.layer}/{self.param}{list(self.weight)}"

    @property
    def formula(self) -> str:
        """The terms as one line of numbers."""
        texts = [f"{_parts_text(term.parts)}·{factor(term.dz_dw)}" for term in self.terms]
        texts += [number(value) for value in (self.others, self.penalty) if value]
        return f"∂J/∂w = {sum_of(texts)} = {number(self.gradient)}"

    def blocks(self) -> list[Block]:
        rows = []
        for term in self.terms:
            one = term.parts[0] if len(term.parts) == 1 else None
            front = (one.dJ_da, one.da_dz) if one else ("Σ", "Σ")
            rows.append((term.sum, str(term.sample), *front, term.dJ_dz, term.dz_dw, term.value))
        if self.others:
            rows.append(("all others", "", "", "", "", "", self.others))
        if self.penalty:
            rows.append(("regularizer", "", "", "", "", "", self.penalty))
        heads = ("sum", "sample", "∂J/∂a", "∂a/∂z", "∂J/∂z", "∂z/∂w", "product")
        found: list[Block] = [
            f"w = {self.name} = {number(self.value)}, J = {number(self.loss)}",
            self.formula,
            Table("∂J/∂a · ∂a/∂z · ∂z/∂w", heads, tuple(rows)),
        ]
        found += self._path_tables()
        apart = abs(self.gradient - self.difference)
        kink = ["J bends here (an activation has a kink), so that the two need not agree"] if self.kink else []
        return [
            *found,
            f"back-propagation {self.gradient:.10g}",
            f"central difference, h = {self.step:.1g}: {self.difference:.10g} ({apart:.1e} apart)",
            *kink,
        ]

    def _path_tables(self) -> list[Block]:
        """The strongest path derivative by derivative; then all paths, each by the units that it goes through."""
        if not self.paths:
            return []
        product, steps = 1.0, []
        for one in self.paths[0].factors:
            product *= one.value
            steps.append((one.name, one.value, product))
        title = f"the strongest path from w to J, sample {self.sample}"
        found: list[Block] = [Table(title, ("derivative", "value", "product so far"), tuple(steps))]
        if len(self.paths) > 1 or self.other_paths:
            ways = [(path.way, path.value) for path in self.paths]
            if self.other_paths:
                ways.append(("all other paths", self.other_paths))
            found.append(Table(f"paths from w to J, sample {self.sample}", ("w → … → J", "product"), tuple(ways)))
        return found


def chain_rule(
    model: Any, x: Any, y: Any, *, layer: str, weight: int | tuple[int, ...], param: str = "kernel", sample: int = 0
) -> ChainRule:
    """∂J/∂w for one weight, taken apart and checked by a central difference.

    layer, param, weight   which number: `layer`'s `param` at the place `weight`
    sample                 whose paths to the loss are listed

    Raises ValueError for a weight that there is not.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(1, name="sum", input_shape=(1,), kernel_initializer="ones")])
    >>> model.compile(loss="mean_squared_error", optimizer="sgd")
    >>> print(chain_rule(model, [[3.0]], [[1.0]], layer="sum", weight=(0, 0)).formula)
    ∂J/∂w = 4·1·3 = 12
    """
    if y is None:
        raise ValueError("chain_rule: ∂J/∂w needs the targets: chain_rule(model, x, y, …).")
    seen = trace(model, x, y, dtype=np.float64)
    graph, program = model._graph, model.program([target.shape for target in seen.batch.y])
    owner = seen.place(layer).owner
    place = _checked(seen, owner, param, weight)
    if not 0 <= sample < len(seen.batch.x[0]):
        raise ValueError(f"chain_rule: there are {len(seen.batch.x[0])} samples, got sample={sample}.")
    terms: list[Term] = []
    starts: list[Term] = []  # of paths: where they leave the layer
    for node in graph.nodes:
        if node.owner == owner:
            moments = moments_of(model, node, seen, param, place)
            rows = range(len(seen.batch.x[0])) if moments is None else range(sample, sample + 1)
            leaving = _terms(graph, node, seen, param, place, rows)
            starts += leaving
            terms += leaving if moments is None else _terms_in_time(moments)
    value = float(seen.params[owner][param][place])
    penalty = sum(
        float(rule.gradient(seen.params[owner][param])[place])
        for named, name, rule in program.penalties
        if (named, name) == (owner, param)
    )
    step = 1e-5 * max(abs(value), 1.0)
    up, down = (_cost_at(program, seen, owner, param, place, value + move) for move in (step, -step))
    loss = float(seen.loss or 0.0)
    right, left = (up - loss) / step, (loss - down) / step
    terms.sort(key=lambda term: -abs(term.value))
    paths, rest = _paths(graph, seen, [term for term in starts if term.sample == sample])
    return ChainRule(
        layer=layer, param=param, weight=place, value=value, loss=loss,
        terms=tuple(terms[:MOST_TERMS]), others=sum(term.value for term in terms[MOST_TERMS:]), penalty=penalty,
        gradient=float(seen.grads[owner][param][place]), difference=(up - down) / (2 * step), step=step, sample=sample,
        kink=abs(right - left) > 1e-2 * max(abs(right), abs(left), 1e-6),
        paths=paths, other_paths=rest,
    )  # fmt: skip


def _checked(seen: Trace, owner: str, param: str, weight: int | tuple[int, ...]) -> tuple[int, ...]:
    params = seen.params.get(owner, {})
    if param not in params:
        raise ValueError(f"chain_rule: {owner} has no {param!r}; it has {', '.join(params) or 'no parameters'}.")
    shape = params[param].shape
    place = place_within(weight, shape)
    if place is None:
        raise ValueError(f"chain_rule: {owner}/{param} is shaped {shape}, got the place {weight!r}.")
    return place


def place_within(given: Any, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """A whole number or several as a place in an array of this shape, negative ones counted from the end; None where
    they are none.

    >>> place_within((1, -1), (2, 3)), place_within(3, (2, 3)), place_within(0.5, (2,))
    ((1, 2), None, None)
    """
    try:
        place = tuple(map(operator.index, given)) if isinstance(given, tuple | list) else (operator.index(given),)
    except TypeError:
        return None
    if len(place) != len(shape) or any(not -size <= i < size for i, size in zip(place, shape, strict=True)):
        return None
    return tuple(i % size for i, size in zip(place, shape, strict=True))


def _cost_at(program: Program, seen: Trace, owner: str, param: str, place: tuple[int, ...], value: float) -> float:
    """J with one weight set to another value."""
    moved = seen.params[owner][param].copy()
    moved[place] = value
    params = {**seen.params, owner: {**seen.params[owner], param: moved}}
    keep = program.watched.__contains__
    ran = run(program.graph, params, seen.state, seen.batch.x, caching=False, keep=keep)
    return float(cost(program, params, ran.values, seen.batch, masks=ran.masks, slopes=False).total)


def _terms(graph: Graph, node: Node, seen: Trace, param: str, place: tuple[int, ...], rows: range) -> list[Term]:
    """A term for every sum of this node, with these samples, that the weight has a say in."""
    after = seen.follower(seen.place(node.name))
    follower = next((other for other in graph.nodes if after and other.name == after.name), None)
    found = []
    for made, dz_dw in _dz_dw(node, seen, param, place, rows).items():
        name = node.name if made == node.makes[0] else made
        for row, *where in np.argwhere(dz_dw != 0).tolist():
            sample, unit = rows[row], tuple(where)
            own = (Part(unit, float(seen.dvalues[made][(sample, *unit)]), 1.0),)
            parts = _parts(graph, follower, seen, sample, unit) if follower else own
            found.append(Term(name, sample, unit, parts, float(dz_dw[(row, *unit)])))
    return found


def _terms_in_time(moments: Moments) -> list[Term]:
    """A term for every time step of every sample at which the weight has a say."""
    found = []
    for sample, time in np.argwhere(moments.dz_dw != 0).tolist():
        part = Part((moments.unit,), float(moments.dJ_da[sample, time]), float(moments.da_dz[sample, time]))
        dz_dw = float(moments.dz_dw[sample, time])
        found.append(Term(moments.name, sample, (moments.unit,), (part,), dz_dw, moments.gate, time))
    return found


def _dz_dw(node: Node, seen: Trace, param: str, place: tuple[int, ...], rows: range) -> dict[str, Array]:
    """How every number that the node computes, and the loss hears of, changes with one of its parameters, by value.

    A sum that is linear in the weight changes by exactly as much for a move of 1 as for a small one; others get the
    small move, without the part of its error that grows with its square.
    """
    own, heard = seen.params[node.owner], [made for made in node.makes if made in seen.dvalues]

    def slopes(move: float) -> list[Array]:
        ends = []
        for sign in (1, -1):
            moved = own[param].copy()
            moved[place] += sign * move
            params = {**seen.params, node.owner: {**own, param: moved}}
            ends.append(run_alone(node, seen, slice(rows.start, rows.stop), params)[0])
        found = [((ends[0][made] - ends[1][made]) / (2 * move), np.abs(ends[0][made])) for made in heard]
        return [np.where(np.abs(slope) > 1e-12 * (1 + size), slope, 0.0) for slope, size in found]

    coarse, fine = slopes(1.0), slopes(_MOVE)
    noise = [1e-10 * (1 + float(np.abs(seen.values[made]).max(initial=0))) for made in heard]
    linear = [np.allclose(a, b, rtol=1e-6, atol=small) for a, b, small in zip(coarse, fine, noise, strict=True)]
    if all(linear):
        return dict(zip(heard, coarse, strict=True))
    finer = slopes(_MOVE / 2)
    return {made: coarse[i] if linear[i] else (4 * finer[i] - fine[i]) / 3 for i, made in enumerate(heard)}


def _parts(graph: Graph, follower: Node, seen: Trace, sample: int, unit: tuple[int, ...]) -> tuple[Part, ...]:
    """∂J/∂a and ∂a/∂z for the activations that hear this sum."""
    da = seen.dvalues[follower.makes[0]][sample]
    if follower.name in seen.slopes:
        return (Part(unit, float(da[unit]), float(seen.slopes[follower.name][(sample, *unit)])),)
    column = jacobian(graph, follower, seen, sample)[follower.reads[0]][(..., *unit)]
    spots = np.argwhere(column != 0)
    return tuple(Part(tuple(s.tolist()), float(da[tuple(s)]), float(column[tuple(s)])) for s in spots)


def jacobian(graph: Graph, node: Node, seen: Trace, sample: int) -> dict[str, Array]:
    """How every output of a node changes with every number that it reads, for one sample.

    returns   by value read (…outputs, …inputs); found by sending back a 1 from every output in turn, all in one batch
    """
    single, made = alone(graph, node), node.makes[0]
    shape = seen.values[made].shape[1:]
    count = math.prod(shape)
    values, caches = run_alone(node, seen, np.full(count, sample))
    dy = np.eye(count, dtype=values[made].dtype).reshape(count, *shape)
    found, _ = backward(single, seen.params, caches, {made: dy}, trainable=frozenset(), keep=every)
    return {value: found[value].reshape(*shape, *found[value].shape[1:]) for value in single.inputs if value in found}


@dataclass(frozen=True)
class _Walk:
    """The beginning of a path: where it stands, and the derivatives so far."""

    value: str
    unit: tuple[int, ...]
    product: float
    factors: tuple[Factor, ...] = ()
    units: tuple[str, ...] = ()


def _paths(graph: Graph, seen: Trace, terms: list[Term]) -> tuple[tuple[Path, ...], float]:
    """The strongest paths of one sample from the weight to the loss, and the sum of all others.

    A beginning of a path times dJ/d(where it stands) is the sum over all its ends: so the strongest is followed first.
    """
    if not terms or not _narrow(graph, seen):
        return (), 0.0
    sample, total = terms[0].sample, sum(term.value for term in terms)
    readers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for value in dict.fromkeys(node.reads):
            readers.setdefault(value, []).append(node)
    maps: dict[str, dict[str, Array]] = {}
    waiting: list[tuple[float, int, _Walk]] = []
    found: list[Path] = []
    arrival = itertools.count()  # breaks ties

    def wait(walk: _Walk, share: float) -> None:
        heapq.heappush(waiting, (-abs(share), next(arrival), walk))

    for term in terms:
        unit = _unit(term)
        begin = Factor(f"∂{unit}/∂w", term.dz_dw)
        wait(_Walk(_value_of(graph, term.layer), term.unit, term.dz_dw, (begin,), (unit,)), term.value)
    while waiting and len(found) < MOST_PATHS:
        walk = heapq.heappop(waiting)[2]
        slope = float(seen.dvalues[walk.value][(sample, *walk.unit)])
        if walk.value not in readers:
            last = Factor(f"∂J/∂{walk.units[-1]}", slope)
            found.append(Path((*walk.factors, last), walk.product * slope, walk.units))
            continue
        for node in readers[walk.value]:
            if node.name not in maps:
                maps[node.name] = jacobian(graph, node, seen, sample)
            if walk.value not in maps[node.name]:
                continue
            column, dvalue = maps[node.name][walk.value][(..., *walk.unit)], seen.dvalues[node.makes[0]][sample]
            for spot in map(tuple, np.argwhere(column != 0).tolist()):
                unit = f"{node.makes[0]}{list(spot)}"
                one = Factor(f"∂{unit}/∂{walk.units[-1]}", float(column[spot]))
                further = _Walk(
                    node.makes[0], spot, walk.product * one.value, (*walk.factors, one), (*walk.units, unit)
                )
                wait(further, further.product * float(dvalue[spot]))
    found.sort(key=lambda path: -abs(path.value))
    rest = total - sum(path.value for path in found)
    return tuple(found), rest if waiting or abs(rest) > 1e-9 * abs(total) else 0.0


def _value_of(graph: Graph, name: str) -> str:
    return next(node.makes[0] for node in graph.nodes if node.name == name)


def _narrow(graph: Graph, seen: Trace) -> bool:
    """Whether every node between is plain enough, and small enough, to write all its derivatives out."""
    for node in graph.nodes:
        if not node.reads:
            continue
        if len(node.makes) != 1 or node.makes[0] not in seen.dvalues:
            return False
        size = seen.values[node.makes[0]][0].size
        if size * sum(seen.values[value][0].size for value in node.reads) > _LARGEST_JACOBIAN:
            return False
    return True


def _follows(before: str, one: str) -> bool:
    """Whether "dense/relu[1]" follows "dense[1]"; "out/softmax[2]" behind "out[1]" is another unit's share."""
    (name, _, place), (value, _, where) = before.partition("["), one.partition("[")
    return value.startswith(f"{name}/") and place == where


def _unit(term: Term) -> str:
    return f"{term.layer}{list(term.unit)}"


def _parts_text(parts: tuple[Part, ...]) -> str:
    texts = [f"{number(part.dJ_da)}·{factor(part.da_dz)}" for part in parts]
    return texts[0] if len(texts) == 1 else f"({sum_of(texts, most=4)})"
