"""Everything that one nightly workbook shows, as one value. Made by jobs/export.py; read by the sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from collector.form.definition import FormVersion
from collector.form.programme import Programme
from collector.form.records import Completeness, QuarantinedFinding, Survey, VersionCount
from collector.indicators.campaign import Session
from collector.indicators.learning import ItemChange, Learning, Surveys
from collector.indicators.reach import Person
from collector.indicators.results import Evidence, Indicator, indicators
from collector.workbook.cells import local

Edition = Literal["internal", "shared"]
SHARED_SHEETS = ("ReadMe", "Indicators", "Reach", "Knowledge", "Items")


@dataclass(frozen=True)
class Night:
    """The values of one night.

    versions: newest version by form key; a form that was never pulled is absent. made_at: aware; stamps the file.
    run: of the ledger, None for an export outside it.
    """

    programme: Programme
    versions: Mapping[str, FormVersion]
    made_at: datetime
    run: int | None
    counts: tuple[VersionCount, ...]
    completeness: Mapping[str, Completeness]
    quarantined: tuple[QuarantinedFinding, ...]
    sessions: tuple[Session, ...]
    people: tuple[Person, ...]
    surveys: tuple[Survey, ...]
    linked: Surveys
    learning: tuple[Learning, ...]
    items: tuple[ItemChange, ...]
    edition: Edition = "internal"

    @property
    def is_shared(self) -> bool:
        """Whether the workbook leaves the programme: no small counts, no sessions, no people."""
        return self.edition == "shared"

    @property
    def today(self) -> date:
        """The day of the report in the programme's time zone."""
        return local(self.made_at, self.programme.time_zone).date()

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """I01 to I20."""
        return indicators(
            Evidence(
                self.programme,
                self.today,
                self.sessions,
                self.people,
                self.surveys,
                self.linked,
                self.learning,
                self.items,
                self.counts,
            )
        )

    @property
    def data_as_of(self) -> datetime | None:
        """When the stalest form was last counted on the server; None before any pull."""
        return min((counted.counted_at for counted in self.completeness.values()), default=None)
