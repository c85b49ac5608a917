"""Every word that the workbook says on its own account, in one place. Labels of questions and choices are the forms'.

Read by the sheets through Words. Facts stand in braces. English now; another language is another mapping, same keys.
"""

from __future__ import annotations

from collections.abc import Mapping

from collector.workbook import texts_figures

ENGLISH: Mapping[str, str] = {
    "footer": "{title} · data as of {as_of} ({zone})",
    "never": "no pull yet",
    "contents": "Back to contents",
    "aside.rows": "{rows:,} rows are too many for this workbook: they are in {file}, on the sheet of this name.",
    "aside.of": "Rows of {file}, whose sheets explain them",
    # ReadMe
    "readme.subtitle": "Nightly workbook · data as of {as_of} ({zone})",
    "readme.this_file": "This file",
    "readme.as_of": "Data as of",
    "readme.made": "Workbook made",
    "readme.zone": "Time zone",
    "readme.zone_text": "{zone}. All dates and times in this workbook are in this zone.",
    "readme.run": "Run",
    "readme.run_text": "Run {run} of the ledger",
    "readme.run_none": "Made outside the ledger",
    "readme.round": "Rounds",
    "readme.design": "Design",
    "readme.design_text": (
        "Before/after, no comparison group. The same people answered the same questions before and after a session: "
        "what is shown is a change, never proof of impact."
    ),
    "readme.edition": "Edition",
    "readme.edition_internal": "Internal: for named people of the programme. To pass it on, make the shared edition.",
    "readme.edition_shared": (
        "Shared. Counts of 1 to 10 people are hidden, and others where a hidden one could be worked out from them. No "
        "sessions, no people, no shares of fewer than 30. Publish it by month or round: two editions of consecutive "
        "nights differ by single people."
    ),
    "hidden": "hidden",
    "readme.complete": "Is everything here?",
    "readme.form": "Form",
    "readme.equation": "What the last pull counted",
    "readme.on_server": "On the server",
    "readme.accepted": "Accepted",
    "readme.quarantined": "Quarantined",
    "readme.holds": "✓ holds: on the server {on_server:,} = accepted {accepted:,} + quarantined {quarantined:,}",
    "readme.missing": (
        "✗ does not hold: on the server {on_server:,}, but accepted {accepted:,} + quarantined {quarantined:,}: "
        "{missing:,} not pulled. Run `collector sync`."
    ),
    "readme.too_many": (
        "✗ does not hold: on the server {on_server:,}, but accepted {accepted:,} + quarantined {quarantined:,}: "
        "{missing:,} are no longer seen on the server and still counted here. `collector status` says why."
    ),
    "readme.never_pulled": "✗ not pulled yet: nothing is known about this form",
    "readme.version": "Version {version}",
    "readme.no_version": "Submissions that name no version",
    "readme.versions": "Forms and versions of the submissions in this workbook",
    "readme.sheets": "Sheets",
    "readme.definitions": "How to read the numbers",
    "sheet.Summary": "Reach by sex, age, governorate and audience, sessions against plan: charts and their numbers",
    "sheet.Knowledge": "Scores before and after, by item set, with intervals, tests and what to be careful about",
    "sheet.Sessions": "One row for each planned session: held or not, people, surveys, pairs",
    "sheet.Register": "One row for each person in a register who agreed to give details",
    "sheet.Quarantine": "Submissions that are kept but not counted, each with the reason and what to do",
    "sheet.Dictionary": "Every question and choice of the forms in three languages",
    "term.contact": "Contact",
    "term.contact_text": "One person in one session, by headcount. Contacts add up over sessions.",
    "term.participant": "Participant",
    "term.participant_text": (
        "One distinct person, by card, over the whole campaign, shown as a range. High: distinct cards. Low: less "
        "those who say that they came before (or are not sure) but whose earlier visit cannot be linked. Quote the low "
        "end. Participants do not add up over governorates, audiences or months: who came in two is counted in each."
    ),
    "term.refused": "Details refused",
    "term.refused_text": "Who refuses to give details is counted in the totals only, without a row in Register.",
    "term.score": "Score",
    "term.score_text": (
        "0 to 100: the mean credit over the items of the set. “I do not know” earns nothing. Where several choices are "
        "right, a wrong choice costs, so that choosing everything earns nothing. With more than two items missing "
        "there is no score."
    ),
    "term.sets": "Item sets",
    "term.sets_text": "Audiences are asked different items. Scores of two sets are never pooled or compared.",
    "term.pair": "Pair",
    "term.pair_text": (
        "A survey before and a survey after of the same card in the same session. The same survey sent twice counts "
        "once; two different surveys of one card are not paired. Everything on Knowledge is about pairs only."
    ),
    "term.interval": "95 % CI",
    "term.interval_text": (
        "Confidence interval of the mean change that takes people of one session as alike (session-clustered, t with "
        "sessions − 1 degrees of freedom). Shares have Wilson's interval."
    ),
    "term.small": "Small numbers",
    "term.small_text": (
        "Fewer than 10 pairs: no mean and no share. 10 to 29: no interval, no test. Fewer than 10 sessions: the range "
        "of session means instead of an interval. Fewer than 60 % paired: no change; 60 to 74 %: flagged."
    ),
    "term.threshold": "Reached {threshold:g} %",
    "term.threshold_text": "Score of {threshold:g} or more; the threshold is fixed before a round.",
    # Summary
    "summary.subtitle": "Data as of {as_of} ({zone}) · run {run} · before/after, no comparison group",
    "summary.participants": "Participants",
    "summary.participants_sub": "distinct people, low to high; quote the low end",
    "summary.contacts": "Contacts",
    "summary.contacts_sub": "people in the room, all held sessions",
    "summary.held": "Sessions held",
    "summary.held_sub": "{share:.0%} of those due by {today}",
    "summary.held_none": "none was due by {today}",
    "summary.target_reached": " · target {target:g} % reached",
    "summary.target_missed": " · below the target of {target:g} %",
    "summary.women": "Women among participants",
    "summary.women_sub": "{women:,} of {said:,} who gave their sex",
    "summary.change": "Knowledge: {item_set}",
    "summary.points": "points",
    "summary.change_sub": "{before:.1f} → {after:.1f} of 100, {pairs:,} pairs{interval}",
    "summary.interval": "; 95 % CI {low:.1f} to {high:.1f}",
    "summary.no_number": "–",
    "summary.no_women": "fewer than 10 people",
    "summary.numbers": "The numbers behind the charts",
    "summary.by_age": "Participants by age and sex",
    "summary.by_governorate": "Participants by governorate and sex",
    "summary.by_audience": "Participants by audience and sex",
    "summary.over_time": "Sessions held against plan",
    "summary.age": "Age",
    "summary.governorate": "Governorate",
    "summary.audience": "Audience",
    "summary.week": "Week from Sunday",
    "summary.col_women": "Women",
    "summary.col_men": "Men",
    "summary.col_unsaid": "Not said",
    "summary.col_low": "People, low",
    "summary.col_high": "People, high",
    "summary.col_share": "Women, %",
    "summary.col_planned": "Planned",
    "summary.col_held": "Held",
    "summary.col_contacts": "Contacts",
    "summary.col_planned_so_far": "Planned so far",
    "summary.col_held_so_far": "Held so far",
    "summary.col_held_share": "Held so far, %",
    "summary.total": "Campaign",
    "summary.unknown": "Not said",
    "reach.unknown": "Not said or not asked",
    "summary.people_axis": "People (high count)",
    "summary.sessions_axis": "Sessions so far",
    "summary.empty": "No session has been held yet: the charts appear with the first register.",
    "summary.empty_plan": "No session plan is at hand: it comes with the forms' media files when they are pulled.",
    "summary.notes": (
        "People are distinct cards (the high count). “Not said” holds who preferred not to answer and who refused "
        "details. A person seen in two governorates or audiences is counted in each."
    ),
    "summary.alt_people": "Bar chart, {title}: {facts}.",
    "summary.alt_fact": "{label} {women:,} women and {men:,} men",
    "summary.alt_weeks": "Line chart of sessions by week: {held:,} held of {planned:,} planned up to the last week.",
    # Knowledge
    "knowledge.title": "Knowledge before and after",
    "knowledge.note": (
        "Before/after, no comparison group: change, never impact. Pairs only. Points of 100. Scores of the item sets "
        "are never pooled or compared."
    ),
    "knowledge.set": "Set",
    "knowledge.set_label": "Who is asked",
    "knowledge.pairs": "Pairs",
    "knowledge.sessions": "Sessions",
    "knowledge.pairing": "Paired, % of register",
    "knowledge.before": "Before",
    "knowledge.after": "After",
    "knowledge.change": "Change",
    "knowledge.low": "95 % CI low",
    "knowledge.high": "95 % CI high",
    "knowledge.passed_before": "≥ {threshold:g} before",
    "knowledge.passed_after": "≥ {threshold:g} after",
    "knowledge.passed_low": "≥ {threshold:g} after, CI low",
    "knowledge.passed_high": "≥ {threshold:g} after, CI high",
    "knowledge.gain": "Gain ⟨g⟩",
    "knowledge.worse": "Scored lower after",
    "knowledge.effect": "Effect d_av, corrected",
    "knowledge.wilcoxon": "p, Wilcoxon",
    "knowledge.biserial": "Rank-biserial",
    "knowledge.equal": "Equal pairs, left out of it",
    "knowledge.alpha": "Alpha (KR-20), before",
    "knowledge.unpaired": "Before, unpaired people",
    "knowledge.flag": "Read with care",
    "knowledge.item": "Item",
    "knowledge.question": "Question",
    "knowledge.right_before": "Right before",
    "knowledge.right_after": "Right after",
    "knowledge.points": "Change, points",
    "knowledge.gained": "Wrong → right",
    "knowledge.lost": "Right → wrong",
    "knowledge.gained_share": "Gained, % of wrong before",
    "knowledge.lost_share": "Lost, % of right before",
    "knowledge.dont_know_before": "Do not know before",
    "knowledge.dont_know_after": "Do not know after",
    "knowledge.p": "p, exact McNemar, Holm",
    "knowledge.right_n_before": "Right before, people",
    "knowledge.right_n_after": "Right after, people",
    "knowledge.empty": "No pair yet: a pair needs the survey before and the survey after of one card in one session.",
    "knowledge.chart_items": "Right answers by item, before and after",
    "knowledge.chart_sets": "Mean score by item set, before and after",
    "knowledge.score_axis": "Score, 0 to 100",
    "knowledge.share_axis": "Share of pairs",
    "knowledge.alt_items": "Bar chart of right answers by item: {facts}.",
    "knowledge.alt_item": "{item} {before:.0%} before, {after:.0%} after",
    "knowledge.alt_sets": "Bar chart of mean scores by item set: {facts}.",
    "knowledge.alt_set": "{item_set} {before:.1f} before, {after:.1f} after",
    "knowledge.weakest": "⚑ One of the three weakest after",
    "knowledge.losses": "Loss above 10 %",
    "knowledge.few": "Fewer than 30 pairs: no test",
    "knowledge.hidden": "n < 10",
    "flag.too_small": "Fewer than 10 pairs: no mean, no share.",
    "flag.small": "Fewer than 30 pairs: no interval.",
    "flag.few_sessions": "Fewer than 10 sessions: no interval.",
    "flag.session_means": "Session means {low:+.1f} to {high:+.1f}.",
    "flag.pairing_low": "⚑ Only {pairing:.0%} paired.",
    "flag.unpaired": "Mean before of people without an after survey: {unpaired:.1f}.",
    "flag.pairing_too_low": "⚑ Only {pairing:.0%} paired: no change reported.",
    "flag.alpha": "Alpha below 0.5: look at the items.",
    "flag.ceiling": "High before: no normalised gain.",
    # Sessions
    "sessions.title": "Sessions",
    "sessions.note": (
        "One row for each session of the plan, and for sessions outside it. {held:,} held, {contacts:,} contacts. "
        "Days are those of {zone}."
    ),
    "sessions.legend": "Topics: {topics}",
    "sessions.session": "Session",
    "sessions.planned_on": "Planned for",
    "sessions.held_on": "Held on",
    "sessions.status": "Status",
    "sessions.round": "Round",
    "sessions.governorate": "Governorate",
    "sessions.district": "District",
    "sessions.audience": "Audience",
    "sessions.modules": "Topics covered",
    "sessions.minutes": "Minutes",
    "sessions.time_share": "% of planned time",
    "sessions.women": "Women",
    "sessions.men": "Men",
    "sessions.register": "In the register",
    "sessions.refused": "Refused details",
    "sessions.before": "Before surveys",
    "sessions.after": "After surveys",
    "sessions.pairs": "Pairs",
    "sessions.pairing": "Pairing %",
    "sessions.remarks": "Note",
    "sessions.no_form": "No form yet",
    "sessions.planned": "Planned",
    "sessions.unplanned": "not in the plan",
    "sessions.wrong_day": "the day held cannot be: counted on the planned day",
    "sessions.several": "{reports} forms came, the earliest counts",
    "sessions.no_register": "no register",
    "sessions.few_pairs": "pairing below 75 %",
    "sessions.outnumbered": "register has {more} more than the headcount",
    "sessions.empty": "No plan and no session form yet: they come with the first pull.",
    "sessions.unnamed": "(no session named)",
    # Register
    "register.title": "Register",
    "register.note": (
        "One row for each person who agreed to give details; no card, no key. Details refused: {refused:,}, counted in "
        "the totals only."
    ),
    "register.session": "Session",
    "register.held_on": "Held on",
    "register.row": "Row in the register",
    "register.governorate": "Governorate",
    "register.audience": "Audience",
    "register.sex": "Sex",
    "register.age_group": "Age group",
    "register.org_type": "Organisation",
    "register.role": "Role",
    "register.displacement": "Displacement",
    "register.district": "District of work or home",
    "register.attendance": "Attended",
    "register.earlier": "Came before",
    "register.surveys": "Surveys answered",
    "register.both": "before and after",
    "register.before": "before only",
    "register.after": "after only",
    "register.none": "none",
    "register.empty": "No register row yet: rows come with the first accepted session form.",
    # Quarantine
    "quarantine.title": "Quarantine",
    "quarantine.note": (
        "Submissions that are kept as received but counted nowhere until they are corrected on the server. One row for "
        "each thing that is wrong. Look a submission up on the server by its number (_id)."
    ),
    "quarantine.form": "Form",
    "quarantine.submission": "Submission (_id)",
    "quarantine.submitted_at": "Received ({zone})",
    "quarantine.code": "What is wrong",
    "quarantine.question": "Question",
    "quarantine.path": "Where in the form",
    "quarantine.sheet_row": "Row in the survey sheet",
    "quarantine.message": "What it means and what to do",
    "quarantine.empty": "Nothing is in quarantine: every submission that was pulled could be read and is counted.",
    "code.not_an_integer": "Not a whole number",
    "code.number_too_large": "Number too large",
    "code.not_a_decimal": "Not a number",
    "code.not_a_date": "Not a date",
    "code.not_a_time": "Not a time",
    "code.not_a_datetime": "Not a date and time",
    "code.datetime_without_zone": "No time zone",
    "code.not_a_geopoint": "Not a location",
    "code.not_text": "Not one value",
    "code.not_a_repeat": "Not a list of rows",
    "code.control_character": "Unreadable character",
    "code.unknown_question": "Unknown question",
    "code.unknown_choice": "Unknown choice",
    "code.unknown_version": "Unknown form version",
    "code.unreadable_submission": "Unreadable submission",
    "code.duplicate_identity": "Same identity twice",
    "code.question_retyped": "Question changed its type",
    "code.refused_by_database": "Refused by the database",
    "code.": "No reason recorded",
    # Dictionary
    "dictionary.title": "Dictionary",
    "dictionary.note": (
        "Every question of the newest form versions and its choices. A question without a label is filled by "
        "the tablet."
    ),
    "dictionary.form": "Form",
    "dictionary.question": "Question",
    "dictionary.entry": "Entry",
    "dictionary.type": "Type",
    "dictionary.code": "Code",
    "dictionary.is_question": "Question",
    "dictionary.is_choice": "Choice",
    "dictionary.empty": "No form yet: the forms' definitions come with the first pull.",
}
LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": {**ENGLISH, **texts_figures.ENGLISH}}


class Words:
    """The workbook's own words in one language."""

    def __init__(self, language: str) -> None:
        self.texts = LANGUAGES[language]

    def __call__(self, key: str, **facts: object) -> str:
        """The text of a key with its facts put in."""
        return self.texts[key].format(**facts) if facts else self.texts[key]

    def known(self, key: str, otherwise: str) -> str:
        """The text of a key that may be new to us, such as the code of a finding."""
        return self.texts.get(key, otherwise)
