"""What computes a model: which layers run in the native core, which as plain formulas, and why.

>>> from pellucid import Sequential
>>> from pellucid.layers import Dense
>>> model = Sequential([Dense(2, input_shape=(3,), name="sum")])
>>> model.compile("sgd", "mse", engine="numpy")
>>> print(model.engine_report())
engine   numpy, as compile(engine=...) or PELLUCID_ENGINE asks for
steps    plain formulas
sum      Dense    plain formula
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from .. import native
from .choose import chosen
from .graph import Graph
from .native import Compiled, why_not_whole
from .step import Program
from .stretches import Stretches, why_plain

IN_CORE, PLAIN = "native", "plain formula"


class LayerReport(NamedTuple):
    """How one layer runs; why is empty for a layer that has a kernel."""

    name: str
    kind: str
    runs: str
    why: str = ""


class EngineReport(NamedTuple):
    """What computes a model. `print` it, or read its parts.

    engine    what runs, by name
    steps     how a step of training runs, and why not whole in the core
    layers    how each layer runs
    """

    engine: str
    steps: str
    layers: tuple[LayerReport, ...]

    def __str__(self) -> str:
        width, kinds = (max([6, *(len(layer[i]) for layer in self.layers)]) for i in (0, 1))
        lines = [f"{'engine':{width}}   {self.engine}", f"{'steps':{width}}   {self.steps}"]
        for name, kind, runs, why in self.layers:
            lines.append(f"{name:{width}}   {kind:{kinds}}   {runs}" + f": {why}" * bool(why))
        return "\n".join(lines)


def report(graph: Graph, program: Program | None, compiled: Any, asked: str | None) -> EngineReport:
    """The report for a graph.

    program     what trains it, if it is compiled
    compiled    the same as the engine has it, which knows what happened to the latest data
    asked       the engine that `compile` asked for
    """
    name = chosen(asked)
    if name == "native":
        core = native.load()
        reasons = why_plain(core, graph)
        engine = f"native ({native.instruction_set()}, threads: {core.num_threads()})"
        return EngineReport(engine, _steps(core, program, compiled), tuple(_layers(graph, reasons)))
    if name == "jax":
        return EngineReport("jax", "compiled by XLA", tuple(_layers(graph, None, "compiled by XLA")))
    why = native.why_not() or "as compile(engine=...) or PELLUCID_ENGINE asks for"
    return EngineReport(f"numpy, {why}", "plain formulas", tuple(_layers(graph, None, PLAIN)))


def _steps(core: Any, program: Program | None, compiled: Any) -> str:
    if program is None:
        return "none: the model is not compiled"
    reason = why_not_whole(core, program)
    if reason is None:
        refused = compiled.refused if isinstance(compiled, Compiled) else None
        return "whole, in one call" if refused is None else f"whole, but the latest data ran in stretches: {refused}"
    updates = "" if Stretches(core, program.graph, program).moves_in_core else "; updates are plain formulas"
    return f"in stretches of native layers, since {reason}{updates}"


def _layers(graph: Graph, reasons: dict[str, str] | None, runs: str = IN_CORE) -> Iterator[LayerReport]:
    for node in graph.nodes:
        why = "" if reasons is None else reasons.get(node.name, "")
        yield LayerReport(node.name, type(node.layer).__name__, PLAIN if why else runs, why)
