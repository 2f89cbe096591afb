"""TextVectorization: texts as rows of places in a vocabulary.

    text         "The cat, the hat!"
    standardize  "the cat the hat"
    split        the · cat · the · hat
    ngrams       and, if asked for, neighbours together: the cat · cat the · the hat
    look up      2 · 3 · 2 · 4          0 is padding, 1 a word that is not in the vocabulary (lookup.py)

A table is looked up, nothing is computed: strings stay outside of the engines, and the
inputs have no gradient.
"""

import re
import string
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import ShapeError, one_of
from .layer import Layer, Params
from .lookup import StringLookup, less_notes, texts
from .symbolic import KerasTensor, Shape, is_symbolic
from .table import register_layer

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_SPACE = re.compile(r"[ \t\n\v\f\r]+")

STANDARDIZE: dict[Any, Callable[[str], str]] = {
    None: lambda text: text,
    "lower": lambda text: text.translate(_LOWER),
    "strip_punctuation": lambda text: text.translate(_NO_PUNCTUATION),
    "lower_and_strip_punctuation": lambda text: text.translate(_LOWER).translate(_NO_PUNCTUATION),
}
SPLIT: dict[Any, Callable[[str], list[str]]] = {
    "whitespace": lambda text: [word for word in _SPACE.split(text) if word],
    "character": list,
}


@register_layer("TextVectorization")
class TextVectorization(Layer):
    """Turns texts into rows of whole numbers, or into vectors.

    Args:
        max_tokens: most places in the vocabulary, padding and unknown words included; None for no limit.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a function from an array of
            strings to another.
        split: "whitespace", "character", None, or a function from an array of strings to a list of words for each.
        ngrams: up to how many neighbours are taken together; or a tuple of such numbers.
        output_mode: "int" (places), "multi_hot", "count" or "tf_idf" (one vector a text).
        output_sequence_length: with "int", how many words of each text count; None for the longest text's.
        pad_to_max_tokens: whether vectors have max_tokens places, also when there are fewer words.
        vocabulary: the words in order; None for `adapt`.
        idf_weights: with "tf_idf" and a vocabulary, a weight for each word.
        sparse, ragged: False; there are no sparse or ragged arrays here.
        encoding: of texts that come as bytes.

    >>> layer = TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["The cat sat.", "The hat, the cat"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'the', 'cat', 'sat', 'hat']
    >>> layer(["The hat ran"])
    array([[2, 5, 1, 0]])
    """

    reads = "string"

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **less_notes(kwargs))
        self.standardize = standardize if callable(standardize) else one_of(standardize, STANDARDIZE, "standardize")
        self.split = split if callable(split) else one_of(split, (None, *SPLIT), "split")
        self.ngrams = list(ngrams) if isinstance(ngrams, list | tuple) else ngrams
        self.sparse, self.ragged = one_of(bool(sparse), (False,), "sparse"), one_of(bool(ragged), (False,), "ragged")
        self.encoding = encoding
        self.table = StringLookup(
            max_tokens=max_tokens,
            mask_token="",
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            encoding=encoding,
            name=f"{self.name}_table",
        )
        self.output_mode = one_of(self.table.output_mode, ("int", "multi_hot", "count", "tf_idf"), "output_mode")
        if output_sequence_length is not None and self.output_mode != "int":
            raise ValueError(f"output_sequence_length needs output_mode='int', got {self.output_mode!r}.")
        self.output_sequence_length = output_sequence_length

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TextVectorization":
        return cls(**less_notes(config))

    def setting(self, argument: str) -> Any:
        if argument in ("max_tokens", "pad_to_max_tokens", "vocabulary", "idf_weights"):
            return self.table.setting(argument)
        value = super().setting(argument)
        if callable(value):
            raise ValueError(f"{self.name}: a file cannot hold the function given as {argument}=.")
        return value

    # The vocabulary --------------------------------------------------------------------------------

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Make the vocabulary of the words in texts: a list or array, or batches of them; at most `steps` batches."""
        self.table.adapt_to(self.words(part) for part in self.table.parts_of(data, steps))

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The words in the order of their places, padding and unknown first."""
        return self.table.get_vocabulary(include_special_tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Use these words."""
        self.table.set_vocabulary(vocabulary, idf_weights)

    def vocabulary_size(self) -> int:
        """How many places there are, padding and unknown included."""
        return self.table.vocabulary_size()

    def reset_state(self) -> None:
        """Forget what `adapt` found."""
        self.table.reset_state()

    # Texts -------------------------------------------------------------------------------------------

    def words(self, x: np.ndarray) -> list[list[str]]:
        """The words of each text, x (N,) or (N, 1); without `split` those that x (N, T) has already."""
        if callable(self.standardize):
            x = texts(self.standardize(x), self.encoding)
        else:
            clean = STANDARDIZE[self.standardize]
            x = texts([clean(text) for text in x.reshape(-1).tolist()]).reshape(x.shape)
        if self.split is not None and x.ndim > 1:
            if x.shape[-1] != 1:
                raise ShapeError(f"{self.name}: needs one text a sample, (N,) or (N, 1), got {x.shape}.")
            x = x[..., 0]
        if callable(self.split):
            rows = [[str(word) for word in row] for row in self.split(x)]
        elif self.split is None:
            rows = x.reshape(len(x), -1).tolist() if x.ndim else [[x.item()]]
        else:
            rows = [SPLIT[self.split](text) for text in x.reshape(-1).tolist()]
        return rows if self.ngrams is None else [list(self._together(row)) for row in rows]

    def _together(self, row: list[str]) -> Iterable[str]:
        """The neighbours of a row, by how many are taken together."""
        for width in range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams:
            for i in range(len(row) - width + 1):
                yield " ".join(row[i : i + width])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not is_symbolic(args):
            args = (texts(args[0], self.encoding), *args[1:])
        made = super().__call__(*args, **kwargs)
        if isinstance(made, KerasTensor) and self.output_mode == "int":
            made.dtype = "int64"
        return made

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        if self.output_mode == "int":
            return (*shapes[0][:1], self.output_sequence_length)
        return (*shapes[0][:1], self.table.depth)

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        """x (N,) or (N, 1) of texts -> y (N, T) of places, or vectors (N, depth)."""
        x = texts(x, self.encoding)
        found = [self.table.places(row) for row in self.words(x)]
        if self.output_mode != "int":
            vectors = [self.table.vectors(row) for row in found]
            y = np.stack(vectors) if vectors else np.zeros((0, self.table.depth), self.dtype)
            return (y if x.ndim else y[0]), None
        length = self.output_sequence_length
        if length is None:
            length = max(map(len, found), default=0)
        y = np.zeros((len(found), length), dtype="int64")
        for row, places in zip(y, found, strict=True):
            row[: min(length, len(places))] = places[:length]
        return (y if x.ndim else y[0]), None

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[None, Params]:
        return None, {}
