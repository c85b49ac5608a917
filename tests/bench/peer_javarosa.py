"""JavaRosa's own validation of a submission, as ODK's tools call it: form and instance parsed together, each time.

Used by peers.py. Dates in the form's rules are written as date('…'), since a text is no date to JavaRosa, and every
submission would stop at that rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from collector.form.xform.read import read_xform
from collector.tablets.java import java
from tests.bench.peer_xpath import element_of

DATE = re.compile(r"(?<!date\()'(\d{4}-\d\d-\d\d)'")


def open_javarosa(xform: str) -> Callable[[Any], set[object]]:
    """The function that validates a submission; the first rule that does not hold, by its place."""
    from jpype import JClass

    engine, root = java(), read_xform(xform).root
    form = DATE.sub(r"date('\1')", xform)
    parser, reader = JClass("org.javarosa.xform.parse.XFormParser"), JClass("java.io.StringReader")

    def check(answers: Any) -> set[object]:
        xml = etree.tostring(element_of(root, answers), encoding="unicode")
        try:
            definition = parser(reader(form), reader(xml)).parse()
            definition.initialize(False, engine.instance_factory())
            outcome = definition.validate(True)
        except engine.exception as error:
            return {str(error).partition("\n")[0]}
        return set() if outcome is None else {str(outcome.failedPrompt.getReference())}

    return check
