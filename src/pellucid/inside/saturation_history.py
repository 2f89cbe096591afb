"""Saturation over a recorded training: how many units of each layer are saturated or dead, frame by frame."""

from dataclasses import dataclass

import numpy as np

from .. import activations
from ..arrays import Array
from .blocks import Block, Shown, Table
from .recording import Recording
from .saturation import FLAT, OFTEN, grade, steepest


@dataclass(frozen=True, repr=False)
class SaturationHistory(Shown):
    """Shares of units by layer over time, on the probe batch.

    layers       L layers with an activation that can be flat, named as in the network
    activations  (L,) their functions
    steps        (T,)
    flat         (T, L) share of all f'(z) below 5 % of the largest
    saturated    (T, L) share of units that are flat on more than 90 % of the samples, dead ones included
    dead         (T, L) share of units whose f'(z) is 0 on every sample
    """

    layers: tuple[str, ...]
    activations: tuple[str, ...]
    steps: Array
    flat: Array
    saturated: Array
    dead: Array

    def grade(self, layer: int) -> str:
        """How bad a layer's latest share is: "severe", "warning", "notice" or ""."""
        return grade(float(max(self.saturated[-1, layer], self.dead[-1, layer])))

    def blocks(self) -> list[Block]:
        """The latest moment."""
        rows = tuple(
            (name, self.activations[i], f"{self.flat[-1, i]:.0%}", f"{self.saturated[-1, i]:.0%}",
             f"{self.dead[-1, i]:.0%}", self.grade(i))
            for i, name in enumerate(self.layers)
        )  # fmt: skip
        heads = ("layer", "activation", "flat places", "saturated units", "dead units", "grade")
        return [Table(f"Saturation at step {self.steps[-1]}" if len(self.steps) else "Saturation", heads, rows)]


def saturation_over(recording: Recording) -> SaturationHistory:
    """How flat each layer's activation was in each frame; an activation inside a layer bears the layer's name."""
    places = recording.description["places"]
    layers = set(recording.description["layers"])
    found = []
    for place in places:
        name = place["activation"]
        if name == "linear" or name not in activations.names() or not activations.get(name).elementwise:
            continue
        reads = place["reads"][0]
        found.append((place["name"] if place["name"] in layers else reads.split(":")[0], name, reads))
    frames = recording.frames
    rows = [[_shares(frame.arrays[f"values/{reads}"], name) for _, name, reads in found] for frame in frames]
    shares = np.array(rows).reshape(len(frames), len(found), 3)
    return SaturationHistory(
        tuple(layer for layer, *_ in found), tuple(name for _, name, _ in found),
        np.array([frame.step for frame in frames]), shares[..., 0], shares[..., 1], shares[..., 2],
    )  # fmt: skip


def _shares(z: Array, name: str) -> tuple[float, float, float]:
    slope = np.abs(activations.get(name).derivative(z.reshape(-1, z.shape[-1])))
    flat = slope < FLAT * steepest(name)
    return float(flat.mean()), float((flat.mean(axis=0) > OFTEN).mean()), float((slope == 0).all(axis=0).mean())
