"""StringLookup and IntegerLookup: words, or numbers of any size, as places in a vocabulary.

    places     the mask token (0), if there is one; then `num_oov_indices` for what is not in the vocabulary; then
               the vocabulary, the most frequent first
    int        y = the place of x; with invert=True the way back
    others     the vectors of CategoryEncoding over all places but the mask token's, which counts for nothing
    tf_idf     y = count · idf,      idf = log(1 + documents / (1 + documents that hold the token))

A table is looked up, nothing is computed: strings stay outside of the engines, and the
inputs have no gradient. What is not in the vocabulary has the mean of all idf.

Source: Spärck Jones, "A statistical interpretation of term specificity and its application in retrieval", Journal of
Documentation 28 (1972).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, one_of
from .category_encoding import OLD_MODES, encoded, encoded_shape
from .layer import Layer, Params
from .symbolic import KerasTensor, Shape, is_symbolic
from .table import register_layer

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class Lookup(Layer):
    """Base of both.

    Args:
        max_tokens: most places there may be, special ones included; None for no limit.
        num_oov_indices: places for what is not in the vocabulary; 0 to refuse it.
        mask_token: what stands for "nothing here", or None.
        oov_token: what the way back says for what is not in the vocabulary.
        vocabulary: the tokens in order, with the special ones at the start or without; None for `adapt`.
        idf_weights: with "tf_idf" and a vocabulary, a weight for each of its tokens.
        invert: whether to go from places to tokens.
        output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf".
        pad_to_max_tokens: whether vectors have max_tokens places, also when there are fewer tokens.
        sparse: False; there are no sparse arrays here.
    """

    max_tokens: int | None
    num_oov_indices: int
    mask_token: Any
    oov_token: Any
    invert: bool
    output_mode: str
    pad_to_max_tokens: bool

    def take(self, given: dict[str, Any]) -> None:
        """The settings that both have."""
        mode = given["output_mode"]
        self.output_mode = one_of(OLD_MODES.get(mode, mode), MODES, "output_mode")
        for name in ("max_tokens", "num_oov_indices", "mask_token", "oov_token", "pad_to_max_tokens", "invert"):
            setattr(self, name, given[name])
        self.sparse = one_of(bool(given["sparse"]), (False,), "sparse")
        if self.max_tokens is not None and not self.max_tokens > 1:
            raise ValueError(f"max_tokens must be above 1, got {self.max_tokens!r}.")
        if self.num_oov_indices < 0:
            raise ValueError(f"num_oov_indices must be at least 0, got {self.num_oov_indices!r}.")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError("pad_to_max_tokens=True needs max_tokens.")
        if self.invert and self.output_mode != "int":
            raise ValueError(f"invert=True needs output_mode='int', got {self.output_mode!r}.")
        self.tokens: list[Any] = []
        self.idf: np.ndarray | None = None
        self.fixed = given["vocabulary"] is not None
        self._table: dict[Any, int] = {}
        if self.fixed:
            self.set_vocabulary(given["vocabulary"], given["idf_weights"])

    def setting(self, argument: str) -> Any:
        weighed = self.idf is not None
        if argument == "vocabulary":
            return (self.get_vocabulary(include_special_tokens=weighed) or None) if self.tokens else None
        if argument == "idf_weights":
            return self.idf[: self.vocabulary_size()].tolist() if self.idf is not None else None
        return super().setting(argument)

    # The vocabulary --------------------------------------------------------------------------------

    @property
    def _specials(self) -> list[Any]:
        """What stands before the vocabulary."""
        mask = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return mask + [self.oov_token] * self.num_oov_indices

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in the order of their places, the special ones first."""
        return (self._specials if include_special_tokens else []) + list(self.tokens)

    def vocabulary_size(self) -> int:
        """How many places there are, special ones included."""
        return len(self._specials) + len(self.tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Use these tokens, with the special ones at the start or without.

        Raises ValueError for a token that comes twice, a special one at another place, or more than max_tokens.
        """
        if isinstance(vocabulary, str):
            with open(vocabulary, encoding="utf-8") as file:
                vocabulary = file.read().splitlines()
        found = self.plain(vocabulary).reshape(-1).tolist()
        whole = found[: len(self._specials)] == self._specials
        tokens = found[len(self._specials) :] if whole else found
        twice = [token for token, times in Counter(tokens).items() if times > 1]
        if twice:
            raise ValueError(f"{self.name}: vocabulary has {twice[0]!r} more than once.")
        if self.mask_token is not None and self.mask_token in tokens:
            raise ValueError(f"{self.name}: vocabulary has the mask token {self.mask_token!r} not at its start alone.")
        if self.max_tokens is not None and len(self._specials) + len(tokens) > self.max_tokens:
            raise ValueError(f"{self.name}: vocabulary has more than max_tokens={self.max_tokens} tokens.")
        if (idf_weights is not None) != (self.output_mode == "tf_idf"):
            raise ValueError(f"{self.name}: idf_weights go with output_mode='tf_idf', this is {self.output_mode!r}.")
        self._use(tokens)
        if idf_weights is not None:
            weights = np.asarray(idf_weights, dtype="float32")
            if weights.shape != (len(found),):
                raise ValueError(f"{self.name}: needs {len(found)} idf_weights, got an array shaped {weights.shape}.")
            self._weigh(weights, len(self._specials) if not whole else 0)
        self.fixed = True

    def _use(self, tokens: Sequence[Any]) -> None:
        self.tokens = list(tokens)
        self._table = {token: place for place, token in enumerate(self.tokens, start=len(self._specials))}

    def _weigh(self, weights: np.ndarray, ahead: int) -> None:
        """The idf of all places: those of the vocabulary, the mean of them before, zeros behind."""
        behind = self.max_tokens - ahead - len(weights) if self.pad_to_max_tokens and self.max_tokens else 0
        mean = np.full(ahead, weights.mean() if weights.size else 0, "float32")
        self.idf = np.concatenate([mean, weights, np.zeros(behind, "float32")]).astype("float32")

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Make the vocabulary of what is in the data, the most frequent first; what an earlier call found is forgotten.

        Args:
            data: an array or list of tokens, or batches of them; a row is a document.
            steps: how many batches to look at; all of them, if not given.

        Raises ValueError when the vocabulary was given.
        """
        self.adapt_to(
            [row.reshape(-1).tolist() for row in (part if part.ndim > 1 else part.reshape(-1, 1))]
            for part in self.parts_of(data, steps)
        )

    def parts_of(self, data: Any, steps: int | None) -> Iterable[np.ndarray]:
        """The data as arrays of tokens: all at once, or batch by batch."""
        if isinstance(data, list | tuple | str | bytes) or hasattr(data, "__array__"):
            yield self.plain(data)
            return
        for number, batch in enumerate(data):
            if steps is not None and number >= steps:
                return
            yield self.plain(batch[0] if isinstance(batch, tuple) else batch)

    def adapt_to(self, parts: Iterable[Sequence[Sequence[Any]]]) -> None:
        """`adapt`, to documents that are lists of tokens already."""
        if self.fixed:
            raise ValueError(f"{self.name}: has the vocabulary that it was given; adapt would not change it.")
        counts: Counter[Any] = Counter()
        documents: Counter[Any] = Counter()
        total = 0
        for rows in parts:
            total += len(rows)
            for row in rows:
                counts.update(row)
                documents.update(set(row))
        if not total:
            raise DataError(f"{self.name}: adapt needs data, got none.")
        for special in (self.mask_token, self.oov_token):
            counts.pop(special, None)
        ordered = sorted(counts, key=lambda token: (counts[token], self.rank(token)), reverse=True)
        self._use(ordered if self.max_tokens is None else ordered[: max(0, self.max_tokens - len(self._specials))])
        if self.output_mode == "tf_idf":
            held = np.array([documents[token] for token in self.tokens], dtype="float64")
            self._weigh(np.log(1 + total / (1 + held)).astype("float32"), len(self._specials))

    def reset_state(self) -> None:
        """Forget what `adapt` found."""
        if not self.fixed:
            self._use([])
            self.idf = None

    # What each of both defines -----------------------------------------------------------------------

    def plain(self, values: Any) -> np.ndarray:
        """Tokens as an array of plain Python ones."""
        raise NotImplementedError(f"{type(self).__name__} defines no plain.")

    def rank(self, token: Any) -> Any:
        """What tokens that are as frequent are ordered by."""
        return token

    def outside(self, token: Any) -> int:
        """Which of several places a token outside the vocabulary has."""
        return 0

    # Looking up ----------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not is_symbolic(args):
            args = (np.asarray(args[0]) if self.invert else self.plain(args[0]), *args[1:])
        made = super().__call__(*args, **kwargs)
        if isinstance(made, KerasTensor) and self.output_mode == "int":
            made.dtype = "string" if self.invert and isinstance(self.oov_token, str) else "int64"
        return made

    @property
    def depth(self) -> int:
        """How long the vectors are."""
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self.vocabulary_size()

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        return encoded_shape(shapes[0], self.depth, self.output_mode)

    def forward(self, params: Params, x: Array) -> tuple[Array, None]:
        """x (N, T) of tokens (of places, with invert) -> y (N, T), or vectors (N, depth)."""
        if self.invert:
            known = {place: token for token, place in self._table.items()}
            if self.mask_token is not None:
                known[0] = self.mask_token
            y = np.array([known.get(int(place), self.oov_token) for place in np.ravel(x)], dtype=self.token_type)
            return y.reshape(np.shape(x)), None
        tokens = self.plain(x)
        return self.vectors(self.places(tokens.reshape(-1).tolist()).reshape(tokens.shape)), None

    token_type: Any = object

    def places(self, tokens: Sequence[Any]) -> np.ndarray:
        """The place of each token, int64; -1 for the mask token where places become vectors."""
        if not self.tokens and self.output_mode != "int":
            raise ValueError(f"{self.name}: has no vocabulary yet. Call adapt(data) or set_vocabulary(tokens) first.")
        first = len(self._specials) - self.num_oov_indices
        found = np.empty(len(tokens), dtype="int64")
        for i, token in enumerate(tokens):
            place = self._table.get(token)
            if token == self.mask_token and self.mask_token is not None:
                place = 0 if self.output_mode == "int" else -1
            if place is None and self.num_oov_indices == 0:
                raise ValueError(f"{self.name}: {token!r} is not in the vocabulary, and num_oov_indices is 0.")
            found[i] = first + self.outside(token) if place is None else place
        return found

    def vectors(self, index: np.ndarray) -> np.ndarray:
        """Places as the output mode has them."""
        if self.output_mode == "int":
            return index
        if self.output_mode == "tf_idf":
            assert self.idf is not None  # there is a vocabulary, and it came with weights
            return encoded(index, self.depth, "count", "float32") * self.idf
        return np.asarray(encoded(index, self.depth, self.output_mode, self.dtype))

    def backward(self, params: Params, cache: None, dy: Array) -> tuple[None, Params]:
        return None, {}


@register_layer("StringLookup")
class StringLookup(Lookup):
    """Turns words into their places in a vocabulary.

    Args:
        max_tokens, num_oov_indices, …: as in `Lookup`; num_oov_indices is 0 or 1.
        encoding: of words that come as bytes.
        salt: None; one place for all words outside the vocabulary needs no hash.

    >>> layer = StringLookup(vocabulary=["a", "b", "c"])
    >>> layer([["a", "c"], ["b", "z"]])
    array([[1, 3],
           [2, 0]])
    """

    @property
    def reads(self) -> str | None:
        """What a model that begins with it is given."""
        return None if self.invert else "string"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **less_notes(kwargs))
        if num_oov_indices > 1 or salt is not None:
            raise ValueError(
                f"StringLookup: num_oov_indices must be 0 or 1, and salt None, got {num_oov_indices}, {salt!r}."
            )
        self.encoding, self.salt = encoding, salt
        self.take(locals())

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "StringLookup":
        return cls(**{name: value for name, value in less_notes(config).items() if name != "oov_method"})

    def plain(self, values: Any) -> np.ndarray:
        return texts(values, self.encoding)

    def rank(self, token: str) -> bytes:
        return token.encode(self.encoding)


@register_layer("IntegerLookup")
class IntegerLookup(Lookup):
    """Turns numbers of any size into their places in a vocabulary.

    Args:
        max_tokens, num_oov_indices, …: as in `Lookup`; of several places for what is not in the vocabulary, a number
            has the one that its rest by their number says.
        vocabulary_dtype: "int64".
        oov_method: "floormod", as said.
        salt: None.

    >>> IntegerLookup(vocabulary=[12, 36, 1138])([[12, 1138], [36, 7]])
    array([[1, 3],
           [2, 0]])
    """

    token_type = "int64"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **less_notes(kwargs))
        self.vocabulary_dtype = one_of(vocabulary_dtype, ("int64",), "vocabulary_dtype")
        self.oov_method, self.salt = one_of(oov_method, ("floormod",), "oov_method"), one_of(salt, (None,), "salt")
        self.take(locals())

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "IntegerLookup":
        return cls(**less_notes(config))

    def plain(self, values: Any) -> np.ndarray:
        found = np.asarray(values)
        if found.dtype.kind not in "iub" and not (found.dtype.kind == "f" and (found == np.round(found)).all()):
            raise DataError(f"{self.name}: needs whole numbers, got {found.dtype}.")
        return found.astype("int64")

    def outside(self, token: int) -> int:
        return token % self.num_oov_indices


def less_notes(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings less what Keras's files note down beside them."""
    notes = ("vocabulary_size", "has_input_vocabulary", "dtype", "vocabulary_dtype")
    return {name: value for name, value in settings.items() if name not in notes}


def texts(values: Any, encoding: str = "utf-8") -> np.ndarray:
    """An array of Python strings, from strings or bytes, in lists or arrays.

    Raises DataError for anything else.
    """
    found = np.asarray(values, dtype=object)
    flat = [one.decode(encoding) if isinstance(one, bytes) else one for one in found.reshape(-1).tolist()]
    wrong = next((one for one in flat if not isinstance(one, str)), None)
    if wrong is not None:
        raise DataError(f"words are needed, got {type(wrong).__name__}: {wrong!r}.")
    made = np.empty(len(flat), dtype=object)
    made[:] = flat
    return made.reshape(found.shape)
