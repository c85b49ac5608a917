"""What is judged again, without a server, when what it was judged by has changed; and what is left alone."""

import json
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from collector.form.judging import standard
from collector.form.judging.policy import Policy
from collector.reporting import judged
from jobs import rejudge, xforms
from tests.support.attendance import VERSION, attendance_content, attendance_media, root_uuid, submission, xml_of
from tests.support.databases import MOVING, contents
from tests.support.loading import destination, load_records, rows_of, with_cells, with_question

NEW_VENUE = "venue_of_tomorrow"


def verdicts(databases):
    return dict(rows_of(databases, "submissions", "submission_id", "verdict"))


def codes(databases):
    return rows_of(databases, "findings", "root_uuid", "outcome", "code", "path", "reason")


def counts(done):
    return done.judged, done.freed, done.caught, done.lost


def with_venue(media):
    """The media files with one more venue, in the district of submission 2."""
    district = json.loads(submission(2))["district"]
    head, *rows = media["venues.csv"].decode().splitlines()
    cells = dict(zip(head.split(","), rows[0].split(","), strict=False)) | {"name": NEW_VENUE, "district": district}
    return {**media, "venues.csv": "\n".join([head, *rows, ",".join(cells.values())]).encode()}


def test_nothing_is_judged_again_when_nothing_changed(databases):
    load_records(destination(databases), submission(1), submission(2, head_f="many"), submission(3, __version__="v?"))
    before = contents(databases.reporting)
    assert rejudge.affected(destination(databases)) == []
    assert counts(rejudge.rejudge(destination(databases))) == (0, 0, 0, 0)
    after = contents(databases.reporting)
    assert {**after, "runs": 0, "rejudgings": 0} == {**before, "runs": 0, "rejudgings": 0}


def venues(databases):
    return dict(rows_of(databases, "attendance", "root_uuid", "venue"))


def test_a_new_venue_comes_in_where_it_was_named_and_nowhere_else(databases):
    lost = submission(3, venue="venue_of_nobody")
    load_records(destination(databases), submission(1), submission(2, venue=NEW_VENUE), lost)
    assert verdicts(databases) == {1: "accepted", 2: "accepted", 3: "accepted"}
    assert (venues(databases)[root_uuid(2)], venues(databases)[root_uuid(3)]) == (None, None)
    media = with_venue(attendance_media())
    assert counts(rejudge.rejudge(destination(databases, media=media))) == (3, 0, 0, 0)
    assert (venues(databases)[root_uuid(2)], venues(databases)[root_uuid(3)]) == (NEW_VENUE, None)
    assert [row[:3] for row in codes(databases)] == [(root_uuid(3), "violation", "choice")]
    assert rejudge.affected(destination(databases, media=media)) == []


def test_a_venue_that_is_gone_is_left_out_again(databases):
    media = with_venue(attendance_media())
    load_records(destination(databases, media=media), submission(1), submission(2, venue=NEW_VENUE))
    assert counts(rejudge.rejudge(destination(databases))) == (2, 0, 0, 0)
    assert venues(databases)[root_uuid(2)] is None


def test_a_programme_that_wants_unknown_codes_out_gets_their_submissions_quarantined(databases):
    strict = Policy(Policy().codes | {"choice"})
    load_records(destination(databases, policy=strict), submission(1), submission(2, venue=NEW_VENUE))
    assert verdicts(databases) == {1: "accepted", 2: "quarantined"}
    media = with_venue(attendance_media())
    assert counts(rejudge.rejudge(destination(databases, media=media, policy=strict))) == (2, 1, 0, 0)
    assert venues(databases)[root_uuid(2)] == NEW_VENUE


def test_a_file_that_no_version_reads_judges_nothing_again(databases):
    load_records(destination(databases), submission(1))
    media = {**attendance_media(), "poster.png": b"a picture", "other.csv": b"name,label\n"}
    assert rejudge.affected(destination(databases, media=media)) == []


def test_only_versions_that_read_a_changed_file_are_judged_again(databases):
    plain = with_cells("venue", type="text", choice_filter="", select_from_list_name=None, file=None)
    known = {VERSION: attendance_content(), "v2": plain}
    load_records(destination(databases, known), submission(1), submission(2, __version__="v2"))
    again = destination(databases, known, media=with_venue(attendance_media()))
    assert rejudge.affected(again) == [1]


def test_a_policy_moves_a_code_between_quarantine_and_warning_and_back(databases):
    lenient = Policy(Policy().codes - {"constraint"})
    broken = submission(1, head_f="151")
    load_records(destination(databases), broken, submission(2), submission(3, head_f="many"))
    once = contents(databases.reporting, but=MOVING)
    assert rejudge.affected(destination(databases, policy=lenient)) == [1]
    assert counts(rejudge.rejudge(destination(databases, policy=lenient))) == (1, 1, 0, 0)
    assert verdicts(databases) == {1: "accepted", 2: "accepted", 3: "quarantined"}
    assert (root_uuid(1), "violation", "constraint", "head_f", "") in codes(databases)
    with databases.reporting.connect() as connection:
        assert judged.told(connection) == {"attendance": judged.Told(warned=1, unsure=0)}
    assert counts(rejudge.rejudge(destination(databases))) == (1, 0, 1, 0)
    back = contents(databases.reporting, but=MOVING)
    assert {**back, "runs": 0, "rejudgings": 0} == {**once, "runs": 0, "rejudgings": 0}


def test_a_policy_about_one_question_moves_those_with_a_finding_there_and_back(databases):
    people = json.loads(submission(2))["register"]
    people[1]["register/age_group"] = "a12"
    load_records(destination(databases), submission(1, venue=NEW_VENUE), submission(2, register=people))
    assert verdicts(databases) == {1: "accepted", 2: "accepted"}
    careful = Policy(Policy().codes | {"choice:register/age_group", "choice:register/age%group"})
    assert rejudge.affected(destination(databases, policy=careful)) == [2]
    assert counts(rejudge.rejudge(destination(databases, policy=careful))) == (1, 0, 1, 0)
    assert verdicts(databases) == {1: "accepted", 2: "quarantined"}
    assert rejudge.affected(destination(databases, policy=careful)) == []
    assert counts(rejudge.rejudge(destination(databases))) == (1, 1, 0, 0)


def test_what_leaves_no_rows_stays_out_whatever_the_policy(databases):
    to = destination(databases, policy=Policy(frozenset()))
    load_records(to, submission(1, head_f="many"), submission(2, __version__="v?"), submission(3, head_f="151"))
    assert verdicts(databases) == {1: "quarantined", 2: "quarantined", 3: "accepted"}


def test_a_new_edition_of_the_engine_judges_everything_again(databases, monkeypatch):
    load_records(destination(databases), submission(1), submission(2, head_f="many"))
    monkeypatch.setattr(standard, "ENGINE", "next")
    monkeypatch.setattr(xforms, "ENGINE", "next")
    assert counts(rejudge.rejudge(destination(databases))) == (2, 0, 0, 0)
    assert rejudge.affected(destination(databases)) == []
    assert {each.partition(":")[0] for (each,) in rows_of(databases, "submissions", "judged_by")} == {"next"}


def test_a_form_is_compiled_once_in_a_process(databases):
    first = destination(databases).versions.get(VERSION).judge
    assert destination(databases).versions.get(VERSION).judge is first
    media = with_venue(attendance_media())
    assert destination(databases, media=media).versions.get(VERSION).judge is not first
    assert destination(databases).versions.get(VERSION).judge is first


def test_what_was_judged_before_there_were_standards_is_judged_again(databases):
    load_records(destination(databases), submission(1), submission(2))
    with databases.reporting.begin() as connection:
        judged.note_standard(connection, "attendance", [root_uuid(2)], None)
    assert rejudge.affected(destination(databases)) == [2]


def test_an_unknown_version_that_becomes_known_is_judged(databases):
    load_records(destination(databases, {}), submission(1), submission(2, head_f="many"))
    assert verdicts(databases) == {1: "quarantined", 2: "quarantined"}
    assert counts(rejudge.rejudge(destination(databases))) == (2, 1, 0, 0)
    assert codes(databases)[0][1:4] == ("violation", "type", "head_f")


def test_a_form_that_cannot_be_judged_by_waits_and_is_judged_when_it_can(databases, monkeypatch):
    unfinished = with_question("mood", "integer", relevant="${nobody} = 1")
    load_records(destination(databases, {VERSION: unfinished}), submission(1), submission(2))
    assert {row[2] for row in codes(databases)} == {"form_not_judgeable"}
    assert rejudge.affected(destination(databases, {})) == []
    with databases.reporting.connect() as connection:
        assert "nobody" in xforms.forms.unjudgeable_versions(connection)[0][2]
    monkeypatch.setattr(standard, "ENGINE", "next")
    monkeypatch.setattr(xforms, "ENGINE", "next")
    monkeypatch.setattr(xforms.forms, "stored_content", lambda *_: with_question("mood", "integer"))
    assert counts(rejudge.rejudge(destination(databases, {}))) == (2, 2, 0, 0)


def test_a_submission_that_the_raw_store_has_lost_is_counted_and_left_alone(databases):
    load_records(destination(databases), submission(1))
    with databases.raw.begin() as connection:
        connection.exec_driver_sql("DELETE FROM raw_submissions")
    assert counts(rejudge.rejudge(destination(databases, media=with_venue(attendance_media())))) == (0, 0, 0, 1)
    assert verdicts(databases) == {1: "accepted"}


class Killed(BaseException):
    """The process ended between two statements."""


@contextmanager
def killed_at(engine, at):
    left = [at]

    def step(*_):
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    event.listen(engine, "before_cursor_execute", step)
    try:
        yield left
    finally:
        event.remove(engine, "before_cursor_execute", step)


def test_killed_at_any_statement_it_goes_on_where_it_stopped(databases, monkeypatch):
    monkeypatch.setattr(rejudge, "BATCH", 3)
    media = with_venue(attendance_media())
    numbers = range(1, 9)
    records = [submission(number, venue=NEW_VENUE) if number == 2 else submission(number) for number in numbers]

    def kept():
        tables = contents(databases.reporting, but=MOVING)
        return {name: rows for name, rows in tables.items() if name not in ("runs", "rejudgings", "media", "choices")}

    load_records(destination(databases), *records)
    before = kept()
    with killed_at(databases.reporting, -1) as left:
        rejudge.rejudge(destination(databases, media=media))
    total, expected = -left[0], kept()
    assert expected != before
    for at in range(total // 7, total, total // 7):
        rejudge.rejudge(destination(databases))
        assert kept() == before
        with pytest.raises(Killed), killed_at(databases.reporting, at):
            rejudge.rejudge(destination(databases, media=media))
        left_to_do = len(rejudge.affected(destination(databases, media=media)))
        assert left_to_do in (8, 5, 2, 0)
        assert rejudge.rejudge(destination(databases, media=media)).judged == left_to_do
        assert kept() == expected, f"killed at statement {at} of {total}"


def visits():
    """The form with a repeat whose rows can be empty, and a question that counts them."""
    labels = ["Visit"] * len(attendance_content()["translations"])
    repeat = [
        {"type": "begin_repeat", "name": "visit", "label": labels},
        {"type": "integer", "name": "minutes", "label": labels},
        {"type": "end_repeat"},
        {"type": "calculate", "name": "visits", "calculation": "count(${visit})"},
    ]
    return {**attendance_content(), "survey": [*attendance_content()["survey"], *repeat]}


def test_the_xml_is_fetched_where_empty_rows_may_explain_a_finding_and_nowhere_else(databases):
    asked = []

    def fetch(number):
        asked.append(number)
        rows = [{"visit/minutes": "5"}, {}, {}]
        return xml_of({**json.loads(records[number - 1]), "visit": rows})

    one_row = [{"visit/minutes": "5"}]
    records = [
        submission(1, visits="3", visit=one_row),
        submission(2, visits="1", visit=one_row),
        submission(3, visits="0", head_f="151"),
        submission(4, visits="9", visit=one_row),
    ]
    known = {VERSION: visits()}
    load_records(destination(databases, known, fetch_xml=fetch), *records)
    assert asked == [1, 4]
    assert verdicts(databases) == {1: "accepted", 2: "accepted", 3: "quarantined", 4: "quarantined"}
    with databases.reporting.begin() as connection:
        judged.note_standard(connection, "attendance", map(root_uuid, range(1, 5)), None)
    assert counts(rejudge.rejudge(destination(databases, known))) == (4, 0, 0, 0)
    assert asked == [1, 4]


def test_without_the_xml_the_finding_is_in_doubt_and_a_run_with_a_server_asks_again(databases):
    records = [submission(1, visits="2")]
    known = {VERSION: visits()}
    other = xml_of(json.loads(submission(1, **{"meta/instanceID": "uuid:another edit"})))
    for fetch in (None, lambda number: None, lambda number: other):
        load_records(destination(databases, known, fetch_xml=fetch), *records)
        rejudge.rejudge(destination(databases, known, fetch_xml=fetch))
        assert codes(databases) == [(root_uuid(1), "cannot_check", "calculate", "visits", "json_lossy")]
        assert verdicts(databases) == {1: "accepted"}
    assert rejudge.affected(destination(databases, known)) == []
    xml = xml_of({**json.loads(records[0]), "visit": [{}, {}]})
    assert rejudge.rejudge(destination(databases, known, fetch_xml=lambda number: xml)).judged == 1
    assert codes(databases) == []
