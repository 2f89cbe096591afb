"""Document: what a model file holds, as plain data; and the names that Keras gives to its groups.

A file knows a network as a tree of named groups. A group may hold numbers of its own, under "vars", and further groups:

    {"vars": [],
     "layers": {"dense":      {"vars": [kernel, bias]},
                "lstm":       {"vars": [], "cell": {"vars": [kernel, recurrent_kernel, bias]}},
                "sequential": {"vars": [], "layers": {"dense": {"vars": [kernel, bias]}}}}}

A model is an ordered list of layers. `group` gives them Keras's names (the class in snake case, counted where it
repeats; never the layer's own name), `fill` finds the numbers again.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..arrays import Array
from ..errors import FormatError

Tree = dict[str, Any]  # {"vars": [arrays], name: Tree, …}


@dataclass(frozen=True)
class Document:
    """One file's contents.

    config      Keras's config.json: {"module", "class_name", "config", "registered_name", "build_config",
                "compile_config"}; empty for a file of weights alone
    weights     tree of groups, as above
    optimizer   the optimizer's numbers in Keras's order: iterations, learning rate, then the memory of each weight;
                None when absent
    metadata    metadata.json: {"keras_version", "date_saved"}; empty for a file of weights alone
    words       the vocabularies that Keras keeps beside the numbers, by the path of their group: "layers/string_lookup"
    """

    config: dict[str, Any]
    weights: Tree
    optimizer: list[Array] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)


class Entry(NamedTuple):
    """One object that owns numbers: a model, a layer, or a part of a layer.

    class_name  "Dense", "Sequential", "LSTMCell"
    weights     arrays in Keras's order, those that learn before those that do not
    children    the layers of a model, in order; each is listed once, also when it is shared
    parts       named parts of a layer: {"cell": Entry("LSTMCell", …)}, {"forward_layer": …, "backward_layer": …}
    """

    class_name: str
    weights: Sequence[Array] = ()
    children: Sequence["Entry"] = ()
    parts: Mapping[str, "Entry"] = {}


def snake_case(class_name: str) -> str:
    """A class name as Keras spells it in files.

    >>> [snake_case(name) for name in ("Dense", "BatchNormalization", "Conv2DTranspose", "LSTM", "PReLU")]
    ['dense', 'batch_normalization', 'conv2d_transpose', 'lstm', 'p_re_lu']
    """
    words = re.sub(r"\W+", "", class_name)
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", words)  # aWord -> a_Word
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()


def group_names(class_names: Sequence[str]) -> list[str]:
    """The group of each layer in a list of layers: the class in snake case, counted from its second use.

    Raises ValueError when two classes would get the same group, as `Dense` twice and a class called `Dense_1` would.

    >>> group_names(["InputLayer", "Dense", "Dropout", "Dense"])
    ['input_layer', 'dense', 'dropout', 'dense_1']
    """
    seen: dict[str, int] = {}
    names = []
    for class_name in class_names:
        base = snake_case(class_name)
        seen[base] = seen.get(base, -1) + 1
        names.append(f"{base}_{seen[base]}" if seen[base] else base)
    doubled = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if doubled:
        raise ValueError(f"Two layers would be saved as {doubled[0]!r}. Give one of their classes another name.")
    return names


def group(entry: Entry) -> Tree:
    """The tree of groups for an entry and all it contains.

    >>> group(Entry("Sequential", children=[Entry("Dense", [1, 2]), Entry("Dense", [3, 4])]))
    {'vars': [], 'layers': {'dense': {'vars': [1, 2]}, 'dense_1': {'vars': [3, 4]}}}
    """
    tree: Tree = {"vars": list(entry.weights)}
    for name, part in entry.parts.items():
        tree[name] = group(part)
    if entry.children:
        names = group_names([child.class_name for child in entry.children])
        tree["layers"] = {name: group(child) for name, child in zip(names, entry.children, strict=True)}
    return tree


def fill(entry: Entry, tree: Tree, file: str | os.PathLike[str]) -> Entry:
    """The entry with its weights replaced by those of the tree, read from `file`.

    Every place must be met: same groups, same number of arrays, same shapes (groups without arrays count for nothing).
    Raises FormatError that lists both sides otherwise: a part of a file is never loaded.

    >>> fill(Entry("Dense", [(2, 1), (1,)]), {"vars": [[[5], [6]], [7]]}, "net.keras").weights
    [[[5], [6]], [7]]
    """
    wanted, found = dict(_places(group(entry))), dict(_places(tree))
    missing = [place for place in wanted if place not in found]
    unknown = [place for place in found if place not in wanted]
    if missing or unknown:
        raise FormatError(
            file,
            f"its weights do not fit this model. "
            f"Only in the model: {_few(missing)}. Only in the file: {_few(unknown)}.",
        )
    unequal = [place for place in wanted if _shape(wanted[place]) != _shape(found[place])]
    if unequal:
        pairs = [f"{place} (model {_shape(wanted[place])}, file {_shape(found[place])})" for place in unequal]
        raise FormatError(file, f"its weights do not fit this model. Shapes differ at {_few(pairs)}.")
    return _filled(entry, tree)


def _filled(entry: Entry, tree: Tree) -> Entry:
    names = group_names([child.class_name for child in entry.children])
    layers = tree.get("layers", {})
    return entry._replace(
        weights=tree.get("vars", []),
        children=[_filled(child, layers.get(name, {})) for name, child in zip(names, entry.children, strict=True)],
        parts={name: _filled(part, tree.get(name, {})) for name, part in entry.parts.items()},
    )


def _places(tree: Tree, path: str = "") -> Iterator[tuple[str, Array]]:
    """Each array with its place: "layers/dense/vars/0"."""
    for name, branch in tree.items():
        if name == "vars":
            yield from ((f"{path}vars/{i}", array) for i, array in enumerate(branch))
        else:
            yield from _places(branch, f"{path}{name}/")


def _shape(array: Any) -> tuple[int, ...]:
    """The shape of an array; a tuple of whole numbers stands for an array of that shape."""
    if isinstance(array, tuple):
        return array
    if hasattr(array, "shape"):
        return tuple(array.shape)
    return (len(array), *_shape(array[0])) if isinstance(array, list) else ()


def _few(places: list[str], most: int = 5) -> str:
    rest = f" and {len(places) - most} more" if len(places) > most else ""
    return (", ".join(places[:most]) or "nothing") + rest
