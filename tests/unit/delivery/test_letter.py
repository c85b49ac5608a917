"""A mail says totals in three languages, and in the shared edition never a number that singles somebody out."""

import string
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from collector.delivery.digest import Digest, as_json, digest_of, from_json
from collector.delivery.letter import Alarm, News, letter
from collector.delivery.message import Attachment, message_bytes
from collector.delivery.words import LANGUAGES, Words, texts
from tests.support.night import empty_night, night

PARTS = ("totals", "changes", "actions")
DIGEST = Digest(
    as_of=datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
    participants=(802, 840),
    contacts=1211,
    sessions=(34, 40),
    pairs=(655, 790),
    knowledge={"professional": (21.25, 300), "community": (27.5, 355)},
    to_do={"quarantine": 3, "no_form": 2},
)


def news(**changes):
    about = {"title": "Campaign", "zone": "Asia/Baghdad", "run": 7, "edition": "internal", "digest": DIGEST}
    return News(**about | changes)


def written(language="en", parts=PARTS, **changes):
    return letter(news(**changes), Words(language), parts)


def test_every_text_is_there_in_every_language_with_the_same_facts():
    for key, by_language in texts().items():
        facts = [
            sorted(name for _, name, _, _ in string.Formatter().parse(text) if name) for text in by_language.values()
        ]
        assert set(by_language) == set(LANGUAGES), key
        assert facts == [facts[0]] * 3, key


def test_the_five_totals_what_changed_and_who_must_act():
    before = replace(DIGEST, participants=(790, 828), contacts=1215, knowledge={"professional": (20.0, 290)})
    text = written(before=before, since=date(2026, 11, 23)).text
    for line in (
        "Participants, low to high: 802 to 840",
        "Contacts (people in sessions, by headcount): 1,211",
        "Sessions held, of those planned: 34 of 40",
        "People paired before and after, of those expected: 655 of 790",
        "Change in knowledge, points of 100 · government and civil society: +21.2 (300 pairs)",
        "— Change since 2026-11-23 —",
        "Participants, low to high: +12",
        "Contacts (people in sessions, by headcount): -4",
        "Sessions held, of those planned: no change",
        "Change in knowledge, points of 100 · government and civil society: +1.2",
        "Change in knowledge, points of 100 · displaced people and host community: –",
        "Data manager: submissions in quarantine: 3 (sheet Quarantine)",
    ):
        assert line in text.splitlines()


def test_the_html_says_what_the_text_says():
    mail = written(before=DIGEST, since=date(2026, 11, 23))
    for line in filter(None, mail.text.splitlines()):
        for part in line.strip("— ").split(": "):
            assert part in mail.html


@pytest.mark.parametrize("language", ["ar", "ckb"])
def test_arabic_and_sorani_run_from_the_right_and_keep_their_facts_together(language):
    mail = written(language, before=DIGEST, since=date(2026, 11, 23))
    assert f'<html lang="{language}" dir="rtl">' in mail.html
    assert "\u20682026-11-23\u2069" in mail.text
    assert all(line.startswith("\u200f") for line in mail.text.splitlines() if line)


def test_a_group_that_wants_totals_only_gets_totals_only():
    text = written(parts=("totals",), before=DIGEST, since=date(2026, 11, 23)).text
    assert "Totals" in text
    assert "Change since" not in text
    assert "Who must act" not in text


def test_an_alarm_stands_in_the_subject_and_first():
    mail = written(alarms=[Alarm("late", {"due": "2026-11-23 02:00", "last": "2026-11-22 02:04"})])
    assert mail.subject.startswith("ALARM · ")
    assert mail.text.index("No workbook arrived: one was due on 2026-11-23 02:00") < mail.text.index("Totals")


def test_an_address_can_be_clicked_and_no_text_becomes_markup():
    mail = written(title="<b>A&B", place="https://files.example.org/collector.xlsx")
    assert '<a href="https://files.example.org/collector.xlsx"' in mail.html
    assert "<b>" not in mail.html
    assert "<a " not in written(place=r"\\server\share\collector.xlsx").html


def test_a_night_without_data_says_so():
    text = letter(news(digest=digest_of(empty_night())), Words("en"), PARTS).text
    assert "Change in knowledge: not reported (too few pairs)" in text
    assert "This is the first mail to you" in text
    assert "Data up to no pull yet" in text


def test_a_digest_comes_back_from_the_database_as_it_was():
    made = digest_of(night())
    assert from_json(as_json(made)) == made
    assert (made.participants, made.pairs, made.to_do["quarantine"]) == ((41, 41), (40, 40), 1)


def test_no_session_no_card_and_no_small_count_is_in_the_shared_digest():
    few = digest_of(night(8, edition="shared"))
    assert (few.participants, few.pairs, few.knowledge, few.to_do) == (None, None, {}, {})
    many = digest_of(night(edition="shared"))
    assert (many.participants, many.pairs, many.contacts) == ((41, 41), (40, 40), 400)


def test_a_message_names_no_recipient_and_sent_again_is_the_same_one():
    def message(**changes):
        about = {"sender": "collector@example.org", "group": "officers", "identity": (7, "internal"), "language": "ar"}
        now = datetime(2026, 11, 24, 5, tzinfo=UTC)
        return message_bytes(written("ar"), **about, now=now, **changes).decode("ascii")

    first = message()
    assert "To: officers:;\r\n" in first
    assert "Auto-Submitted: auto-generated" in first
    (identity,) = [line for line in first.splitlines() if line.startswith("Message-ID")]
    assert identity in message(attachment=Attachment("تقرير.xlsx", b"locked"))
    assert "spreadsheetml.sheet" in message(attachment=Attachment("تقرير.xlsx", b"locked"))
