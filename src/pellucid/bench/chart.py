"""The bar chart: what each library takes (time, memory, room on the disk), as a multiple of ours."""

from pathlib import Path
from typing import Any

OURS, OTHERS = "#1f77b4", "#b8b8b8"
ACROSS = 3  # panels side by side
MOST = 15.0  # where a bar is cut: the number beside it says how long it would be


def said(ratio: float) -> str:
    """The number beside a bar.

    >>> said(1.26), said(82.0), said(6415.2)
    ('1.3×', '82× (cut)', '6,415× (cut)')
    """
    return (f"{ratio:.1f}×" if ratio < 10 else f"{ratio:,.0f}×") + " (cut)" * (ratio > MOST)


def draw(results: list[dict[str, Any]], path: Path) -> None:
    """One panel a workload, one bar a library, the shortest first; engines of this package are blue and bold.

    results   of workloads that a peer took part in; without any, nothing is drawn
    path      where the picture goes: .png or .svg
    """
    from matplotlib.figure import Figure

    if not results:
        return
    rows, columns = -(-len(results) // ACROSS), min(len(results), ACROSS)
    figure = Figure(figsize=(3.3 * columns, 3.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(results) :]:
        axes.set_axis_off()
    for axes, found in zip(panels, results, strict=False):
        bars_of = [row for row in found["rows"] if row["times_ours"]]
        names, ratios = [row["name"] for row in bars_of], [row["times_ours"] for row in bars_of]
        shown = [min(ratio, MOST) for ratio in ratios]
        bars = axes.barh(names, shown, color=[OURS if row["ours"] else OTHERS for row in bars_of])
        axes.bar_label(bars, [said(ratio) for ratio in ratios], padding=3, fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(right=max(shown) * 1.4)
        axes.set_xticks([])
        axes.minorticks_off()
        axes.tick_params(left=False, labelsize=8)
        for label, row in zip(axes.get_yticklabels(), bars_of, strict=True):
            label.set_fontweight("bold" if row["ours"] else "normal")
        axes.spines[:].set_visible(False)
        first = next(row for row in bars_of if row["times_ours"] == 1)
        once = f"{first['median'] * found['per_unit']:.3g} {found['unit']}"
        axes.set_title(f"{found['title']}\n1× = {once}", fontsize=9, x=0.35)
    figure.savefig(path, dpi=150)
