"""Several devices, and several processes.

784 inputs, 512 relu, 512 relu, 10 softmax; cross-entropy; SGD with rate 0.01; batches of 128 from 6,400 images, in the
same order each epoch, each batch divided among the devices. All begin with the same weights, in float32, and train
through `fit` on our JAX engine. JAX makes eight devices out of one processor, and two processes pass each other their
sums over the loopback: both share the cores that one device has to itself, so this says that the losses agree and what
dividing costs, not what hardware would gain.
"""

import atexit
import os
import socket
import subprocess
import sys

from ..arrays import Array
from . import deep
from .images import load_images
from .libraries import library
from .workload import Aside, Peer, Turn, Workload, text

IMAGES, BATCH, RATE = 6_400, 128, 0.01
EFFICIENCY = "Efficiency of {}, the time of one device over theirs: {{}}; 1 is the most that shared cores allow."


def data() -> tuple[Array, Array]:
    images, labels = load_images(IMAGES)
    return images.reshape(IMAGES, -1), labels


def simulate(count: int) -> None:
    """Let JAX see so many devices; to be said before it is imported."""
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={count}".strip()


def training(count: int) -> Turn:
    """An epoch on so many devices of this process."""
    simulate(count)
    os.environ["PELLUCID_ENGINE"] = "jax"
    keras = library("pellucid")
    model = deep.network(keras, keras.optimizers.SGD(RATE))
    model.set_weights(deep.weights())
    x, y = data()
    return lambda: float(model.fit(x, y, batch_size=BATCH, epochs=1, shuffle=False, verbose=0).history["loss"][0])


def two_processes() -> Turn:
    """An epoch of this process and of another, which does the same when it is told to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    other = subprocess.Popen([sys.executable, "-m", __name__, address], stdin=subprocess.PIPE, text=True)
    assert other.stdin is not None
    say, epoch = other.stdin, _joined(address, 0)
    atexit.register(say.close)  # so that it ends, too: JAX waits for it

    def turn() -> float:
        print("turn", file=say, flush=True)
        return epoch()

    return turn


def _joined(address: str, number: int) -> Turn:
    """An epoch of the process of that number, once both have met."""
    import jax

    jax.distributed.initialize(address, 2, number)
    return training(1)


WORKLOAD = Workload(
    "devices",
    "Several devices",
    text(__doc__),
    (
        Peer("one device", lambda: training(1), ("pellucid", "jax"), ours=True),
        Peer("eight devices", lambda: training(8), ("pellucid", "jax"), ours=True),
        Peer("two processes", two_processes, ("pellucid", "jax"), ours=True),
    ),
    alike=True,
    inside=False,
    asides=tuple(Aside("one device", name, EFFICIENCY.format(name)) for name in ("eight devices", "two processes")),
)

if __name__ == "__main__":
    epoch = _joined(sys.argv[1], 1)
    for _ in sys.stdin:
        epoch()
