from collector.workbook.labels import Labels
from tests.support.campaign import PROGRAMME
from tests.support.night import ATTENDANCE

LABELS = Labels(PROGRAMME, {"attendance": ATTENDANCE}, "en")


def test_a_code_is_shown_by_its_label():
    assert LABELS.choice("attendance", "governorate", "erbil") == "Erbil"


def test_a_label_missing_in_our_language_is_shown_in_another_and_says_which():
    role = PROGRAMME.session_form[1].people.role
    assert LABELS.choice("attendance", role, "lead") == "مسؤول [ar]"
    assert LABELS.question("attendance", role) == "الدور [ar]"


def test_a_code_that_the_form_does_not_know_is_shown_itself_and_no_answer_as_nothing():
    assert LABELS.choice("attendance", "governorate", "atlantis") == "atlantis"
    assert LABELS.choice("attendance", "governorate", None) == ""
    assert LABELS.choice("unknown_form", "governorate", "erbil") == "erbil"


def test_a_title_that_names_all_its_languages_is_cut_to_ours():
    assert LABELS.form("attendance") == "Attendance"
    assert Labels(PROGRAMME, {"attendance": ATTENDANCE}, "ckb").form("attendance") == "ئامادەبوون"
