"""A dataset's file as Keras publishes it: from Keras's own cache, or fetched into it once."""

import warnings
from pathlib import Path
from typing import Any

from ..utils.files import get_file, keras_home


def published_file(fname: str, origin: str, file_hash: str, cache_subdir: str = "datasets", **settings: Any) -> str:
    """`get_file`, whose file must be the one that file_hash tells.

    Another file of that name (a shortened one, say) is taken with a warning when the network cannot be reached: it
    holds numbers only, and nothing in it is run.
    """
    try:
        return get_file(fname, origin, file_hash=file_hash, cache_subdir=cache_subdir, **settings)
    except OSError:
        target = Path(keras_home()).expanduser() / cache_subdir / fname
        if not target.is_file():
            raise
        warnings.warn(
            f"{target} is not the file that Keras publishes, which cannot be fetched now. It is used as it is.",
            stacklevel=3,
        )
        return get_file(fname, origin, cache_subdir=cache_subdir, **settings)
