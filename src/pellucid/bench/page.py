"""What was measured, as a page to read."""

from collections.abc import Callable
from typing import Any

from .workload import Measure

Cell = Callable[[dict[str, Any]], str]  # from a row of the report to what the table says


def as_markdown(found: dict[str, Any]) -> str:
    """The table of a report, and the sentences before and after it."""
    kept = f" Every library is kept to {found['all_kept_to']}, by its own switch." if found["all_kept_to"] else ""
    data = f"Data: {found['data']}. " if found["data"] else ""
    where = (
        f"{data}{found['cpu']}, {found['cores']} cores, native engine: {found['instruction_set']}; "
        f"Python {found['python']}, {found['system']}; load before {found['load_before']:.1f}; {found['date']}."
    )
    paragraphs = [f"# {found['title']}", found["work"] + kept, where, _table(found)]
    paragraphs += [*_how(found), *_in_short(found), *_notes(found), *_ending(found)]
    return "\n\n".join(paragraphs) + "\n"


def _table(found: dict[str, Any]) -> str:
    """A line for each peer."""
    columns = _columns(found)
    lines = [f"| | {' | '.join(columns)} |", "| --- " * (len(columns) + 1) + "|"]
    for row in found["rows"]:
        name = f"**{row['name']}**" if row["ours"] else row["name"]
        cells = [name + " *" * bool(row["note"]), *(cell(row) for cell in columns.values())]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _columns(found: dict[str, Any]) -> dict[str, Cell]:
    """Heading of each column, and what it says of a row."""

    def value(row: dict[str, Any], name: str) -> str:
        return _number(row[name] * found["per_unit"])

    times: dict[str, Cell] = {"times ours": lambda row: f"{row['times_ours']:.2f}" if row["times_ours"] else "–"}
    if found["measure"] == Measure.NUMBER:
        return {found["unit"]: lambda row: value(row, "median")} | times
    columns: dict[str, Cell] = {
        f"{found['unit']}, median": lambda row: value(row, "median"),
        "least to most": lambda row: f"{value(row, 'least')} to {value(row, 'most')}",
        **times,
        f"{found['shows']}, last turn": lambda row: f"{row['shown'][-1]:#.5g}",
    }
    if found["measure"] == Measure.MEMORY:
        columns["s a turn, median"] = lambda row: _number(row["seconds"])
    elif found["inside"]:
        columns["peak memory, MB"] = lambda row: f"{row['peak_mb']:.0f}"
    return columns


def _how(found: dict[str, Any]) -> list[str]:
    """How it was measured."""
    if found["measure"] == Measure.NUMBER:
        return []
    work = "" if found["repeats"] == 1 else f"; a turn does the work {found['repeats']} times, and its time is the mean"
    return [f"{found['rounds']} turns of each were measured after one to warm up, with a rest before each{work}."]


def _in_short(found: dict[str, Any]) -> list[str]:
    """What comes of it: the ratios."""
    lines = []
    if found["times_best_peer"] and found["measure"] == Measure.TIME:
        lines.append(f"**{found['times_best_peer']:.2f} times as fast as the best peer, {found['best_peer']}.**")
    elif found["times_best_peer"]:
        lines.append(f"**The leanest peer, {found['best_peer']}, takes {found['times_best_peer']:.2f} times as much.**")
    lines += [aside["says"].format(f"{aside['ratio']:.2f}") for aside in found["asides"]]
    if found["difference"] is not None:
        lines.append(
            f"The largest difference between two peers' {found['shows']} in any turn: {found['difference']:.1g}."
        )
    if found["times_floor"]:
        floor = f"{_number(found['floor'] * found['per_unit'], 3)} {found['unit']}"
        lines.append(f"{found['floor_note']}: {floor}. Ours is {found['times_floor']:.2f} times that.")
    return lines


def _notes(found: dict[str, Any]) -> list[str]:
    """What single peers do otherwise."""
    return [f"\\* {row['name']}: {row['note']}." for row in found["rows"] if row["note"]]


def _ending(found: dict[str, Any]) -> list[str]:
    """Versions, who was left out, and the command."""
    versions = {name: version for row in found["rows"] for name, version in row["versions"].items()}
    lines = (
        ["Versions: " + ", ".join(f"{name} {versions[name]}" for name in sorted(versions)) + "."] if versions else []
    )
    if found["left_out"]:
        lines += ["Left out: " + "; ".join(f"{name} ({why})" for name, why in found["left_out"].items()) + "."]
    return [*lines, f"Again: `{found['command']}`"]


def _number(value: float, digits: int = 4) -> str:
    """A number in so many digits, never as a power of ten.

    >>> _number(0.31107), _number(65127.3), _number(0.0927, 2)
    ('0.3111', '65,127', '0.093')
    """
    return f"{value:,.0f}" if value >= 1000 else f"{value:.{digits}g}"
