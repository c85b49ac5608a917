"""What is wrong on purpose in a simulated campaign, kind by kind, each with the id of the check that should find it.

Called by campaign.py; changes the sheets of an honest field in place. The counts are those of the specification's
"demo" profile; its "stress" profile has 5 % of each kind. session_defects.py and survey_defects.py make the kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from random import Random

from collector.form.programme import Programme
from collector.tablets import session_defects, survey_defects
from collector.tablets.scene import Scene
from collector.tablets.sheets import Field, SurveySheet
from collector.tablets.survey_sheets import MINUTES, READ_ALOUD_FACTOR

OLD_FORM = "QC29"
STRESS = 0.05
"""Share of each kind in the stress profile."""

TOO_SHORT = 0.4
LATE = timedelta(hours=48)
"""The limits of the checks that honest forms and hasty enumerators cross by themselves."""


@dataclass(frozen=True)
class Kind:
    """A kind of defect: its check, how many the demo has, and the function that makes so many of them."""

    check: str
    demo: int
    make: Callable[[Scene, int], None]
    per: str = "surveys"


KINDS = (
    Kind("QC07", 1, session_defects.session_form_missing, "sessions"),
    Kind("QC12", 1, session_defects.register_missing, "sessions"),
    Kind("QC13", 3, session_defects.headcount_off, "sessions"),
    Kind("QC15", 2, session_defects.date_off, "sessions"),
    Kind("QC21", 3, session_defects.far_from_venue, "sessions"),
    Kind("QC37", 1, session_defects.district_elsewhere, "sessions"),
    Kind("QC03", 5, session_defects.card_twice, "rows"),
    Kind("QC08", 16, survey_defects.card_not_in_register),
    Kind("QC06", 6, survey_defects.swapped_cards, "pairs"),
    Kind("QC11", 6, survey_defects.after_before_before, "pairs"),
    Kind("QC05", 8, survey_defects.card_of_another_session),
    Kind("QC23", 20, survey_defects.straight_lining),
    Kind("QC26", 6, survey_defects.same_wrong_answers),
    Kind("QC17", 4, survey_defects.too_short),
    Kind("QC19", 6, survey_defects.overlapping),
    Kind("QC20", 10, survey_defects.off_hours),
    Kind("QC30", 80, survey_defects.late),
    Kind("QC32", 1, survey_defects.answers_without_consent),
    Kind("QC36", 2, survey_defects.unknown_code),
    Kind("QC16", 1, survey_defects.wrong_clock, "tablets"),
    Kind(OLD_FORM, 24, survey_defects.old_form),
    Kind("QC04", 4, survey_defects.second_after_form),
    Kind("QC02", 14, survey_defects.sent_twice),
)
"""In this order: what needs two forms of a person, or a whole session, chooses before single forms are used up."""


def spoil(
    field: Field,
    programme: Programme,
    plan: Sequence[Mapping[str, str]],
    venues: Sequence[Mapping[str, str]],
    random: Random,
    *,
    stress: bool = False,
) -> None:
    """Put the defects of the demo profile, or of the stress profile, into a field.

    A form gets at most one seeded defect (a wrong clock hits whatever its tablet fills); a register may have several. A
    field too small for a kind gets fewer of it.
    """
    scene = Scene(field, programme, plan, {venue["name"]: venue for venue in venues}, random)
    units = {
        "sessions": len(scene.held()),
        "rows": sum(len(session.rows) for session in scene.held()),
        "surveys": len(field.surveys),
        "pairs": len(scene.pairs()),
        "tablets": 1 / STRESS,
    }
    for kind in KINDS:
        kind.make(scene, ceil(STRESS * units[kind.per]) if stress else kind.demo)


def forget_old_form(field: Field) -> None:
    """Nobody has an older form to hand out: all tablets use the newest."""
    for survey in field.surveys:
        survey.is_old_form = False
        survey.defects = [defect for defect in survey.defects if defect[0] != OLD_FORM]


def mark_what_happens_by_itself(field: Field) -> None:
    """Honest forms are late now and then, and whoever hurries is too fast: the checks are right to find them too."""
    for survey in field.surveys:
        known = {check for check, _ in survey.defects}
        if "QC30" not in known and survey.sent_at - survey.ended_at > LATE:
            survey.defects.append(("QC30", "chance"))
        if "QC17" not in known and survey.consents and _is_too_short(survey):
            survey.defects.append(("QC17", "habit"))


def _is_too_short(survey: SurveySheet) -> bool:
    usual = MINUTES[survey.wave] * (READ_ALOUD_FACTOR if survey.person.is_read_aloud else 1)
    return survey.ended_at - survey.started_at < timedelta(minutes=TOO_SHORT * usual)
