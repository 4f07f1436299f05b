"""Figures of matplotlib as SVG within a page: in its colors, light or dark, its fonts, and the same bytes each time.

A figure is drawn in paints, which stand for colors of the page, and in pixels. Nothing that it wrote reaches the page
but shapes and text: no identifiers, no styles of its own, no addresses.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch
    from matplotlib.transforms import Transform

PAINTS: Mapping[str, str] = {  # a color that stands for one of the page's
    **{f"#0101{number:02x}": f"var(--series-{number})" for number in range(8)},
    "#010201": "var(--bar)",
    "#010202": "var(--bar-soft)",
    "#010203": "var(--loss)",
    "#010204": "var(--flag)",
    "#010205": "var(--ink)",
    "#010206": "var(--soft)",
    "#010207": "var(--line)",
    "#010208": "var(--accent)",
}
SERIES = tuple(list(PAINTS)[:8])
BAR, PALE, LOSS, GAIN, INK, SOFT, LINE, ACCENT = list(PAINTS)[8:]
WIDE, HALF, NARROW = 1016, 484, 352  # pixels: of a page, of one of two charts beside each other, of a telephone
SIZE = 12  # of text, in pixels
CHARACTER = 0.56  # of the size, the width of a letter in common sans-serif fonts
NAME_CHARACTERS = 300
TOLD = "told:"  # before what a shape says when it is pointed at
Point = tuple[float, float]
SVG = "{http://www.w3.org/2000/svg}"
DROPPED = ("metadata", "defs", "style")
KEPT = frozenset({"d", "x", "y", "viewBox", "transform", "style"})
STYLES = frozenset({"fill", "stroke", "stroke-width", "opacity", "text-anchor", "font-size", "font-weight"})


@dataclass(frozen=True)
class Canvas:
    """A figure on which pixels count from the upper left."""

    figure: Figure
    pixels: Transform


def canvas(width: float, height: float) -> Canvas:
    """An empty one of so many pixels. Axes would take most of the time of a chart, and give it nothing."""
    from matplotlib.figure import Figure  # half a second that a report in JSON need not spend
    from matplotlib.transforms import Affine2D

    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    return Canvas(figure, Affine2D().scale(1 / width, -1 / height).translate(0, 1) + figure.transFigure)


def write(on: Canvas, x: float, y: float, text: str, *, width: float = 0, **more: Any) -> None:
    """A line of text at its baseline; never read as mathematics; cut to a width in pixels where one is given."""
    size = more.pop("size", SIZE)
    shown = fitted(text, width, size) if width else visible(text, NAME_CHARACTERS)
    on.figure.text(x, y, shown, transform=on.pixels, size=size, parse_math=False, color=more.pop("color", INK), **more)


def box(on: Canvas, corner: Point, size: Point, color: str, told: str = "") -> None:
    """A filled rectangle; `told` is what it says when it is pointed at."""
    from matplotlib.patches import Rectangle

    _draw(on, Rectangle(corner, *size, facecolor=color, linewidth=0), told)


def band(on: Canvas, ends: tuple[Point, Point], thick: float, color: str, told: str) -> None:
    """A ribbon of one thickness between the upper ends of two edges."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (x0, y0), (x1, y1) = ends
    middle = (x0 + x1) / 2
    points = [(x0, y0), (middle, y0), (middle, y1), (x1, y1)]
    back = [(x1, y1 + thick), (middle, y1 + thick), (middle, y0 + thick), (x0, y0 + thick), (x0, y0)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    _draw(on, PathPatch(Path([*points, *back], codes), facecolor=color, alpha=0.38, linewidth=0), told)


def _draw(on: Canvas, shape: Patch, told: str) -> None:
    shape.set_transform(on.pixels)
    shape.set_gid(f"{TOLD}{visible(told, NAME_CHARACTERS)}")
    on.figure.add_artist(shape)


def fitted(text: str, width: float, size: float = SIZE) -> str:
    """As much of a text as so many pixels hold; wide scripts take twice the room."""
    text, room, taken = visible(text, NAME_CHARACTERS), width / (CHARACTER * size), 0.0
    for place, character in enumerate(text):
        taken += 1 if ord(character) < 0x1100 else 1.8
        if taken > room:
            return f"{text[: max(place - 1, 1)]}…"
    return text


def picture(drawing: Canvas, kind: str) -> Markup:
    """The drawing as an SVG element of a class; what stands beside it says the same, so that readers aloud skip it."""
    import matplotlib

    drawn = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "florilegium"}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that the font of the measuring has not, and the reader's may have
        drawing.figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    root = ElementTree.fromstring(drawn.getvalue())
    _cleaned(root)
    root.attrib = {"viewBox": root.attrib["viewBox"], "class": kind, "aria-hidden": "true", "focusable": "false"}
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=False))


def _cleaned(element: ElementTree.Element) -> None:
    element.tag = element.tag.removeprefix(SVG)
    told = element.attrib.get("id", "")
    element.attrib = {name: value for name, value in element.attrib.items() if name in KEPT}
    if "style" in element.attrib:
        element.attrib["style"] = _styled(element.attrib["style"])
    for child in list(element):
        if str(child.tag).removeprefix(SVG) in DROPPED:
            element.remove(child)
        else:
            _cleaned(child)
    if told.startswith(TOLD) and told != TOLD:
        title = ElementTree.Element("title")
        title.text = told.removeprefix(TOLD)
        element.insert(0, title)


def _styled(style: str) -> str:
    """Declarations of STYLES, in the paints of the page; of a font only its size."""
    found = dict(part.strip().partition(":")[::2] for part in style.split(";") if part.strip())
    if size := re.match(r"\s*(bold)?\s*([\d.]+)px", found.get("font", "")):
        found["font-size"] = f"{size[2]}px"
        found["font-weight"] = size[1] or "normal"
    kept = {name.strip(): PAINTS.get(value.strip(), value.strip()) for name, value in found.items()}
    return "; ".join(f"{name}: {kept[name]}" for name in sorted(kept) if name in STYLES)


def both(draw: Callable[..., Canvas], *facts: Any, wide: float = WIDE) -> Markup:
    """A chart drawn for a wide page and for a narrow one; the page shows one of them."""
    return picture(draw(wide, *facts), "wide") + picture(draw(NARROW, *facts), "narrow")
