"""Everything that one nightly workbook shows, as one value. Made by jobs/export.py; read by the sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from collector.form.definition import FormVersion
from collector.form.history import Arrival, Decision, HeldDeletions, PastNight, Revised
from collector.form.programme import Programme
from collector.form.records import Completeness, QuarantinedFinding, Survey, VersionCount
from collector.indicators import shared
from collector.indicators.breakdowns import Breakdown, breakdowns
from collector.indicators.campaign import Session
from collector.indicators.coverage import people_of_districts
from collector.indicators.learning import ItemChange, Learning, Surveys, item_changes, learning
from collector.indicators.reach import Participants
from collector.indicators.results import Evidence, Indicator, indicators
from collector.indicators.retention import FollowUp
from collector.indicators.shared_periods import with_periods
from collector.indicators.told import Told
from collector.indicators.versions import Deployed
from collector.quality.decisions import CLOSING, standing
from collector.quality.issues import ERRORS, Issue, Records, issues
from collector.quality.linking import exact_only
from collector.workbook.cells import local
from collector.workbook.places import Places

Edition = Literal["internal", "shared"]
SHARED_SHEETS = ("ReadMe", "Summary", "Indicators", "Reach", "Coverage", "Knowledge", "Items")


@dataclass(frozen=True)
class Night:
    """The values of one night.

    versions: newest version by form key; a form that was never pulled is absent. made_at: aware; stamps the file.
    run: of the ledger, None for an export outside it. history: every version of each form, oldest first.
    revised: every change of a submission; arrivals: submissions that came since last_night, the kept night before.
    remarks: by form key, accepted submissions with warnings and submissions of which not everything could be checked.
    told: what the shared editions before told, in order. follow_up: None where programme.toml has no such survey.
    rebuilt_at: when a past night is made again, with made_at and run of then; None for a night of its own day.
    is_judged_anew: whether its verdicts may have been others then: by another engine, or with other keys.
    decisions: every one, in the order of reading. judged: the surveys and their links before any was excluded or
    unlinked by a decision, None where none was. cards: last digits of the card of a survey, by root_uuid.
    deployed: every form version, in the order of history; other_versions: by root_uuid, of submissions that were not
    filled with the newest.
    """

    programme: Programme
    versions: Mapping[str, FormVersion]
    made_at: datetime
    run: int | None
    counts: tuple[VersionCount, ...]
    completeness: Mapping[str, Completeness]
    quarantined: tuple[QuarantinedFinding, ...]
    sessions: tuple[Session, ...]
    people: Participants
    surveys: Sequence[Survey]
    linked: Surveys
    learning: tuple[Learning, ...]
    items: tuple[ItemChange, ...]
    edition: Edition = "internal"
    history: Mapping[str, tuple[FormVersion, ...]] = field(default_factory=dict)
    places: Places = field(default_factory=dict)
    remarks: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    revised: tuple[Revised, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    held: tuple[HeldDeletions, ...] = ()
    last_night: PastNight | None = None
    code_version: str = ""
    rebuilt_at: datetime | None = None
    is_judged_anew: bool = False
    follow_up: FollowUp | None = None
    decisions: tuple[Decision, ...] = ()
    judged: tuple[Sequence[Survey], Surveys] | None = None
    cards: Mapping[str, str] = field(default_factory=dict)
    told: tuple[Told, ...] = ()
    deployed: Deployed = field(default_factory=dict)
    other_versions: Mapping[str, str] = field(default_factory=dict)

    def changed(self, **changes: Any) -> Night:
        """The same night with another edition, language, places or cards: what is the same is not counted again."""
        night = replace(self, **changes)
        vars(night).update(indicators=self.indicators, breakdowns=self.breakdowns)
        vars(night).update({name: vars(self)[name] for name in ("found", "standing") if name in vars(self)})
        return night

    @property
    def is_shared(self) -> bool:
        """Whether the workbook leaves the programme: no small counts, no sessions, no people."""
        return self.edition == "shared"

    @property
    def today(self) -> date:
        """The day of the report in the programme's time zone."""
        return local(self.made_at, self.programme.time_zone).date()

    @property
    def evidence(self) -> Evidence:
        """What the indicators are made of."""
        return Evidence(
            self.programme,
            self.today,
            self.sessions,
            self.people,
            self.surveys,
            self.linked,
            self.learning,
            self.items,
            self.counts,
            self.follow_up,
            self._unclean(),
        )

    def _unclean(self) -> int:
        """Submissions that count, and that an open issue of severity S1 or S2 is about."""
        root_of = {(one.form, one.submission_id): one.root_uuid for one in self.quarantined}
        aside = {one.root_uuid for one in self.quarantined if one.keeps_out == "submission"}
        records = {record for issue in self.issues if issue.severity in ERRORS for record in issue.records}
        return len({root_of.get(one, "") if isinstance(one, tuple) else one for one in records} - aside - {""})

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """I01 to I20."""
        return indicators(self.evidence)

    @cached_property
    def differing_pairs(self) -> int:
        """Pairs whose surveys differ in sex or age group."""
        return sum(len(one.people) - one.exact for one in self.linked.scores)

    @cached_property
    def of_exact_pairs(self) -> tuple[Indicator, ...]:
        """I01 to I20 without the pairs in which something differs; nothing where there are none."""
        if not self.differing_pairs:
            return ()
        linked, programme = exact_only(self.linked), self.programme
        learned = tuple(learning(linked, self.sessions, programme, key) for key in programme.item_sets)
        items = item_changes(linked.pairs, programme)
        return indicators(replace(self.evidence, linked=linked, learning=learned, items=items))

    @property
    def shown(self) -> tuple[Indicator, ...]:
        """I01 to I20 as the edition may tell them."""
        return self.published.indicators if self.is_shared else self.indicators

    @cached_property
    def breakdowns(self) -> tuple[Breakdown, ...]:
        """Who came, by every breakdown; none before anybody did."""
        return breakdowns(self.sessions, self.people, self.programme.codes) if self.people else ()

    @cached_property
    def published(self) -> shared.Published:
        """What the shared edition may say."""
        people = *self.breakdowns, *people_of_districts(self.sessions, self.programme.codes)
        numbers = shared.Numbers(f"{self.today:%Y-%m}", self.indicators, people, self.learning, self.items)
        return with_periods(shared.published(numbers, self.told), self.evidence, self.told)

    @cached_property
    def found(self) -> tuple[Issue, ...]:
        """Everything that the checks find, decided or not."""
        surveys, linked = self.judged or (self.surveys, self.linked)
        return issues(
            Records(
                self.programme,
                self.today,
                self.sessions,
                surveys,
                linked,
                self.quarantined,
                self.completeness,
                self.held,
                self.revised,
            )
        )

    @cached_property
    def standing(self) -> Mapping[str, Decision]:
        """The decision that stands for an issue, by its id."""
        return dict(standing(self.decisions, self.found))

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What is open."""
        return tuple(issue for issue in self.found if not self.is_closed(issue))

    def is_closed(self, issue: Issue) -> bool:
        """Whether a decision has settled an issue."""
        decision = self.standing.get(issue.id)
        return decision is not None and decision.decision in CLOSING

    @property
    def data_as_of(self) -> datetime | None:
        """When the stalest form was last counted on the server; None before any pull."""
        return min((counted.counted_at for counted in self.completeness.values()), default=None)
