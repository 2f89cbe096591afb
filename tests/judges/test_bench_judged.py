"""Several devices and processes end where one device does; peers learn from the disk what we learn."""

from pathlib import Path
from typing import Any

import pytest

from pellucid.bench import WORKLOADS, memory
from pellucid.bench.report import report
from pellucid.bench.turns import take_turns

pytest.importorskip("jax")


def test_two_processes_share_each_batch_and_lose_what_one_device_does() -> None:
    workload = WORKLOADS["devices"]
    peers = [peer for peer in workload.peers if peer.name != "eight devices"]
    found = report(workload, *take_turns(workload, peers, 1, lambda _: None), 1, 0.0)
    assert found["left_out"] == {}
    assert [len(row["shown"]) for row in found["rows"]] == [2, 2]
    assert found["difference"] < 1e-5
    assert len(found["asides"]) == 1


@pytest.mark.parametrize("name", ["PyTorch", "JAX", "Pellucid/JAX"])
def test_peers_learn_from_the_disk_what_we_do(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch" if name == "PyTorch" else "jax")
    monkeypatch.setattr(memory, "IMAGES", 2_000)
    monkeypatch.setenv("PELLUCID_BENCH_FOLDER", str(tmp_path))
    monkeypatch.setenv("PELLUCID_ENGINE", "numpy")  # set back afterwards
    peers: dict[str, Any] = {peer.name: peer for peer in memory.WORKLOAD.peers}
    first = peers["Pellucid"].start()()
    assert peers[name].start()() == pytest.approx(first, abs=2e-5)
