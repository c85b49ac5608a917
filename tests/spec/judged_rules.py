"""Every rule we judge, as an example: a small form, answers, and what is found; printed as docs/what-we-judge.md.

    python -m tests.spec.judged_rules > docs/what-we-judge.md

test_judged_rules.py runs each example in both dialects, and sees that the page is current.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Any

from collector.form.judging.judge import judge_of
from collector.form.judging.messages import INTEGRITY, MESSAGES, REASONS
from collector.form.judging.policy import ALWAYS, USUAL, WITHHELD
from collector.form.judging.verdict import Finding, Outcome
from tests.conformance.known_forms import KNOWN, STALE
from tests.support.xforms import xform_of

DIALECTS = ("collect", "enketo")


@dataclass(frozen=True)
class Example:
    """survey, choices: sheets as tables, rows parted by new lines, cells by "|". answers: as the server's JSON.

    found: what both dialects find, or collect and enketo in this order, where they differ; "" for nothing.
    """

    title: str
    survey: str
    answers: dict[str, Any]
    found: str | tuple[str, str]
    choices: str = ""
    media: dict[str, bytes] = field(default_factory=dict)

    def expected(self, dialect: str) -> str:
        return self.found if isinstance(self.found, str) else self.found[DIALECTS.index(dialect)]

    def verdict(self, dialect: str) -> str:
        """What is found, in one line."""
        judge = judge_of(xform_of(self.survey, self.choices), self.media)
        return "; ".join(map(line_of, judge.judge_json(self.answers, dialect).findings))


def line_of(finding: Finding) -> str:
    """A finding in words: "constraint at age", "cannot_check constraint at age: regex_unsupported"."""
    outcome = "" if finding.outcome is Outcome.VIOLATION else f"{finding.outcome} "
    reason = f": {finding.reason}" if finding.outcome is Outcome.CANNOT_CHECK else ""
    cause = f" because of {finding.caused_by}" if finding.caused_by else ""
    return f"{outcome}{finding.code} at {finding.path or 'the submission'}{reason}{cause}"


YN = "list_name|name\nyn|yes\nyn|no\nyn|maybe"
TOWNS = "list_name|name|land\ntown|a1|a\ntown|a2|a\ntown|b1|b"
CASCADE = "type|name|choice_filter\ntext|land|\nselect_one town|town|land=${land}"
FILLED_AT = {"start": "2026-07-05T09:00:00.000+03:00", "end": "2026-07-05T09:30:00.000+03:00"}
CLOCK = "type|name|constraint\nstart|start|\nend|end|\n"
PLANNED = "type|name|calculation\nselect_one_from_file plan.csv|s|\ncalculate|r|pulldata('plan', 'round', 'name', ${s})"
COUNTED = "type|name|repeat_count\ninteger|n|\nbegin repeat|row|${n}\ntext|x|\nend repeat||"
AREA = "36 44 0 0;36 45 0 0;37 45 0 0"

EXAMPLES: dict[str, tuple[Example, ...]] = {
    "Relevance": (
        Example(
            "An answer to a question that is not asked",
            "type|name|relevant\ntext|a|\ntext|b|${a} = 'x'",
            {"a": "y", "b": "1"},
            "answer_in_irrelevant at b",
        ),
        Example(
            "Inside a group that is not asked: the first is told, the others follow",
            "type|name|relevant\ntext|a|\nbegin group|g|${a} = 'x'\ntext|b|\ntext|c|\nend group||",
            {"a": "y", "g/b": "1", "g/c": "2"},
            "answer_in_irrelevant at g/b; answer_in_irrelevant at g/c because of g/b",
        ),
        Example(
            "An answer that is not asked counts as empty for the questions after it",
            "type|name|relevant\ntext|a|\ntext|b|${a} = 'x'\ntext|c|${b} = '1'",
            {"a": "y", "b": "1", "c": "2"},
            "answer_in_irrelevant at b; answer_in_irrelevant at c because of b",
        ),
        Example(
            "A question as a condition: Collect wants an answer, Enketo only that it exists",
            "type|name|relevant\ntext|a|\ntext|b|${a}",
            {"b": "1"},
            ("answer_in_irrelevant at b", ""),
        ),
        Example(
            "A condition that nobody can read leaves the question alone",
            "type|name|relevant|required\ntext|a||\ntext|b|nosuch(${a})|yes",
            {"a": "1"},
            "cannot_check relevant at b: function_unsupported",
        ),
    ),
    "Required": (
        Example("No answer", "type|name|required\ntext|a|yes\ntext|b|", {"b": "1"}, "required at a"),
        Example(
            "Blanks are no answer", "type|name|required\ntext|a|yes\ntext|b|", {"a": "  ", "b": "1"}, "required at a"
        ),
        Example(
            "Not asked, so not required",
            "type|name|required|relevant\ntext|a||\ntext|b|yes|${a} = 'x'",
            {"a": "y"},
            "",
        ),
        Example(
            "Required only under a condition",
            "type|name|required\ntext|a|\ntext|b|${a} = 'x'",
            {"a": "x"},
            "required at b",
        ),
    ),
    "Types": (
        Example("A whole number", "type|name\ninteger|a\ninteger|b", {"a": "3.5", "b": "-7"}, "type at a"),
        Example("A decimal number", "type|name\ndecimal|a\ndecimal|b", {"a": "4,5", "b": "4.5"}, "type at a"),
        Example(
            "A day of the calendar", "type|name\ndate|a\ndate|b", {"a": "2026-02-30", "b": "2026-02-28"}, "type at a"
        ),
        Example("A time of day", "type|name\ntime|a\ntime|b", {"a": "25:00", "b": "09:00:00.000+03:00"}, "type at a"),
        Example("A moment says its zone", "type|name\ndateTime|a", {"a": "2026-02-28T10:00:00"}, "type at a"),
        Example(
            "A point on earth", "type|name\ngeopoint|a\ngeopoint|b", {"a": "100 200", "b": "36 44 0 5"}, "geo at a"
        ),
        Example("A line has two points", "type|name\ngeotrace|a", {"a": "36 44 0 0"}, "geo at a"),
        Example(
            "A shape is closed", "type|name\ngeoshape|a\ngeoshape|b", {"a": AREA, "b": f"{AREA};36 44 0 0"}, "geo at a"
        ),
        Example("Numbers and null of older servers are answers like others", "type|name\ninteger|a", {"a": 5}, ""),
    ),
    "Choices": (
        Example("A choice of the list", "type|name\nselect_one yn|a", {"a": "never"}, "choice at a", YN),
        Example("Each of several", "type|name\nselect_multiple yn|a", {"a": "yes never"}, "choice at a", YN),
        Example("Names are whole words", "type|name\nselect_multiple yn|a", {"a": "ye"}, "choice at a", YN),
        Example("No choice twice", "type|name\nselect_multiple yn|a", {"a": "yes yes"}, "choice_duplicate at a", YN),
        Example(
            "A choice of the list as it is filtered",
            CASCADE,
            {"land": "a", "town": "b1"},
            "choice_not_offered at town",
            TOWNS,
        ),
        Example("Of a filtered list, a choice that is not in it", CASCADE, {"town": "c1"}, "choice at town", TOWNS),
        Example("A filter that fits", CASCADE, {"land": "b", "town": "b1"}, "", TOWNS),
        Example("A ranking holds every choice", "type|name\nrank yn|a", {"a": "no yes"}, "rank_incomplete at a", YN),
        Example(
            "A list from a file that is not at hand",
            "type|name\nselect_one_from_file plan.csv|a",
            {"a": "x"},
            "cannot_check choice at a: external_file_missing",
        ),
    ),
    "Lists from files": (
        Example(
            "A mark at the beginning of the file, as Excel writes it, is no part of the first heading",
            PLANNED,
            {"s": "A", "r": "1"},
            "",
            media={"plan.csv": b"\xef\xbb\xbfname,label,round\nA,a,1\n"},
        ),
        Example(
            "Headings parted by semicolons",
            PLANNED,
            {"s": "A", "r": "1"},
            "",
            media={"plan.csv": b"name;label;round\nA;a;1\n"},
        ),
        Example(
            "The same name twice: pulldata() takes the first row in both",
            PLANNED,
            {"s": "A", "r": "1"},
            "",
            media={"plan.csv": b"name,label,round\nA,a,1\nA,b,2\n"},
        ),
        Example(
            "The same name twice: Collect stops where a filter finds two rows, Enketo takes the first",
            "type|name|calculation\nselect_one_from_file plan.csv|s|\n"
            "calculate|r|instance('plan')/root/item[name=${s}]/round",
            {"s": "A", "r": "1"},
            ("cannot_check calculate at r: evaluation_error", ""),
            media={"plan.csv": b"name,label,round\nA,a,1\nA,b,2\n"},
        ),
        Example(
            "In another encoding: Collect shows broken letters, and a code with one never fits; we do not guess",
            PLANNED,
            {"s": "A", "r": "1"},
            "cannot_check choice at s: external_file_missing;"
            " cannot_check calculate at r: external_file_missing because of s",
            media={"plan.csv": "name,label,round\nA,ä,1\n".encode("latin-1")},
        ),
        Example(
            "Without the column that holds the codes",
            PLANNED,
            {"s": "A", "r": "1"},
            "cannot_check choice at s: external_file_missing;"
            " cannot_check calculate at r: external_file_missing because of s",
            media={"plan.csv": b"code,label,round\nA,a,1\n"},
        ),
    ),
    "Constraints": (
        Example("The form's own rule", "type|name|constraint\ninteger|a|. < 10", {"a": "12"}, "constraint at a"),
        Example("Never asked of an empty answer", "type|name|constraint\ninteger|a|. > 10\ntext|b|", {"b": "x"}, ""),
        Example(
            "Comparisons do not chain",
            "type|name|constraint\ninteger|a|1 < . < 3",
            {"a": "5"},
            "",
        ),
        Example(
            "A pattern is the whole answer to Collect, a part of it to Enketo",
            "type|name|constraint\ntext|a|regex(., '[0-9]{4}')",
            {"a": "123456"},
            ("constraint at a", ""),
        ),
        Example(
            "A text in quotes is no date to Collect",
            "type|name|constraint\ndate|a|. >= '2020-01-01'",
            {"a": "2026-07-05"},
            ("constraint at a", ""),
        ),
        Example(
            "Today is the day of the filling, whenever we judge",
            CLOCK + "date|a|. <= today()",
            {**FILLED_AT, "a": "2026-07-06"},
            "constraint at a",
        ),
        Example(
            "Without the time of the filling nobody can say",
            "type|name|constraint\ndate|a|. <= today()",
            {"a": "2026-07-06"},
            "cannot_check constraint at a: time_context_missing",
        ),
        Example(
            "An unknown function in a branch that is not taken is no harm to Collect",
            "type|name|constraint\ntext|a|if(true(), . = 'x', nosuch())",
            {"a": "x"},
            ("", "cannot_check constraint at a: function_unsupported"),
        ),
    ),
    "Calculations": (
        Example(
            "Another value",
            "type|name|calculation\ninteger|a|\ncalculate|b|${a} + 1",
            {"a": "1", "b": "3"},
            "calculate at b",
        ),
        Example(
            "The same value in other words",
            "type|name|calculation\ninteger|a|\ncalculate|b|${a} + 1",
            {"a": "1", "b": "2.0"},
            "",
        ),
        Example(
            "What is calculated from a changed value follows from it",
            "type|name|calculation\ninteger|a|\ncalculate|b|${a} + 1\ncalculate|c|${b} * 2",
            {"a": "1", "b": "3", "c": "4"},
            "calculate at b; calculate at c because of b",
        ),
        Example(
            "A person may overwrite a calculation that is shown",
            "type|name|calculation\ninteger|a|\ninteger|b|${a} + 1",
            {"a": "1", "b": "7"},
            "",
        ),
        Example(
            "Adding up skips an empty row in Collect, and is no number in Enketo",
            "type|name|calculation\nbegin repeat|r|\ninteger|a|\ntext|t|\nend repeat||\ncalculate|s|sum(${a})",
            {"r": [{"r/a": "1", "r/t": "x"}, {"r/t": "x"}], "s": "1"},
            ("", "calculate at s"),
        ),
        Example(
            "Never compared: what is new each time",
            "type|name|calculation\ntext|a|\ncalculate|b|random()",
            {"a": "x", "b": "0.5"},
            "",
        ),
    ),
    "Repeats": (
        Example(
            "More rows than asked for",
            COUNTED,
            {"n": "1", "row": [{"row/x": "1"}, {"row/x": "2"}]},
            "repeat_count at row[1]",
        ),
        Example(
            "Fewer rows in JSON: the server leaves empty ones out",
            COUNTED,
            {"n": "2", "row": [{"row/x": "1"}]},
            "cannot_check repeat_count at row[1]: json_lossy",
        ),
        Example(
            "A question that counts the rows around it: Collect means its own row",
            "type|name|relevant\nbegin repeat|row|\ntext|x|count(${row}) > 1\nend repeat||",
            {"row": [{"row/x": "1"}]},
            ("answer_in_irrelevant at row[1]/x", "cannot_check relevant at row[1]/x: engine_internal"),
        ),
    ),
    "Ranges, files, fixed values": (
        Example("Off the scale", "type|name|parameters\nrange|a|start=1 end=5 step=1", {"a": "7"}, "range at a"),
        Example(
            "Between the steps", "type|name|parameters\nrange|a|start=0 end=1 step=0.1", {"a": "0.25"}, "range at a"
        ),
        Example(
            "The file has not arrived",
            "type|name\nimage|a",
            {"a": "p.jpg", "_attachments": []},
            "attachment_missing at a",
        ),
        Example(
            "A value nobody may change",
            "type|name|read_only|default\ntext|a|yes|fixed",
            {"a": "other"},
            "readonly_changed at a",
        ),
    ),
    "The submission itself": (
        Example("A field the form does not have", "type|name\ntext|a", {"a": "1", "old": "2"}, "unknown_field at old"),
        Example(
            "A list where an answer belongs", "type|name\ntext|a\ntext|b", {"a": ["1"], "b": "2"}, "structure at a"
        ),
        Example(
            "Another version of the form",
            "type|name|calculation\ntext|a|\ncalculate|__version__|'v1'",
            {"a": "1", "__version__": "v2"},
            "cannot_check form_version at the submission: form_version_unknown",
        ),
    ),
}

HEAD = """# What we judge

Each rule with a small form, answers as the server gives them, and what is found by the rules of KoboCollect (`collect`)
and of Kobo's web forms (`enketo`). The client is told from the submission; where it cannot be told, a rule is broken
only if it is broken in both, and what differs is `engine_dependent`. What nobody can check is `cannot_check`, never a
pass. What is asked of a question that the form does not ask, or that nobody answered, is not applicable and leaves no
finding.
This page is printed by `python -m tests.spec.judged_rules`; the tests run every example.
"""


LISTED = ", ".join(f"`{code}`" for code in USUAL)
POLICY = f"""\
A finding either keeps its submission out of the numbers, in quarantine, or is told beside a submission that counts.
`[judging] quarantine` in settings.toml lists the codes that keep out; by default {LISTED}.
Of a `choice` or an `unknown_field` that does not keep its submission out, the answer alone is kept out: its cell stays
empty, as received it is in the raw store, and the sheet Quarantine names its place. Where other answers do not hold
because of it, as when nobody was asked them, those keep the submission out. The checks of the domain want what nobody
knows so (QC36), and a choice that is not offered there only told (QC37); a programme that wants either out adds it to
the list, or `choice:register/sex` for one question. An age group that nobody knows always keeps its submission out,
since it may be a child's (QC33).
Two more words can stand in the list: `cannot_check`, for whatever nobody could check, and `engine_dependent`, for what
KoboCollect and web forms judge differently. A changed list takes effect at the next `collector sync`, nightly run or
`collector rejudge`, without asking the server for anything."""


def page() -> str:
    parts = [HEAD]
    for rule, examples in EXAMPLES.items():
        parts += [f"## {rule}", "", "| example | form | answers | collect | enketo |", "|---|---|---|---|---|"]
        parts += [_row(example) for example in examples]
        parts.append("")
    parts += ["## Codes", "", *(f"* `{code}`{_effect(code)}: {text}" for code, text in MESSAGES.items()), ""]
    parts += ["What a pull finds beside the form's rules always quarantines, since no rows can be made of it:", ""]
    parts += [*(f"* `{code}`: {text}" for code, text in INTEGRITY.items()), ""]
    parts += ["## What quarantines", "", POLICY, ""]
    parts += ["## Why something cannot be checked", "", *(f"* `{code}`: {text}" for code, text in REASONS.items()), ""]
    known = (*(reason for reason, _ in KNOWN), STALE)
    parts += [
        "## Where we differ from JavaRosa, the engine inside KoboCollect",
        "",
        *(f"* {text}" for text in known),
        "",
    ]
    return "\n".join(parts)


def _effect(code: str) -> str:
    if code in WITHHELD:
        return " (its answer alone is left out, unless set)"
    return " (always quarantines)" if code in ALWAYS else "" if code in USUAL else " (only told, unless set)"


def _row(example: Example) -> str:
    answers = json.dumps(example.answers, ensure_ascii=False)
    cells = (example.title, _sheet(example.survey), f"`{answers}`", *map(_finding, map(example.expected, DIALECTS)))
    return "| " + " | ".join(cells) + " |"


def _sheet(table: str) -> str:
    """Rows of the survey sheet, one below the other: heading = cell, where the cell is filled."""
    head, *rows = [line.split("|") for line in table.splitlines()]
    lines = [", ".join(f"{h} `{c}`" for h, c in zip(head, row, strict=False) if c) for row in rows]
    return "<br>".join(lines)


def _finding(text: str) -> str:
    return text or "pass"


if __name__ == "__main__":
    sys.stdout.write(page())
