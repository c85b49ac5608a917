"""A page of submissions becomes raw records, rows, findings and a watermark, whatever is in it."""

import json

import pytest
from sqlalchemy import text

from collector.form.judging.policy import Policy
from collector.kobo.submission import digest_of
from collector.reporting import ledger, raw
from collector.reporting.queries import quarantined_findings
from tests.support.attendance import VERSION, attendance_content, card, root_uuid, submission
from tests.support.databases import MOVING, contents
from tests.support.loading import ASSET, count_of, destination, load_records, rows_of, with_cells, with_question


def with_rows(number, rows, **changes):
    """The submission with these rows of its register, by position."""
    register = json.loads(submission(number))["register"]
    return submission(number, register=[register[row] for row in rows], **changes)


def verdicts(databases):
    return rows_of(databases, "submissions", "root_uuid", "verdict")


def codes(databases):
    return rows_of(databases, "findings", "root_uuid", "code", "path")


def test_loading_a_page_twice_equals_loading_it_once(databases):
    records = [submission(number) for number in range(1, 6)]
    load_records(destination(databases), *records)
    once = contents(databases.reporting, but=MOVING)
    counts = load_records(destination(databases), *records)
    assert (counts.new, counts.changed, counts.unchanged) == (0, 0, 5)
    assert {**contents(databases.reporting, but=MOVING), "runs": once["runs"]} == once


def test_each_row_of_the_register_is_a_row_with_its_position(databases):
    load_records(destination(databases), submission(1))
    people = json.loads(submission(1))["register"]
    expected = [(root_uuid(1), index, person["register/sex"]) for index, person in enumerate(people, 1)]
    assert rows_of(databases, "attendance_register", "root_uuid", "repeat_index", "sex") == sorted(expected, key=repr)


def test_an_unchanged_submission_is_not_written_again(databases):
    first = destination(databases)
    load_records(first, submission(1), submission(2))
    load_records(destination(databases), submission(1), submission(2, venue_type="hotel"))
    assert rows_of(databases, "submissions", "submission_id", "last_run") == [(1, first.run), (2, first.run + 1)]


def test_an_edit_replaces_what_it_changed_and_removes_the_rows_it_removed(databases):
    load_records(destination(databases), submission(1), submission(2))
    edited = with_rows(2, [0, 2], venue_gps=None, **{"meta/instanceID": "uuid:edit"})
    counts = load_records(destination(databases), edited)
    assert (counts.new, counts.changed) == (0, 1)
    kept = [
        row for row in rows_of(databases, "attendance_register", "root_uuid", "repeat_index") if row[0] == root_uuid(2)
    ]
    assert kept == [(root_uuid(2), 1), (root_uuid(2), 2)]
    assert (root_uuid(2), None) in rows_of(databases, "attendance", "root_uuid", "venue_gps_latitude")
    assert (root_uuid(2), "edit") in rows_of(databases, "submissions", "root_uuid", "instance_id")


def test_the_run_that_first_saw_a_submission_is_remembered(databases):
    load_records(first := destination(databases), submission(1))
    load_records(second := destination(databases), submission(1, venue_type="hotel"))
    assert rows_of(databases, "submissions", "first_run", "last_run") == [(first.run, second.run)]


def test_of_a_code_that_nobody_knows_the_answer_alone_is_left_out(databases):
    people = json.loads(submission(1))["register"]
    people[1]["register/sex"] = "someone"
    load_records(destination(databases), submission(1, audience="martians", register=people), submission(2))
    assert verdicts(databases) == [(root_uuid(1), "accepted"), (root_uuid(2), "accepted")]
    assert codes(databases) == [(root_uuid(1), "choice", "audience"), (root_uuid(1), "choice", "register[2]/sex")]
    assert (root_uuid(1), None) in rows_of(databases, "attendance", "root_uuid", "audience")
    rows = rows_of(databases, "attendance_register", "root_uuid", "repeat_index", "sex")
    assert [index for root, index, sex in rows if sex is None] == [2]
    with databases.reporting.connect() as connection:
        found = quarantined_findings(connection, Policy())
    assert [(each.path, each.keeps_out) for each in found] == [("audience", "answer"), ("register[2]/sex", "answer")]


def test_what_follows_from_a_code_that_nobody_knows_keeps_the_submission_out(databases):
    """Whoever did not say yes was asked nothing: an answer beside an unknown consent is one without consent."""
    people = json.loads(submission(1))["register"]
    people[0]["register/consent_reg"] = "perhaps"
    load_records(destination(databases), submission(1, register=people))
    assert verdicts(databases) == [(root_uuid(1), "quarantined")]
    with databases.reporting.connect() as connection:
        found = quarantined_findings(connection, Policy())
    assert [(each.code, each.keeps_out) for each in found] == [("choice", "submission")]


def test_a_district_of_another_governorate_is_told_and_stays(databases):
    districts = {json.loads(submission(number))["governorate"]: number for number in range(1, 40)}
    (_, first), (_, other), *_ = sorted(districts.items())
    district = json.loads(submission(other))["district"]
    load_records(destination(databases), submission(first, district=district))
    assert verdicts(databases) == [(root_uuid(first), "accepted")]
    assert "choice_not_offered" in {code for _, code, _ in codes(databases)}
    assert rows_of(databases, "attendance", "district") == [(district,)]


def test_of_several_findings_the_one_that_keeps_out_is_marked(databases):
    load_records(destination(databases), submission(1, audience="martians", head_f="151"))
    with databases.reporting.connect() as connection:
        found = quarantined_findings(connection, Policy())
        of_before = quarantined_findings(connection, Policy(frozenset()))
    assert [(each.path, each.keeps_out) for each in found] == [("head_f", "submission"), ("audience", "")]
    assert {each.keeps_out for each in of_before} == {"submission"}


def test_an_unreadable_answer_keeps_its_submission_out_and_lets_the_rest_in(databases):
    counts = load_records(destination(databases), submission(1, head_f="many"), submission(2))
    assert (counts.new, counts.quarantined) == (2, 1)
    assert verdicts(databases) == [(root_uuid(1), "quarantined"), (root_uuid(2), "accepted")]
    assert codes(databases) == [(root_uuid(1), "type", "head_f")]
    message = "the answer is not a whole number; correct it in the server's data table."
    assert rows_of(databases, "findings", "reason", "message") == [("not_an_integer", message)]
    assert rows_of(databases, "attendance", "root_uuid") == [(root_uuid(2),)]


def test_a_submission_leaves_quarantine_when_it_is_corrected_and_enters_it_when_it_is_spoilt(databases):
    load_records(destination(databases), submission(1, head_f="many"), submission(2))
    load_records(destination(databases), submission(1), submission(2, head_f="many"))
    assert verdicts(databases) == [(root_uuid(1), "accepted"), (root_uuid(2), "quarantined")]
    assert codes(databases) == [(root_uuid(2), "type", "head_f")]
    assert {row[0] for row in rows_of(databases, "attendance_register", "root_uuid")} == {root_uuid(1)}


def test_what_is_in_quarantine_is_left_alone_by_a_pull(databases):
    load_records(destination(databases, {}), submission(1))
    assert load_records(destination(databases), submission(1)).unchanged == 1


@pytest.mark.parametrize("version", ["vNobodyKnows", ""])
def test_a_submission_of_an_unknown_version_waits_in_quarantine(databases, version):
    load_records(destination(databases), submission(1, __version__=version), submission(2))
    assert verdicts(databases) == [(root_uuid(1), "quarantined"), (root_uuid(2), "accepted")]
    assert codes(databases) == [(root_uuid(1), "unknown_version", "")]


def test_a_submission_whose_metadata_cannot_be_read_is_kept_under_its_number(databases):
    broken = submission(1, **{"_submission_time": "yesterday"})
    load_records(destination(databases), broken, submission(2))
    assert verdicts(databases) == [(root_uuid(2), "accepted"), ("id-1", "quarantined")]
    assert codes(databases) == [("id-1", "unreadable_submission", "")]
    load_records(destination(databases), submission(1), submission(2))
    assert verdicts(databases) == [(root_uuid(1), "accepted"), (root_uuid(2), "accepted")]
    assert codes(databases) == []


def test_a_number_no_decoder_takes_does_not_stop_the_page(databases):
    endless = submission(1).replace(b'"head_f":"9"', b'"head_f":1e999')
    load_records(destination(databases), *[endless, submission(2)])
    assert verdicts(databases) == [(root_uuid(2), "accepted"), ("id-1", "quarantined")]


def test_characters_that_no_database_stores_are_found_and_stop_nothing(databases):
    spoilt = [submission(1, deviceid="a\0b"), submission(2, _submitted_by="e\0"), submission(3, **{"a\0b": "1"})]
    load_records(destination(databases), *spoilt, submission(4))
    assert codes(databases) == [
        (root_uuid(1), "type", "deviceid"),
        (root_uuid(3), "unknown_field", "a?b"),
        ("id-2", "unreadable_submission", ""),
    ]
    assert rows_of(databases, "attendance", "root_uuid") == [(root_uuid(3),), (root_uuid(4),)]


def test_of_two_submissions_with_one_identity_none_is_lost(databases):
    twin = submission(2, **{"meta/rootUuid": f"uuid:{root_uuid(1)}"})
    load_records(destination(databases), submission(1), twin)
    assert rows_of(databases, "submissions", "root_uuid", "submission_id", "verdict") == [
        (root_uuid(1), 2, "accepted"),
        ("id-1", 1, "quarantined"),
    ]
    again = contents(databases.reporting, but=MOVING)
    load_records(destination(databases), submission(1), twin)
    assert contents(databases.reporting, but=MOVING)["submissions"] == again["submissions"]


def test_a_deleted_submission_that_is_sent_again_takes_the_place_of_the_first(databases):
    load_records(destination(databases), submission(1))
    load_records(destination(databases), submission(7, **{"meta/rootUuid": f"uuid:{root_uuid(1)}"}), after=6)
    assert rows_of(databases, "submissions", "root_uuid", "submission_id") == [(root_uuid(1), 7)]


def test_rows_and_watermark_move_together_or_not_at_all(databases, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    to = destination(databases)
    monkeypatch.setattr(ledger, "move_watermark", killed)
    with pytest.raises(Killed):
        load_records(to, submission(1))
    monkeypatch.undo()
    assert [count_of(databases, name) for name in ("submissions", "attendance", "watermarks")] == [0, 0, 0]
    load_records(to, submission(1))
    assert [count_of(databases, name) for name in ("submissions", "attendance", "watermarks")] == [1, 1, 1]


def test_what_was_received_is_kept_byte_for_byte_in_every_state(databases):
    edited = json.dumps(json.loads(submission(1, venue_type="hotel")), indent=2).encode()
    load_records(destination(databases), submission(1), submission(2))
    load_records(destination(databases), edited, submission(2))
    with databases.raw.connect() as connection:
        received = {digest_of(record): record for record in (submission(1), submission(2), edited)}
        assert raw.raw_bodies(connection, ASSET, received) == received


def test_only_the_submission_that_the_database_refuses_is_set_aside(databases):
    to = destination(databases)
    load_records(to, submission(1))
    with databases.reporting.begin() as connection:
        connection.execute(text("CREATE UNIQUE INDEX own_rule ON attendance (deviceid)"))
    records = [submission(number, deviceid=str(100 + number)) for number in range(2, 9)]
    records[3] = submission(5, deviceid="102")
    counts = load_records(to, *records, after=1)
    assert (counts.new, counts.quarantined) == (7, 1)
    assert codes(databases) == [(root_uuid(5), "refused_by_database", "")]


def test_rows_that_nobody_knows_of_are_replaced(databases):
    """Somebody deleted from the ledger by hand."""
    load_records(destination(databases), submission(1), submission(2))
    before = rows_of(databases, "attendance", "root_uuid", "head_f")
    with databases.reporting.begin() as connection:
        connection.exec_driver_sql("DELETE FROM submissions WHERE submission_id = 1")
        connection.exec_driver_sql("UPDATE attendance SET head_f = -1")
        connection.exec_driver_sql("UPDATE attendance_register SET sex = 'wrong'")
    assert load_records(destination(databases), submission(1), submission(2), submission(3)).new == 2
    assert verdicts(databases) == [(root_uuid(number), "accepted") for number in (1, 2, 3)]
    after = rows_of(databases, "attendance", "root_uuid", "head_f")
    assert [row for row in before if row[0] == root_uuid(1)] == [row for row in after if row[0] == root_uuid(1)]
    wrong = [row for row in rows_of(databases, "attendance_register", "root_uuid", "sex") if row[1] == "wrong"]
    assert {root for root, _ in wrong} == {root_uuid(2)}


def test_no_card_and_no_pii_enters_the_reporting_database(databases):
    numbers = range(1, 40)
    load_records(destination(databases), *[submission(number) for number in numbers], submission(40, head_f="many"))
    everything = contents(databases.reporting)
    text_of_all = repr({name: rows for name, rows in everything.items() if name not in ("media", "form_versions")})
    cards = {str(card(number * 37 + row)) for number in [*numbers, 40] for row in range(1, 21)}
    assert not [each for each in cards if each in text_of_all]
    assert not {"cards_first", "cards_last", "card"} & {
        *everything["attendance"][0],
        *everything["attendance_register"][0],
    }
    assert all(len(row["person_key"]) == 32 for row in everything["attendance_register"])


def test_a_new_question_adds_a_column_and_leaves_earlier_rows_alone(databases):
    to = destination(databases, {VERSION: attendance_content(), "v2": with_question("mood", "integer")})
    load_records(to, submission(1), submission(2, __version__="v2", mood="4"))
    assert rows_of(databases, "attendance", "root_uuid", "mood") == [(root_uuid(1), None), (root_uuid(2), 4)]


def test_an_edit_with_an_older_version_leaves_nothing_of_the_newer(databases):
    to = destination(databases, {VERSION: attendance_content(), "v2": with_question("mood", "integer")})
    load_records(to, submission(1, __version__="v2", mood="4"))
    load_records(to, submission(1))
    assert rows_of(databases, "attendance", "root_uuid", "mood") == [(root_uuid(1), None)]


def test_a_question_that_changed_its_type_goes_on_in_a_column_of_its_new_one_and_comes_back(databases):
    text_now = with_cells("head_f", type="text", constraint=None)
    to = destination(databases, {VERSION: attendance_content(), "v2": text_now, "v3": attendance_content()})
    load_records(
        to, submission(1), submission(2, __version__="v2", head_f="twelve"), submission(3, __version__="v3", head_f="5")
    )
    assert rows_of(databases, "attendance", "root_uuid", "head_f", "head_f__text") == [
        (root_uuid(1), 9, None),
        (root_uuid(2), None, "twelve"),
        (root_uuid(3), 5, None),
    ]
    assert codes(databases) == []


def test_an_edit_with_the_version_of_another_type_moves_the_answer_and_says_so(databases):
    text_now = with_cells("head_f", type="text", constraint=None)
    to = destination(databases, {VERSION: attendance_content(), "v2": text_now})
    load_records(to, submission(1))
    load_records(to, submission(1, __version__="v2", head_f="nine", **{"meta/instanceID": "uuid:edit"}))
    assert rows_of(databases, "attendance", "head_f", "head_f__text") == [(None, "nine")]
    assert ("head_f", "9", "nine") in rows_of(databases, "revision_changes", "path", "old", "new")


def test_a_register_that_moved_into_another_repeat_has_a_table_of_its_own_and_the_old_rows_stay(databases):
    to = destination(databases, {VERSION: attendance_content(), "v2": moved_into("visit", "register")})
    people = json.loads(submission(2))["register"][:2]
    visits = [{"visit/register": [{f"visit/{key}": answer for key, answer in row.items()} for row in people]}] * 2
    women = 2 * [row["register/sex"] for row in people].count("f")
    counted = {"register_rows": "4", "register_f": f"{women}", "register_m": f"{4 - women}", "headcount_gap": "12"}
    load_records(to, submission(1), submission(2, __version__="v2", register=None, visit=visits, **counted))
    assert codes(databases) == []
    assert {row[0] for row in rows_of(databases, "attendance_register", "root_uuid")} == {root_uuid(1)}
    keys = rows_of(databases, "attendance_visit__register", "root_uuid", "visit_index", "repeat_index")
    assert keys == [(root_uuid(2), visit, row) for visit in (1, 2) for row in (1, 2)]


def moved_into(outer, inner):
    """The content of the form with one of its repeats moved into a new one."""
    survey = []
    for row in attendance_content()["survey"]:
        if row.get("name") == inner:
            survey.append({"type": "begin_repeat", "name": outer})
        survey.append(row)
        if row["type"] == "end_repeat":
            survey.append({"type": "end_repeat"})
    return {**attendance_content(), "survey": survey}
