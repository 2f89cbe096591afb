"""Benchmarks: peers take turns, and what they say comes out as numbers, a table and a chart."""

import importlib
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pellucid import native
from pellucid.bench import WORKLOADS, memory, turns
from pellucid.bench.chart import draw
from pellucid.bench.page import as_markdown
from pellucid.bench.report import report
from pellucid.bench.resident import peak_mb
from pellucid.bench.restrict import switches
from pellucid.bench.size import sizes
from pellucid.bench.turns import Worker, take_turns
from pellucid.bench.workload import Aside, Measure, Peer, Workload
from pellucid.cli import app


def test_a_run_writes_table_numbers_and_chart(tmp_path: Path) -> None:
    command = ["bench", "one_sample", "--peers", "NumPy", "--rounds", "1", "--results", str(tmp_path)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "one_sample.json").read_text())
    ours, peer = sorted(found["rows"], key=lambda row: not row["ours"])
    assert (ours["name"], peer["name"]) == ("Pellucid model(x)", "NumPy")
    assert ours["shown"][-1] == pytest.approx(peer["shown"][-1], rel=1e-6)  # the same work
    assert found["best_peer"] == "NumPy"
    assert found["times_best_peer"] == pytest.approx(peer["median"] / ours["median"])
    assert "| NumPy * |" in (tmp_path / "one_sample.md").read_text()
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_a_chart_shows_what_lies_in_the_folder_and_none_is_drawn_of_ours_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[list[str]] = []
    command_module = importlib.import_module("pellucid.cli.bench")  # the package has a command of that name
    monkeypatch.setattr(command_module, "draw", lambda tables, _: drawn.append([one["workload"] for one in tables]))
    row = {"name": "Pellucid", "ours": True, "times_ours": 1.0, "median": 1.0}
    for name, best in (("shallow", 1.5), ("growth", None)):
        table = {"workload": name, "title": name, "per_unit": 1, "unit": "s", "times_best_peer": best, "rows": [row]}
        (tmp_path / f"{name}.json").write_text(json.dumps(table))
    command = ["bench", "one_sample", "--peers", "NumPy", "--rounds", "1", "--results", str(tmp_path)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert drawn == [["shallow", "one_sample"]]
    draw([], tmp_path / "chart.png")
    assert not (tmp_path / "chart.png").exists()


@pytest.mark.skipif("avx2" not in native.available(), reason="the AVX2 kernels were not built, or do not run here")
def test_all_are_kept_to_a_lesser_instruction_set(tmp_path: Path) -> None:
    command = ["bench", "one_sample", "--peers", "NumPy", "--rounds", "1", "--isa", "avx2", "--results", str(tmp_path)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "one_sample-avx2.json").read_text())
    assert (found["instruction_set"], found["all_kept_to"], len(found["rows"])) == ("avx2", "avx2", 2)
    assert found["command"].endswith("--isa avx2")
    assert "Every library is kept to avx2" in (tmp_path / "one_sample-avx2.md").read_text()


def test_flags_for_xla_stay_when_it_is_restricted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/x")
    assert switches("avx2")["XLA_FLAGS"] == "--xla_dump_to=/x --xla_cpu_max_isa=AVX2"
    assert switches(None) == {}


@pytest.mark.parametrize(
    "command",
    [["bench", "swallow"], ["bench", "shallow", "--peers", "Caffe"], ["bench", "shallow", "--isa", "mmx"]],
)
def test_a_name_that_there_is_not_is_told_before_anything_runs(command: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*command, "--results", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "There are: " in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        ("raise ModuleNotFoundError(name='onnx')", "onnx is not installed"),
        ("raise SystemExit('no such processor')", "ended with exit code 1: no such processor"),
    ],
)
def test_a_peer_that_cannot_start_is_left_out(
    instead: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onnx.py").write_text(instead)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    workload = WORKLOADS["one_sample"]
    peers = [peer for peer in workload.peers if peer.name in ("Pellucid model(x)", "ONNX Runtime")]
    said: list[str] = []
    found = report(workload, *take_turns(workload, peers, 1, said.append), 1, 0.0)
    assert found["left_out"] == {"ONNX Runtime": told}
    assert [row["name"] for row in found["rows"]] == ["Pellucid model(x)"]
    assert found["times_best_peer"] is None
    assert told in "".join(said)
    assert told in as_markdown(found)


def test_every_workload_names_its_floor_and_each_peer_once() -> None:
    for workload in WORKLOADS.values():
        names = [peer.name for peer in workload.peers]
        assert len(set(names)) == len(names)
        assert workload.peers[0].ours
        assert len(workload.work) > 40


def test_operations_are_those_of_the_layers() -> None:
    per_image = WORKLOADS["shallow"].flops / 60_000
    assert per_image == 2 * (2 * 784 * 64 + 3 * 64 * 10)  # no gradient for the images themselves
    assert WORKLOADS["vgg16"].flops == pytest.approx(8 * 2 * 15.47e9, rel=1e-3)  # the paper's network: 15.5 GMAC


# What is no time -----------------------------------------------------------------------------------

on_linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells it in /proc")


def worker(peer: Peer, values: list[float], shown: list[float]) -> Worker:
    """One that has done its work, without a process."""
    found = Worker(peer, None, io.BytesIO())  # type: ignore[arg-type]
    found.values, found.seconds, found.shown, found.versions = values, values, shown, {"numpy": np.__version__}
    return found


def peer(name: str, ours: bool = False) -> Peer:
    return Peer(name, lambda: lambda: 0.0, ("numpy",), ours=ours)


def test_a_page_says_the_ratios_that_the_workload_asks_for_where_both_ran() -> None:
    peers = (peer("A", ours=True), peer("B"))
    asides = (Aside("B", "A", "B takes {} of A's."), Aside("B", "C", "B takes {} of C's."))
    workload = Workload("w", "W", "Some work.", peers, alike=True, asides=asides)
    workers = [worker(peers[0], [1.0, 2.0, 3.0], [0.5, 0.25]), worker(peers[1], [5.0], [0.5, 0.125])]
    page = as_markdown(report(workload, workers, None, 3, 0.0))
    assert "B takes 2.50 of A's." in page
    assert "of C's" not in page
    assert "**2.50 times as fast as the best peer, B.**" in page
    assert "The largest difference between two peers' loss in any turn: 0.1." in page
    assert "| **A** | 2 | 1 to 3 | 1.00 | 0.25000 | 0 |" in page


def test_a_page_on_sizes_has_no_times() -> None:
    peers = (peer("A", ours=True), peer("B"))
    workload = Workload("w", "W", "Some.", peers, measure=Measure.NUMBER, unit="MB", images=False, inside=False)
    page = as_markdown(
        report(workload, [worker(peers[0], [90.0], [90.0]), worker(peers[1], [180.0], [180.0])], None, 1, 0)
    )
    assert "| | MB | times ours |" in page
    assert "The leanest peer, B, takes 2.00 times as much." in page
    assert "turns" not in page
    assert "Data" not in page


def test_who_ends_with_no_number_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "REST", 0.0)
    monkeypatch.setattr(Worker, "_ask", lambda self, measure: {"seconds": 1.0, "shown": math.nan, "peak_mb": 1.0})
    found = worker(peer("A"), [1.0], [0.5])
    found.turn(WORKLOADS["shallow"])
    assert found.trouble == "its loss became nan"
    assert report(WORKLOADS["shallow"], [found], None, 1, 0.0)["left_out"] == {"A": "its loss became nan"}


def test_what_all_import_is_a_floor_and_no_peer() -> None:
    workload = WORKLOADS["import"]
    found = report(workload, *take_turns(workload, [workload.peers[0]], 1, lambda _: None), 1, 0.0)
    assert [row["name"] for row in found["rows"]] == ["Pellucid"]
    assert found["best_peer"] is None
    assert found["floor"] > 0
    assert "NumPy alone, which all of them import: " in as_markdown(found)


def installed(folder: Path, name: str, size: int, *requires: str) -> None:
    """A distribution with one file."""
    (folder / f"{name}.py").write_bytes(b"#" * size)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {one}" for one in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    (info / "RECORD").write_text(f"{name}.py,,\n")


def test_sizes_are_of_all_that_is_required_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    installed(tmp_path, "aa", 1_000, "b_b>=1", "cc[fast]", 'ee; extra == "more"', 'ff; python_version < "3"')
    installed(tmp_path, "b_b", 20_000, "cc")
    installed(tmp_path, "cc", 300_000, 'dd; extra == "fast"', "aa")
    installed(tmp_path, "dd", 4_000_000)
    assert sizes("aa") == {"aa": 0.001, "b-b": 0.02, "cc": 0.3, "dd": 4.0}
    installed(tmp_path, "gg", 1, "missing-one")
    with pytest.raises(ModuleNotFoundError) as caught:
        sizes("gg")
    assert caught.value.name == "missing-one"


def test_the_size_of_what_lies_elsewhere_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    installed(tmp_path, "aa", 1_000)
    (tmp_path / "aa-1.0.dist-info" / "direct_url.json").write_text(
        '{"dir_info": {"editable": true}, "url": "file:///"}'
    )
    with pytest.raises(ModuleNotFoundError) as caught:
        sizes("aa")
    assert "pip install ." in caught.value.name  # type: ignore[operator]


def in_a_process(code: str, *words: str) -> str:
    """What a Python program of its own prints."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout


@on_linux
def test_private_memory_counts_and_pages_of_files_do_not(tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(bytes(64 << 20))
    code = """
import os, sys, time
import numpy as np
from pellucid.bench.resident import PrivatePeak

with PrivatePeak(os.getpid()) as before:
    pass
with PrivatePeak(os.getpid()) as mapped:
    assert np.memmap(sys.argv[1]).sum() == 0
with PrivatePeak(os.getpid()) as filled:
    array = np.ones(64 << 20, np.uint8)
    while filled.mb < before.mb + 50:  # until it has looked
        time.sleep(0.005)
    del array
print(mapped.mb - before.mb, filled.mb - before.mb)
"""
    mapped, filled = (float(word) for word in in_a_process(code, str(tmp_path / "zeros")).split())
    assert mapped < 30
    assert 50 < filled < 100


@on_linux
def test_a_peak_is_not_that_of_the_process_that_started_it() -> None:
    filled = np.ones(400 << 20, np.uint8)
    code = "from pellucid.bench.resident import peak_mb; print(peak_mb())"
    assert 5 < float(in_a_process(code)) < 300 < peak_mb()
    assert filled[-1] == 1


@pytest.mark.parametrize(
    "name", ["Pellucid", "Pellucid PyDataset", "Pellucid HDF5", "Pellucid, all in memory", "NumPy"]
)
def test_whoever_reads_from_the_disk_learns_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "IMAGES", 2_000)
    monkeypatch.setenv("PELLUCID_BENCH_FOLDER", str(tmp_path))
    contestants: dict[str, Any] = {one.name: one for one in memory.WORKLOAD.peers}
    turn = contestants[name].start()
    first = turn()
    assert first == pytest.approx(0.09222, abs=2e-5)  # in whatever order
    assert turn() < first
