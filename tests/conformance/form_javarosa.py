"""A random form filled and read in JavaRosa: what the engine of KoboCollect says of every node. Used by form_fuzz.py.

The form is walked to its end as on a tablet, but answers go in without being checked, so that wrong ones stay. Then the
edits are made wherever they lie, and the form is walked once more, which lets the engine add and drop counted rows.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collector.tablets.java import ZONE, java
from tests.conformance.form_answers import Answer, Filling

NOW = datetime(2026, 6, 15, 10, 30, tzinfo=ZoneInfo(ZONE))
"""When every form is filled: JavaRosa cannot be told the time, so its forms say it instead of today()."""

END_OF_FORM, PROMPT_NEW_REPEAT, QUESTION = 1, 2, 4
"""FormEntryController.EVENT_…"""
MOST_STEPS = 400


@dataclass
class State:
    """A node as JavaRosa has it. path: with row numbers. constraint: of the answer there, None where there is none.

    offered: codes of the choices at this moment, None for what is no select.
    """

    name: str
    path: str
    text: str
    is_relevant: bool
    is_required: bool
    constraint: bool | None = None
    offered: frozenset[str] | None = None
    children: list[State] = field(default_factory=list)

    def walk(self) -> Iterator[State]:
        yield self
        for child in self.children:
            yield from child.walk()


class EngineStopped(Exception):
    """JavaRosa refused the form or an expression in it."""


@cache
def _serializer() -> Any:
    from jpype import JClass

    java()
    return JClass("org.javarosa.xform.util.XFormAnswerDataSerializer")()


class Tablet:
    """A form in JavaRosa, parsed once and filled many times. kinds: of its questions by name; see form_grammar.Item."""

    def __init__(self, xform: str, kinds: dict[str, str]) -> None:
        self._java, self._kinds = java(), kinds
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            self._java.serve_media(Path(folder))
            try:
                source = self._java.bytes_in(_at_now(xform).encode())
                self._definition = self._java.xform_utils.getFormFromInputStream(source)
            except self._java.exception as error:
                raise EngineStopped(_first_line(error)) from None
        self._model = self._java.entry_model(self._definition)
        self._controller = self._java.entry_controller(self._model)
        self._empty = self._definition.getMainInstance().clone()

    def fill(self, filling: Filling) -> State:
        """Fill the form once and read it. Raises EngineStopped."""
        try:
            self._definition.setInstance(self._empty.clone())
            self._definition.initialize(True, self._java.instance_factory())
            self._walk(dict(filling.answers), dict(filling.rows))
            for place, answer in filling.edits:
                self._edit(place, answer)
            self._walk({}, dict(filling.rows))
            return self.read()
        except self._java.exception as error:
            raise EngineStopped(_first_line(error)) from None

    def settle(self) -> State:
        """Let the engine calculate everything anew, as when the form is opened again, and read it."""
        try:
            self._definition.initialize(False, self._java.instance_factory())
            return self.read()
        except self._java.exception as error:
            raise EngineStopped(_first_line(error)) from None

    def _walk(self, answers: dict[str, Answer], rows: dict[str, int]) -> None:
        controller, steps = self._controller, 0
        controller.jumpToIndex(self._java.beginning())
        while (event := controller.stepToNextEvent()) != END_OF_FORM and steps < MOST_STEPS:
            steps += 1
            if event not in (QUESTION, PROMPT_NEW_REPEAT):
                continue
            reference = self._model.getFormIndex().getReference()
            place = self._place(reference)
            if event == QUESTION:
                if answers.get(place) is not None:
                    self._definition.setValue(self._data(place, answers[place]), reference, True)
            elif int(place.rpartition("[")[2][:-1]) <= rows.get(place.rpartition("[")[0], 0):
                controller.newRepeat()

    def _place(self, reference: Any) -> str:
        """The place of a reference, with the row of each repeat."""
        steps = [step.partition("[") for step in str(reference.toString(True)).split("/")[2:]]
        return "/".join(name + mark + row if self._kinds[name] == "repeat" else name for name, mark, row in steps)

    def _edit(self, place: str, answer: Answer) -> None:
        element = self._element(place)
        if element is not None:
            data = None if answer is None else self._data(place, answer)
            self._definition.setValue(data, element.getRef(), True)

    def _element(self, place: str) -> Any:
        element = self._definition.getMainInstance().getRoot()
        for step in place.split("/"):
            name, _, row = step.partition("[")
            element = element.getChild(name, int(row[:-1]) - 1 if row else 0)
            if element is None:
                return None
        return element

    def _data(self, place: str, answer: Any) -> Any:
        engine = self._java
        match self._kinds[place.rpartition("/")[2]]:
            case "integer" | "count":
                return engine.IntegerData(answer)
            case "decimal":
                return engine.DecimalData(float(answer))
            case "date":
                return engine.DateData(_java_date(datetime.combine(date.fromisoformat(answer), time(), NOW.tzinfo)))
            case "time":
                moment = datetime.combine(date(1970, 1, 1), time.fromisoformat(answer), NOW.tzinfo)
                return engine.TimeData(_java_date(moment))
            case "geopoint":
                return engine.GeoPointData(engine.doubles(answer))
            case "one":
                return engine.SelectOneData(engine.selection(answer))
            case "many":
                chosen = engine.list()
                for code in answer:
                    chosen.add(engine.selection(code))
                return engine.SelectMultiData(chosen)
            case _:
                return engine.StringData(str(answer))

    def read(self) -> State:
        """Every node as it stands; choices last, since asking for them takes back what is not offered."""
        root = self._read(self._definition.getMainInstance().getRoot(), "")
        offered = self._choices()
        for state in root.walk():
            state.offered = offered.get(state.path)
        return root

    def _read(self, element: Any, path: str) -> State:
        data, name = element.getValue(), str(element.getName())
        text = "" if data is None else str(_serializer().serializeAnswerData(data, element.getDataType()))
        state = State(name, path, text, bool(element.isRelevant()), bool(element.isRequired()))
        if data is not None:
            state.constraint = bool(self._definition.evaluateConstraint(element.getRef(), data))
        for at in range(element.getNumChildren()):
            child = element.getChildAt(at)
            row = child.getMultiplicity()
            if row >= 0 and str(child.getName()) != "meta":
                step = f"{child.getName()}[{row + 1}]" if child.isRepeatable() else str(child.getName())
                state.children.append(self._read(child, f"{path}/{step}" if path else step))
        return state

    def _choices(self) -> dict[str, frozenset[str]]:
        """Codes offered at each select that is asked, by walking the form; answers taken away by it are put back."""
        found: dict[str, frozenset[str]] = {}
        controller, steps = self._controller, 0
        controller.jumpToIndex(self._java.beginning())
        while (event := controller.stepToNextEvent()) != END_OF_FORM and steps < MOST_STEPS:
            steps += 1
            if event != QUESTION:
                continue
            reference = self._model.getFormIndex().getReference()
            place = self._place(reference)
            if self._kinds.get(place.rpartition("/")[2]) in ("one", "many"):
                element = self._definition.getMainInstance().resolveReference(reference)
                answer = element.getValue()
                choices = self._model.getQuestionPrompt().getSelectChoices()
                found[place] = frozenset(str(choice.getValue()) for choice in choices)
                if answer is not None and element.getValue() is None:
                    self._definition.setValue(answer, reference, True)
        return found


def _at_now(xform: str) -> str:
    return re.sub(r"\btoday\(\)", f"date('{NOW.date()}')", xform)


def _java_date(moment: datetime) -> Any:
    return java().date(round(moment.timestamp() * 1000))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return " | ".join(lines[:6]) if lines else type(error).__name__
