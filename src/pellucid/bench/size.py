"""Installed size.

The bytes of the files that were installed for a library and for everything it requires, NumPy included, as the lists of
files say that pip keeps; compiled Python (.pyc) counts, where pip made it, and extras do not. MB are millions of bytes.
"""

from collections import deque
from importlib import metadata
from pathlib import Path

from .workload import Measure, Peer, Turn, Workload, text

TENSORFLOW = ("tensorflow", "tensorflow-cpu")  # one library under two names
TOLD = 0.02  # the share of all from which a part is told by name


def sizes(*names: str) -> dict[str, float]:
    """MB of each of these distributions and of all that they require, by name.

    ModuleNotFoundError: one of them is not installed.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, float] = {}
    left = deque((name, "") for name in names)
    seen = set(left)
    while left:
        name, extra = left.popleft()
        distribution = metadata.distribution(name)
        found[str(canonicalize_name(name))] = _own(distribution)
        for requirement in map(Requirement, distribution.requires or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                wanted = {(str(canonicalize_name(requirement.name)), each) for each in ("", *requirement.extras)}
                left.extend(wanted - seen)
                seen |= wanted
    return found


def _own(distribution: metadata.Distribution) -> float:
    """MB of its own files.

    ModuleNotFoundError: it is not installed as its users have it, with a list of its files.
    """
    if distribution.files is None or '"editable": true' in (distribution.read_text("direct_url.json") or ""):
        raise ModuleNotFoundError(name=f"{distribution.name} as a package with its files (pip install .)")
    paths = {Path(str(path.locate())) for path in distribution.files}
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _all(*libraries: str | tuple[str, ...]) -> dict[str, float]:
    """The sizes of these libraries; of one with several names, the first that is installed."""
    from packaging.utils import canonicalize_name

    installed = {canonicalize_name(each.name) for each in metadata.distributions()}
    return sizes(*(
        name if isinstance(name, str) else next((each for each in name if each in installed), name[0])
        for name in libraries
    ))  # fmt: skip


def _peer(name: str, *libraries: str | tuple[str, ...], ours: bool = False) -> Peer:
    return Peer(name, lambda: _total(*libraries), (), ours=ours, tells=lambda: _parts(_all(*libraries)))


def _total(*libraries: str | tuple[str, ...]) -> Turn:
    found = sum(_all(*libraries).values())
    return lambda: found


def _parts(found: dict[str, float]) -> str:
    """What it is made of, the largest first.

    >>> _parts({"numpy": 57.4, "pellucid": 5.0, "rich": 1.3, "typer": 0.5, "mdurl": 0.1})
    'numpy 57.4, pellucid 5.0, rich 1.3, and 0.6 in 2 others'
    """
    least = TOLD * sum(found.values())
    large = sorted((name for name in found if found[name] >= least), key=lambda name: -found[name])
    rest = [size for name, size in found.items() if name not in large]
    told = [f"{name} {found[name]:.1f}" for name in large]
    return ", ".join(told + [f"and {sum(rest):.1f} in {len(rest)} others"] * bool(rest))


WORKLOAD = Workload(
    "size",
    "Installed size",
    text(__doc__),
    (
        _peer("Pellucid", "pellucid", ours=True),
        _peer("scikit-learn", "scikit-learn"),
        _peer("JAX", "jax"),
        _peer("PyTorch", "torch"),
        _peer("Keras/JAX", "keras", "jax"),
        _peer("Keras/TensorFlow", "keras", TENSORFLOW),
        _peer("Keras/PyTorch", "keras", "torch"),
    ),
    floor=Peer("NumPy", lambda: _total("numpy"), (), "NumPy alone, which all of them require"),
    measure=Measure.NUMBER,
    unit="MB",
    shows="size",
    images=False,
    inside=False,
)
