"""Tablets in the field: fetch the deployed forms, fill them as a campaign says, send them over OpenRosa.

Called by jobs (`collector demo`, `collector tablets`) and by tests. Works against any KoboToolbox server. Each worker
(workers.py) has a Java machine of its own; a tablet belongs to one worker and sends in the order of its days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from collector.errors import TabletError
from collector.tablets.campaign import Campaign
from collector.tablets.controls import read_controls
from collector.tablets.filled import Filled
from collector.tablets.openrosa import BlankForm, OpenRosa
from collector.tablets.workers import (
    Engine,
    Orders,
    RefusedForm,
    Tokens,
    each_in_a_process,
    in_this_process,
    token_of,
)

OnSent = Callable[[int, int, str], None]
"""Called with how many forms are done, of how many, and a label for a progress line ("tablet-03 · pre_survey")."""


@dataclass(frozen=True)
class Sent:
    """What came of it. engine: "javarosa", or "plain" with the reason why there is no Java in `engine_reason`."""

    total: int
    by_form: Mapping[str, int]
    refused: tuple[RefusedForm, ...]
    engine: str
    engine_reason: str = ""


def run_tablets(
    server_url: str,
    tokens: Tokens,
    campaign: Campaign,
    *,
    count: int = 12,
    workers: int = 2,
    on_sent: OnSent = lambda done, total, label: None,
    engine: Engine = "auto",
    backdated: bool = False,
    old_forms: Mapping[str, BlankForm] | None = None,
) -> Sent:
    """Fill and send all forms of a campaign.

    tokens: by user name, or one token for all forms.
    count: tablets; the campaign's own twelve are merged onto fewer. workers: processes; 0 works in this process.
    engine: "auto" takes JavaRosa, or the plain writer where Java cannot be started.
    backdated: the server stores the simulated time of receipt; for the sandbox, and only there.
    old_forms: by form key, for the tablet that did not fetch the newest form.
    Running it again on the same campaign sends nothing twice: the instance ids are the same.
    Raises TabletError, and the ServerError of a server that is away, busy, or does not know a token.
    """
    blank = fetch_blank_forms(server_url, tokens, campaign)
    shares = _shares([_on_tablet(form, count) for form in campaign.forms], max(workers, 1))
    orders = [Orders(server_url, tokens, share, blank, old_forms or {}, engine, backdated) for share in shares]
    by_form: Counter[str] = Counter()
    refused: list[RefusedForm] = []
    engines: dict[str, str] = {}
    for report in each_in_a_process(orders) if workers else in_this_process(orders):
        engines[report.engine] = report.engine_reason
        if report.refused:
            refused.append(report.refused)
        else:
            by_form[report.form_key] += 1
        on_sent(by_form.total() + len(refused), len(campaign.forms), report.label)
    named = "plain" if "plain" in engines else "javarosa"  # one worker without Java is worth saying
    return Sent(by_form.total(), dict(by_form), tuple(refused), named, engines.get(named, ""))


def fetch_blank_forms(server_url: str, tokens: Tokens, campaign: Campaign) -> dict[str, BlankForm]:
    """The server's forms by the campaign's form keys: a key's form is the one that has all the questions it answers.

    Raises TabletError where none or more than one fits.
    """
    if not campaign.forms:
        return {}
    server = OpenRosa(server_url)
    try:
        listed = server.fetch_blank_forms(token_of(tokens, campaign.forms[0].username))
    finally:
        server.close()
    asked = [(form, _questions(form)) for form in listed]
    return {key: _the_one(key, answered, asked) for key, answered in _answered(campaign.forms).items()}


def _questions(form: BlankForm) -> frozenset[str]:
    controls = read_controls(form.form_xml)
    return frozenset(controls.by_path) | controls.repeats


def _answered(forms: Sequence[Filled]) -> dict[str, set[str]]:
    """Paths of all questions that a form key's forms answer."""
    answered: dict[str, set[str]] = {}
    for form in forms:
        answered.setdefault(form.form_key, set()).update(form.answers)
    return answered


def _the_one(key: str, answered: set[str], asked: Sequence[tuple[BlankForm, frozenset[str]]]) -> BlankForm:
    fitting = [form for form, questions in asked if answered <= questions]
    if len(fitting) == 1:
        return fitting[0]
    problem = "no deployed form has" if not fitting else f"{len(fitting)} deployed forms have"
    advice = "deploy the forms" if not fitting else "archive all but one"
    raise TabletError(f"{problem} all questions of '{key}': {advice}, and give the tablets' users the right to submit.")


def _on_tablet(form: Filled, count: int) -> Filled:
    """The form on one of `count` tablets, numbered from 1."""
    number = int(form.device.rsplit("-", 1)[-1])
    return replace(form, device=f"tablet-{(number - 1) % max(count, 1) + 1:02d}")


def _shares(forms: Sequence[Filled], workers: int) -> list[list[Filled]]:
    """The forms of each worker: whole tablets, so that each sends in its own order; the largest go out first."""
    sizes = Counter(form.device for form in forms)
    shares: list[set[str]] = [set() for _ in range(workers)]
    for device, _ in sizes.most_common():
        min(shares, key=lambda share: sum(sizes[name] for name in share)).add(device)
    return [[form for form in forms if form.device in share] for share in shares if share]
