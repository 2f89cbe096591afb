"""Benchmarks: peers take turns, and what they say comes out as numbers, a table and a chart."""

import importlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pellucid import native
from pellucid.bench import WORKLOADS
from pellucid.bench.chart import draw
from pellucid.bench.report import as_markdown, report
from pellucid.bench.restrict import switches
from pellucid.bench.turns import take_turns
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
    assert found["times_best_peer"] == pytest.approx(peer["median_s"] / ours["median_s"])
    assert "| NumPy * |" in (tmp_path / "one_sample.md").read_text()
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_a_chart_shows_what_lies_in_the_folder_and_none_is_drawn_of_ours_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[list[str]] = []
    command_module = importlib.import_module("pellucid.cli.bench")  # the package has a command of that name
    monkeypatch.setattr(command_module, "draw", lambda tables, _: drawn.append([one["workload"] for one in tables]))
    row = {"name": "Pellucid", "ours": True, "times_ours": 1.0, "median_s": 1.0}
    for name, best in (("shallow", 1.5), ("growth", None)):
        table = {"workload": name, "title": name, "per_second": 1, "unit": "s", "times_best_peer": best, "rows": [row]}
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
    found = report(workload, take_turns(workload, peers, 1, said.append), 1, 0.0)
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
