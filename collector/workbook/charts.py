"""Native Excel charts, in one look. [door: openpyxl]

Pitfalls met: openpyxl's axes vanish in Excel without delete=False; data labels print the series name unless told not
to; a horizontal bar chart reads from the top only with both axes turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.axis import DateAxis
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import (
    CharacterProperties,
    Font,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)
from openpyxl.worksheet.worksheet import Worksheet

from collector.workbook import look

FROM_THE_END: Literal["maxMin"] = "maxMin"  # how an axis is said to run backwards


@dataclass(frozen=True, slots=True)
class Block:
    """Where the numbers of a chart stand: headings over rows; labels in one column, a series in each of the others."""

    sheet: Worksheet
    top: int
    bottom: int
    labels: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Place:
    """The cells that a chart covers, counted from 1, the last ones included."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart says: title, axis titles ("" for none), colours by series, and the text for who cannot see it."""

    title: str
    alternative: str
    colors: Sequence[str]
    values: str = ""
    categories: str = ""
    number_format: str = look.WHOLE
    highest: float | None = None


def bars(block: Block, place: Place, chart: Chart, *, is_horizontal: bool = False, is_stacked: bool = False) -> None:
    """Bars, one group a category; the values printed on them, zeros left out."""
    drawn = BarChart()
    drawn.type = "bar" if is_horizontal else "col"
    drawn.grouping = "stacked" if is_stacked else "clustered"
    drawn.overlap = 100 if is_stacked else 0
    drawn.gapWidth = 45 if is_horizontal else 60
    _fill(drawn, block)
    for series, color in zip(drawn.series, chart.colors, strict=True):
        series.graphicalProperties = GraphicalProperties(solidFill=color, ln=LineProperties(noFill=True))
        if not (is_stacked and color == look.UNSAID):  # the narrow end of a stack has no room for a number
            inside = is_stacked and _is_dark(color)
            series.dLbls = _value_labels(chart.number_format, look.WHITE if inside else look.INK)
    is_rtl = bool(block.sheet.sheet_view.rightToLeft)
    _axes(drawn, chart, is_rtl=is_rtl)
    if is_horizontal:
        drawn.x_axis.scaling.orientation = FROM_THE_END
        drawn.y_axis.crosses = "max"
        drawn.y_axis.scaling.orientation = FROM_THE_END if is_rtl else "minMax"
        drawn.x_axis.crosses = "min"
    else:
        _from_the_right(drawn, is_rtl=is_rtl)
    _add(block.sheet, drawn, place, chart)


def lines(block: Block, place: Place, chart: Chart, *, dashed: Sequence[int] = ()) -> None:
    """Lines over days: the categories are dates, marked by month. dashed: series drawn with dashes, from 0."""
    drawn = LineChart()
    _fill(drawn, block)
    for number, (series, color) in enumerate(zip(drawn.series, chart.colors, strict=True)):
        series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=color, w=28575, cap="rnd"))
        series.graphicalProperties.line.dashStyle = "sysDash" if number in dashed else "solid"
        series.smooth = False
        series.marker.symbol = "none"
    drawn.x_axis = DateAxis(crossAx=100, baseTimeUnit="days", majorUnit=1, majorTimeUnit="months")
    is_rtl = bool(block.sheet.sheet_view.rightToLeft)
    drawn.x_axis.number_format = "yyyy/mm" if is_rtl else "mmm yyyy"  # no program has the months of Sorani
    drawn.y_axis.crossAx = 500
    _axes(drawn, chart, is_rtl=is_rtl)
    _from_the_right(drawn, is_rtl=is_rtl)
    _add(block.sheet, drawn, place, chart)


def _fill(drawn: Any, block: Block) -> None:
    values = Reference(block.sheet, block.first, block.top, block.last, block.bottom)
    drawn.add_data(values, titles_from_data=True)
    drawn.set_categories(Reference(block.sheet, block.labels, block.top + 1, block.labels, block.bottom))


def _from_the_right(drawn: Any, *, is_rtl: bool) -> None:
    """Categories from right to left, with the axis of the values at the right, where they begin."""
    if is_rtl:
        drawn.x_axis.scaling.orientation = FROM_THE_END
        drawn.y_axis.crosses = "autoZero"


def _axes(drawn: Any, chart: Chart, *, is_rtl: bool) -> None:
    for axis, title in ((drawn.x_axis, chart.categories), (drawn.y_axis, chart.values)):
        axis.delete = False
        axis.txPr = _text(900, look.GREY)
        if title:
            axis.title = _title(title, 900, look.GREY, is_bold=False, is_rtl=is_rtl)
    drawn.x_axis.tickLblPos = "low"
    drawn.x_axis.majorGridlines = None
    drawn.x_axis.spPr = GraphicalProperties(ln=LineProperties(solidFill=look.PLANNED, w=9525))
    drawn.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="E8EDF1", w=6350))
    drawn.y_axis.spPr = GraphicalProperties(ln=LineProperties(noFill=True))
    drawn.y_axis.number_format = chart.number_format
    drawn.y_axis.scaling.min = 0
    drawn.y_axis.scaling.max = chart.highest


def _add(sheet: Worksheet, drawn: Any, place: Place, chart: Chart) -> None:
    is_rtl = bool(sheet.sheet_view.rightToLeft)
    drawn.title = _title(chart.title, 1200, look.INK, is_bold=True, is_rtl=is_rtl)
    drawn.roundedCorners = False
    drawn.graphical_properties = GraphicalProperties(
        solidFill=look.WHITE, ln=LineProperties(solidFill=look.FAINT, w=9525)
    )
    if len(drawn.series) > 1:
        drawn.legend.position = "b"
        drawn.legend.txPr = _text(900, look.GREY)
    else:
        drawn.legend = None
    drawn.anchor = TwoCellAnchor(
        editAs="oneCell",
        _from=AnchorMarker(col=place.left - 1, row=place.top - 1),
        to=AnchorMarker(col=place.right, row=place.bottom),
    )
    drawn.alternative = chart.alternative  # written by book.py: openpyxl has no place for it
    sheet.add_chart(drawn)


def _value_labels(number_format: str, color: str) -> DataLabelList:
    labels = DataLabelList()
    labels.showVal = True
    labels.showSerName = labels.showCatName = labels.showLegendKey = labels.showPercent = False
    labels.numFmt = f"{number_format};;"  # a zero says nothing on a bar
    labels.txPr = _text(800, color)
    return labels


def _title(text: str, size: int, color: str, *, is_bold: bool, is_rtl: bool) -> Title:
    properties = _letters(size, color, is_bold=is_bold)
    run = RegularTextRun(rPr=properties, t=text)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=properties, rtl=is_rtl or None), r=[run])
    return Title(tx=Text(rich=RichText(bodyPr=RichTextProperties(), p=[paragraph])), overlay=False)


def _text(size: int, color: str) -> RichText:
    properties = ParagraphProperties(defRPr=_letters(size, color, is_bold=False))
    return RichText(p=[Paragraph(pPr=properties, endParaRPr=CharacterProperties(sz=size))])


def _letters(size: int, color: str, *, is_bold: bool) -> CharacterProperties:
    return CharacterProperties(
        sz=size, b=is_bold, solidFill=color, latin=Font(typeface=look.LATIN), cs=Font(typeface=look.ARABIC)
    )


def _is_dark(color: str) -> bool:
    red, green, blue = (int(color[place : place + 2], 16) for place in (0, 2, 4))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 150
