# SPDX-License-Identifier: Apache-2.0
"""Bars as SVG: one panel for each thing that was measured, each panel with a scale of its own."""

from dataclasses import dataclass
from html import escape

WIDTH = 900
LABEL_WIDTH = 220
BAR_WIDTH = 520
BAR_HEIGHT = 16
ROW_HEIGHT = 22
HEAD_HEIGHT = 34
TOP = 64
FONT = "font-family='sans-serif'"
COLOURS = ("#2f6f9f", "#9aa7b1")  # ours, others


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    low: float | None = None
    high: float | None = None
    is_ours: bool = True


@dataclass(frozen=True)
class Panel:
    title: str
    unit: str
    bars: list[Bar]


def svg(title: str, subtitle: str, panels: list[Panel]) -> str:
    height = TOP + sum(HEAD_HEIGHT + ROW_HEIGHT * len(panel.bars) for panel in panels) + 16
    lines = [f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' "
             f"viewBox='0 0 {WIDTH} {height}'>",
             f"<rect width='{WIDTH}' height='{height}' fill='#ffffff'/>",
             text(16, 28, title, size=18, weight="bold"), text(16, 48, subtitle, size=11, fill="#555555")]
    y = TOP
    for panel in panels:
        lines += panel_lines(panel, y)
        y += HEAD_HEIGHT + ROW_HEIGHT * len(panel.bars)
    return "\n".join([*lines, "</svg>"]) + "\n"


def panel_lines(panel: Panel, y: int) -> list[str]:
    most = max([bar.high or bar.value for bar in panel.bars] + [1e-12])
    lines = [text(16, y + 22, f"{panel.title}, {panel.unit}", size=13, weight="bold")]
    for number, bar in enumerate(panel.bars):
        lines += bar_lines(bar, BAR_WIDTH / most, y + HEAD_HEIGHT + ROW_HEIGHT * number)
    return lines


def bar_lines(bar: Bar, scale: float, y: int) -> list[str]:
    width = max(1.0, bar.value * scale)
    end = LABEL_WIDTH + width
    lines = [text(LABEL_WIDTH - 8, y + 12, bar.label, size=12, anchor="end"),
             f"<rect x='{LABEL_WIDTH}' y='{y}' width='{width:.1f}' height='{BAR_HEIGHT}' "
             f"fill='{COLOURS[0 if bar.is_ours else 1]}'/>"]
    if bar.low is not None and bar.high is not None:
        # The worst and the best round.
        low, high, middle = LABEL_WIDTH + bar.low * scale, LABEL_WIDTH + bar.high * scale, y + BAR_HEIGHT / 2
        lines.append(f"<path d='M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8' "
                     "stroke='#222222' fill='none'/>")
        end = max(end, high)
    return [*lines, text(end + 8, y + 12, short(bar.value), size=12)]


def short(value: float) -> str:
    if value >= 10_000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def text(x: float, y: float, what: str, size: int, weight: str = "normal", anchor: str = "start",
         fill: str = "#111111") -> str:
    return (f"<text x='{x:.0f}' y='{y:.0f}' {FONT} font-size='{size}' font-weight='{weight}' text-anchor='{anchor}' "
            f"fill='{fill}'>{escape(what)}</text>")
