"""Edits of the programme's forms, one for each kind of change, made while the demo's whole campaign is in.

Measured by tests/journey/changed_campaign.py, proved by tests/journey/test_live_changes.py: planned, priced, deployed,
answered, pulled, shown in the workbook; the rows of the second table of docs/form-changes.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from collector.form.changes import What
from tests.support.workbook_edits import (
    Edit,
    both,
    cell,
    into_group,
    named,
    setting,
    with_language,
    with_row,
    without,
    without_language,
)

ENGLISH, ARABIC, SORANI = "English (en)", "العربية (ar)", "کوردی (ckb)"


@dataclass(frozen=True)
class Line:
    """A line of the plan. asks: paths of the questions whose answers it touches; code: only answers with it.

    No path: a change without a price.
    """

    text: str
    asks: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Live:
    """An edit and what comes of it.

    held: ids that wait for --accept. moved: new path by old path, as a form filled in afterwards has them; answers:
    what it says otherwise, in each row of a repeat, None for nothing. holds: by column of the database, the path whose
    answers stood there before, and the path of those that come now, "" for none. added: columns, "table.*" for a new
    table. sheet: a column of the workbook, and whether it reads what came before still. toml: texts of programme.toml
    to replace where they stand first, as the author has to.
    """

    what: What
    title: str
    form: str
    edit: Edit
    plan: tuple[Line, ...]
    holds: Mapping[str, tuple[str, str]]
    moved: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str | None] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    sheet: tuple[str, str, bool] | None = None
    toml: Mapping[str, str] = field(default_factory=dict)


ROWS = "as many rows as the register has"
WOMEN = {'women = "head_f"': 'women = "women"'}
REGISTER = (
    "register/card",
    "register/consent_reg",
    "register/sex",
    "register/age_group",
    "register/org_type",
    "register/role",
    "register/displacement",
    "register/district_work",
    "register/attendance",
    "register/earlier",
)
FEEDBACK = tuple(f"feedback/F0{number}" for number in range(1, 6))
SEX = {"attendance_register.sex": ("register/sex", "")}


def people(*, is_said: bool) -> Edit:
    """The repeat `register` under another name."""
    return named("register", "people", is_said=is_said)


def moved_line(path: str, group: str, *, is_note: bool = False) -> Line:
    new = f"{group}/{path.partition('/')[2]}"
    return Line(f"question moved: `{new}`: {path} → {new}", () if is_note else (path,))


INTO_PEOPLE = (
    moved_line(REGISTER[0], "people"),
    moved_line("register/consent_register", "people", is_note=True),
    *(moved_line(path, "people") for path in REGISTER[1:]),
)
IN_PEOPLE = {
    'repeat = "register"': 'repeat = "people"',
    **{f'= "{path}"': f'= "people/{path.partition("/")[2]}"' for path in REGISTER},
}
HEAD_F = {"attendance.head_f": ("head_f", "head_f")}
CASES = (
    Live(
        What.QUESTION_ADDED,
        "a new question `seats`",
        "attendance",
        with_row("head_m", type="integer", name="seats", label="١"),
        (Line("question added: `seats`"),),
        {"attendance.seats": ("", "seats")},
        answers={"seats": "40"},
        added=("attendance.seats",),
    ),
    Live(
        What.QUESTION_REMOVED,
        "the calculation `register_m` left out",
        "attendance",
        without("register_m"),
        (Line("question removed: `register_m`", ("register_m",)),),
        {"attendance.register_m": ("register_m", "")},
        answers={"register_m": None},
        held=("question_removed:register_m",),
    ),
    Live(
        What.QUESTION_RENAMED,
        "`head_f` is called `women` now, and nothing says so",
        "attendance",
        named("head_f", "women", is_said=False),
        (Line("question renamed: `head_f` → `women` (a guess)", ("head_f",)),),
        {"attendance.head_f": ("head_f", ""), "attendance.women": ("", "women")},
        moved={"head_f": "women"},
        added=("attendance.women",),
        held=("question_renamed:women",),
        sheet=("Sessions", "Women", False),
        toml=WOMEN,
    ),
    Live(
        What.QUESTION_RENAMED,
        "`head_f` is called `women` now, `renamed_from` says so",
        "attendance",
        named("head_f", "women"),
        (Line("question renamed: `head_f` → `women`", ("head_f",)),),
        {"attendance.head_f": ("head_f", "women")},
        moved={"head_f": "women"},
        sheet=("Sessions", "Women", True),
        toml=WOMEN,
    ),
    Live(
        What.QUESTION_MOVED,
        "`step_free` into a group",
        "attendance",
        into_group("step_free", "room"),
        (Line("question moved: `room/step_free`: step_free → room/step_free", ("step_free",)),),
        {"attendance.step_free": ("step_free", "room/step_free")},
        moved={"step_free": "room/step_free"},
        toml={'step_free = "step_free"': 'step_free = "room/step_free"'},
    ),
    Live(
        What.QUESTION_MOVED,
        "the group `person` of the first survey is called `about` now",
        "pre_survey",
        named("person", "about", is_said=False),
        tuple(moved_line(f"person/{name}", "about") for name in ("admin_mode", "sex_check", "age_check")),
        {"pre_survey.sex_check": ("person/sex_check", "about/sex_check")},
        moved={"person": "about"},
        toml={f'"person/{name}"': f'"about/{name}"' for name in ("admin_mode", "sex_check", "age_check")},
    ),
    Live(
        What.QUESTION_MOVED,
        "the repeat `register` is called `people` now, and nothing says so",
        "attendance",
        people(is_said=False),
        INTO_PEOPLE,
        {**SEX, "attendance_people.sex": ("", "people/sex")},
        moved={"register": "people"},
        added=("attendance_people.*",),
        held=tuple(f"question_moved:people/{path.partition('/')[2]}" for path in REGISTER),
        sheet=("Register", "Sex", False),
        toml=IN_PEOPLE,
    ),
    Live(
        What.QUESTION_MOVED,
        "the repeat `register` is called `people` now, `renamed_from` says so",
        "attendance",
        people(is_said=True),
        INTO_PEOPLE,
        {"attendance_register.sex": ("register/sex", "people/sex")},
        moved={"register": "people"},
        sheet=("Register", "Sex", True),
        toml=IN_PEOPLE,
    ),
    Live(
        What.QUESTION_RETYPED,
        "`head_f` is a decimal number now",
        "attendance",
        cell("head_f", "type", "decimal"),
        (Line("question retyped: `head_f`: integer → decimal", ("head_f",)),),
        {"attendance.head_f": ("head_f", ""), "attendance.head_f__decimal": ("", "head_f")},
        added=("attendance.head_f__decimal",),
        held=("question_retyped:head_f",),
        sheet=("Sessions", "Women", True),
    ),
    Live(
        What.CHOICE_ADDED,
        "a new choice `online` of `venue_type`",
        "attendance",
        with_row("hotel", "choices", list_name="venue_type", name="online", label="١"),
        (Line("choice added: `online` of `venue_type`"),),
        {"attendance.venue_type": ("venue_type", "venue_type")},
        answers={"venue_type": "online"},
    ),
    Live(
        What.CHOICE_REMOVED,
        "the choice `hotel` of `venue_type` left out",
        "attendance",
        without("hotel", "choices", "venue_type"),
        (Line("choice removed: `hotel` of `venue_type`", ("venue_type",), "hotel"),),
        {"attendance.venue_type": ("venue_type", "venue_type")},
        answers={"venue_type": "government"},
        held=("choice_removed:venue_type/hotel",),
    ),
    Live(
        What.CHOICE_REMOVED,
        "the choice `3` left out of a list that six questions of the second survey share",
        "post_survey",
        without("3", "choices", "agree5"),
        (Line("choice removed: `3` of `C01` and 5 more with its list", ("C01", *FEEDBACK), "3"),),
        {"post_survey.c01": ("C01", "C01")},
        answers=dict.fromkeys(("C01", *FEEDBACK), "4"),
        held=("choice_removed:C01/3",),
    ),
    Live(
        What.CHOICE_REMOVED,
        "the choice `late` of several answers left out",
        "attendance",
        without("late", "choices", "issue"),
        (Line("choice removed: `late` of `issues`", ("issues",), "late"),),
        {"attendance.issues": ("issues", "issues")},
        answers={"issues": "none"},
        held=("choice_removed:issues/late",),
    ),
    Live(
        What.CHOICE_RENAMED,
        "the choice `decision` of the register is called `leading` now, `renamed_from` says so",
        "attendance",
        named("decision", "leading", "choices"),
        (Line("choice renamed: `leading` of `register/role`: decision → leading", ("register/role",), "decision"),),
        {"attendance_register.role": ("register/role", "register/role")},
        answers={"register/role": "leading"},
        sheet=("Register", "Role", True),
    ),
    Live(
        What.CHOICE_REMOVED,
        "the choice `hotel` is called `inn` now, and nothing says so",
        "attendance",
        named("hotel", "inn", "choices", is_said=False),
        (
            Line("choice added: `inn` of `venue_type`"),
            Line("choice removed: `hotel` of `venue_type`", ("venue_type",), "hotel"),
        ),
        {"attendance.venue_type": ("venue_type", "venue_type")},
        answers={"venue_type": "inn"},
        held=("choice_removed:venue_type/hotel",),
    ),
    Live(
        What.LIST_CHANGED,
        "`step_free` offers yes and no only",
        "attendance",
        cell("step_free", "type", "select_one yn"),
        (
            Line("list changed: `step_free`: yn_ns → yn", ("step_free",)),
            Line("choice removed: `ns` of `step_free`", ("step_free",), "ns"),
        ),
        {"attendance.step_free": ("step_free", "step_free")},
        answers={"step_free": "no"},
        held=("choice_removed:step_free/ns",),
    ),
    Live(
        What.CONSTRAINT_TIGHTENED,
        "not more than 100 women instead of 150",
        "attendance",
        cell("head_f", "constraint", ". >= 0 and . <= 100"),
        (Line("constraint tightened: `head_f`: . >= 0 and . <= 150 → . >= 0 and . <= 100", ("head_f",)),),
        HEAD_F,
    ),
    Live(
        What.CONSTRAINT_RELAXED,
        "up to 300 women instead of 150",
        "attendance",
        cell("head_f", "constraint", ". >= 0 and . <= 300"),
        (Line("constraint relaxed: `head_f`: . >= 0 and . <= 150 → . >= 0 and . <= 300", ("head_f",)),),
        HEAD_F,
    ),
    Live(
        What.CONSTRAINT_CHANGED,
        "another rule for the number of women",
        "attendance",
        cell("head_f", "constraint", ". >= 0 and . != 13"),
        (Line("constraint changed: `head_f`: . >= 0 and . <= 150 → . >= 0 and . != 13", ("head_f",)),),
        HEAD_F,
    ),
    Live(
        What.RELEVANCE_CHANGED,
        "`step_free` is asked of sessions that were not held too",
        "attendance",
        cell("step_free", "relevant", ""),
        (Line("relevance changed: `step_free`: ${status} = 'held' → (nothing)", ("step_free",)),),
        {"attendance.step_free": ("step_free", "step_free")},
    ),
    Live(
        What.RELEVANCE_CHANGED,
        "the group `feedback` is asked of everybody",
        "post_survey",
        cell("feedback", "relevant", ""),
        (Line("relevance changed: `feedback`: ${consent} = 'yes' → (nothing)", FEEDBACK),),
        {"post_survey.f01": ("feedback/F01", "feedback/F01")},
    ),
    Live(
        What.REQUIRED_CHANGED,
        "`C01` of the first survey must be answered",
        "pre_survey",
        cell("C01", "required", "yes"),
        (Line("required changed: `C01`: (nothing) → yes", ("C01",)),),
        {"pre_survey.c01": ("C01", "C01")},
        answers={"C01": "4"},
    ),
    Live(
        What.CALCULATION_CHANGED,
        "`headcount_gap` without its sign",
        "attendance",
        cell("headcount_gap", "calculation", "abs(${head_f} + ${head_m} - ${register_rows})"),
        (
            Line(
                "calculation changed: `headcount_gap`: ${head_f} + ${head_m} - ${register_rows} → "
                "abs(${head_f} + ${head_m} - ${register_rows})",
                ("headcount_gap",),
            ),
        ),
        {"attendance.headcount_gap": ("headcount_gap", "headcount_gap")},
    ),
    Live(
        What.FILTER_CHANGED,
        "`district` offers those of every governorate",
        "attendance",
        cell("district", "choice_filter", ""),
        (Line("filter changed: `district`: governorate=${governorate} → (nothing)", ("district",)),),
        {"attendance.district": ("district", "district")},
    ),
    Live(
        What.REPEAT_COUNT_CHANGED,
        "as many rows of the register as people were counted",
        "attendance",
        cell("register", "repeat_count", "${head_f} + ${head_m}"),
        (Line("repeat count changed: `register`: (nothing) → ${head_f} + ${head_m}", REGISTER),),
        {"attendance_register.sex": ("register/sex", "register/sex")},
        answers={"register_count": ROWS},
    ),
    *(
        Live(
            What.WORDING_CHANGED,
            f"another {column} of `head_f` in {language}",
            "attendance",
            cell("head_f", f"{heading}::{language}", new),
            (Line(f"wording changed: `{column} in {language}` of `head_f`: {old} → {new}", ("head_f",)),),
            HEAD_F,
        )
        for column, heading, language, old, new in (
            ("label", "label", ENGLISH, "Women in the room", "Women"),
            ("label", "label", ARABIC, "عدد النساء الحاضرات", "عدد النساء"),
            ("label", "label", SORANI, "ژمارەی ژنانی ئامادەبوو", "ژمارەی ژنان"),
            ("hint", "hint", ENGLISH, "Count people, not cards.", "Count again after the break."),
            ("message", "constraint_message", ARABIC, "اكتب رقماً من 0 إلى 150.", "من 0 إلى 150 فقط."),
        )
    ),
    Live(
        What.LANGUAGE_ADDED,
        "a fourth language",
        "attendance",
        with_language("Türkçe (tr)", ENGLISH),
        (Line("language added: the form: (nothing) → Türkçe (tr)"),),
        HEAD_F,
    ),
    Live(
        What.LANGUAGE_REMOVED,
        "the forms without Sorani",
        "attendance",
        without_language(SORANI),
        (Line(f"language removed: the form: {SORANI} → (nothing)"),),
        HEAD_F,
    ),
    Live(
        What.SETTINGS_CHANGED,
        "one long page, and venues as a list of buttons",
        "attendance",
        both(setting("style", ""), cell("venue", "appearance", "")),
        (
            Line("settings changed: `appearance` of `venue`: minimal → (nothing)", ("venue",)),
            Line("settings changed: `style` of the form: pages → (nothing)"),
        ),
        {"attendance.venue": ("venue", "venue")},
    ),
)
