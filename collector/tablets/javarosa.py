"""Fill forms with JavaRosa, the engine inside KoboCollect: relevance, cascades, constraints, calculations are its own.

Used by tablet.py, and by tests that let every constraint and calculation of the forms run. java.py starts the machine.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collector.errors import TabletError
from collector.tablets.controls import Control, read_controls
from collector.tablets.filled import Answer, Filled
from collector.tablets.java import ZONE, java

END_OF_FORM, PROMPT_NEW_REPEAT, QUESTION, REPEAT = 1, 2, 4, 16
"""FormEntryController.EVENT_…"""

OK, REQUIRED_BUT_EMPTY = 0, 1
"""FormEntryController.ANSWER_…; the third, 2, is a constraint violated."""

TODAY = re.compile(rb"\btoday\(\)")
TABLET_TODAY = "tablet-today"
FUNCTION_HANDLER = "org.javarosa.core.model.condition.IFunctionHandler"

TABLET_ZONE = ZoneInfo(ZONE)


class RefusedAnswer(TabletError):
    """The form refused an answer: its path and the form's own message, in the language of the tablet."""

    def __init__(self, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(f"question '{path}' refused the answer: {message or 'the form gives no message'}")


class NoSuchChoice(TabletError):
    """An answer is not among the choices that the form offers at this moment."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"question '{path}': the answer is not among the choices that the form offers there.")


class Form:
    """A form as a tablet has it: parsed once, filled many times.

    form_xml, media: as the server gives them; media by file name. Raises TabletError when the engine refuses the form.
    """

    def __init__(self, form_xml: bytes, media: Mapping[str, bytes] | None = None) -> None:
        self._java = java()
        self.controls = read_controls(form_xml)
        self._definition = self._parse(TODAY.sub(f"{TABLET_TODAY}()".encode(), form_xml), media or {})
        self._model = self._java.entry_model(self._definition)
        self._controller = self._java.entry_controller(self._model)
        self._empty = self._definition.getMainInstance().clone()
        self._languages = {name.rsplit("(", 1)[-1].rstrip(")"): name for name in self._model.getLanguages() or ()}
        self._references = {
            path: self._java.reference(f"{self.controls.root}/{path}").getReference()
            for path in (*self.controls.preloads, "meta/instanceID")
        }
        self._choices: dict[str, dict[str, Any]] = {}
        self._today = self._java.date(0)
        self._clock = self._java.proxy(FUNCTION_HANDLER, dict=self._today_function())

    def _parse(self, form_xml: bytes, media: Mapping[str, bytes]) -> Any:
        with tempfile.TemporaryDirectory(prefix="tablet-") as folder:
            for name, content in media.items():
                (Path(folder) / Path(name).name).write_bytes(content)
            self._java.serve_media(Path(folder))
            try:
                return self._java.xform_utils.getFormFromInputStream(self._java.bytes_in(form_xml))
            except self._java.exception as error:
                raise TabletError(f"JavaRosa cannot read the form: {_first_line(error)}") from None

    def fill(self, filled: Filled) -> bytes:
        """Fill the form once as a person would, question by question, and return the submission's XML.

        Raises RefusedAnswer (constraint, or required and empty), NoSuchChoice, and TabletError for an answer to a
        question that the form does not have. An answer to a question that is not relevant is left out, as on a tablet.
        """
        self._refuse_unknown(filled)
        try:
            self._begin(filled)
            self._walk(filled.answers)
            return self._finish(filled)
        except self._java.exception as error:
            raise TabletError(f"form '{filled.form_key}': JavaRosa stopped: {_first_line(error)}") from None

    def _refuse_unknown(self, filled: Filled) -> None:
        rows = (path for repeat in self.controls.repeats for row in _rows(filled.answers, repeat) for path in row)
        for path in (*filled.answers, *rows):
            if path not in self.controls.by_path and path not in self.controls.repeats:
                raise TabletError(f"form '{filled.form_key}' has no question '{path}'; correct programme.toml.")

    def _begin(self, filled: Filled) -> None:
        """Open a blank form: a fresh copy of the empty instance, the tablet's properties, language and clock."""
        self._java.properties.clear()
        self._java.properties.update(deviceid=filled.device_id, username=filled.username)
        self._definition.setInstance(self._empty.clone())
        self._today = self._java.date(_millis(datetime.combine(filled.started_at.date(), time(), TABLET_ZONE)))
        # setInstance made a new evaluation context, which does not know the tablet's clock yet
        self._definition.addFunctionHandler(self._clock)
        self._definition.initialize(True, self._java.instance_factory())
        self._controller.setLanguage(self._languages.get(filled.language, self._model.getLanguage()))
        # the engine preloaded this computer's clock and a random id; calculations must see the simulated ones
        self._preload({"start": filled.started_at, "today": filled.started_at.date()})
        self._definition.setValue(self._java.StringData(filled.instance_id), self._references["meta/instanceID"], True)

    def _today_function(self) -> dict[str, Any]:
        """`today()` of a simulated tablet; the built-in one cannot be replaced, so the form calls another name."""
        no_arguments = self._java.list()
        no_arguments.add(self._java.classes(0))
        return {
            "getName": lambda: TABLET_TODAY,
            "getPrototypes": lambda: no_arguments,
            "rawArgs": lambda: False,
            "realTime": lambda: False,
            "eval": lambda arguments, context: self._today,
        }

    def _preload(self, values: Mapping[str, date]) -> None:
        for path, parameter in self.controls.preloads.items():
            if parameter in values:
                self._definition.setValue(self._moment(values[parameter]), self._references[path], True)

    def _moment(self, value: date) -> Any:
        if isinstance(value, datetime):
            return self._java.DateTimeData(self._java.date(_millis(value)))
        return self._java.DateData(self._java.date(_millis(datetime.combine(value, time(), TABLET_ZONE))))

    def _walk(self, answers: Mapping[str, Answer]) -> None:
        """Step through the form as Collect does, until its end."""
        controller = self._controller
        controller.jumpToIndex(self._java.beginning())
        reached: dict[str, int] = {}
        row: Mapping[str, Any] = {}
        while (event := controller.stepToNextEvent()) != END_OF_FORM:
            if event == QUESTION:
                path = self._path_here()
                self._answer(self.controls.by_path[path], row.get(path) if path in row else answers.get(path))
            elif event in (PROMPT_NEW_REPEAT, REPEAT):
                repeat = self._path_here()
                rows, number = _rows(answers, repeat), reached.get(repeat, 0)
                if number < len(rows):
                    row, reached[repeat] = rows[number], number + 1
                    if event == PROMPT_NEW_REPEAT:
                        controller.newRepeat()
                elif event == REPEAT:  # a form opens with one empty row, which nobody wants here
                    controller.deleteRepeat()

    def _path_here(self) -> str:
        path = self._model.getFormIndex().getReference().toString(False)
        return str(path).removeprefix(self.controls.root + "/")

    def _answer(self, control: Control, value: Answer) -> None:
        if control.is_read_only or (value is None and not control.may_be_required):
            return
        data = None if value is None else self._data(control, value)
        result = self._controller.answerQuestion(data, True)
        if result != OK:
            raise RefusedAnswer(control.path, self._message(control, result, data))

    def _data(self, control: Control, value: Any) -> Any:
        """A Python answer as the engine's typed data."""
        java = self._java
        if control.tag == "select1":
            return java.SelectOneData(java.selection(self._choice(control, value)))
        if control.tag == "select":
            chosen = java.list()
            for name in value:
                chosen.add(java.selection(self._choice(control, name)))
            return java.SelectMultiData(chosen)
        match control.type:
            case "int":
                return java.IntegerData(value)
            case "decimal":
                return java.DecimalData(float(value))
            case "date" | "dateTime":
                return self._moment(value)
            case "time":
                return java.TimeData(java.date(_millis(datetime.combine(date(1970, 1, 1), value, TABLET_ZONE))))
            case "geopoint":
                return java.GeoPointData(java.doubles(value))
            case _:
                return java.StringData(str(value))

    def _choice(self, control: Control, name: str) -> Any:
        choices = self._choices.get(control.path)
        if choices is None:
            offered = self._model.getQuestionPrompt().getSelectChoices()
            choices = {str(choice.getValue()): choice for choice in offered}
            if control.has_fixed_choices:
                self._choices[control.path] = choices
        if name not in choices:
            raise NoSuchChoice(control.path)
        return choices[name]

    def _message(self, control: Control, result: int, data: Any) -> str:
        """The form's own message in the language of the tablet; "" where it has none."""
        if result == REQUIRED_BUT_EMPTY:
            text = self._definition.getLocalizer().getText(control.required_text) if control.required_text else ""
        else:
            text = self._model.getQuestionPrompt().getConstraintText(data)
        return str(text or "")

    def _finish(self, filled: Filled) -> bytes:
        """Mark the form as finalised: validate everything once more, stamp the end, write the XML."""
        outcome = self._definition.validate(True)
        if outcome is not None:
            path = str(outcome.failedPrompt.getReference().toString(False)).removeprefix(self.controls.root + "/")
            raise RefusedAnswer(path, "")
        self._definition.postProcessInstance()
        self._preload({"end": filled.ended_at})
        return bytes(self._java.serializer().serializeInstance(self._definition.getMainInstance()))


def _rows(answers: Mapping[str, Answer], repeat: str) -> Sequence[Mapping[str, Any]]:
    rows: Any = answers.get(repeat) or ()
    return tuple(rows)


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _first_line(error: BaseException) -> str:
    """What the engine says; the lines below it are Java's."""
    return str(error).strip().splitlines()[0]
