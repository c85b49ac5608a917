"""A digest → one mail in one language: subject, plain text, and the same as simple HTML. Pure; sent by post.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Literal

from collector.delivery.digest import Digest, Of
from collector.delivery.words import Words
from collector.workbook.cells import local
from collector.workbook.look import ACCENT, BAD, FAINT, GREY, INK, LATIN
from collector.workbook.night import Edition

Part = Literal["totals", "changes", "actions"]
RTL_MARK = "\u200f"
SANS = f"{LATIN}, 'Segoe UI', Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that should have arrived and did not. code: a text of mail.toml; facts: what stands in it."""

    code: str
    facts: Mapping[str, object]

    def told(self, words: Words) -> str:
        return words(f"alarm.{self.code}", **self.facts)


@dataclass(frozen=True, slots=True)
class News:
    """What a letter is about. before: the digest of the last mail to the same people, made on the day `since`.

    labels: of the item sets, for languages that have no name for one. place: where the workbook is, "" for no link.
    """

    title: str
    zone: str
    run: int
    edition: Edition
    digest: Digest
    before: Digest | None = None
    since: date | None = None
    alarms: Sequence[Alarm] = ()
    labels: Mapping[str, str] | None = None
    place: str = ""
    is_attached: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail without its addresses."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading with lines, or with rows of cells; is_bad: printed in the colour of alarms."""

    heading: str
    lines: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    is_bad: bool = False


def letter(news: News, words: Words, parts: Sequence[Part]) -> Letter:
    """The mail with these parts; alarms and the way to the workbook are in every one."""
    as_of = local(news.digest.as_of, news.zone) if news.digest.as_of else None
    shown = _moment(as_of) if as_of else words("never")
    subject = words("subject", title=news.title, as_of=_day(as_of.date()) if as_of else words("never"))
    if news.alarms:
        subject = f"{words('alarm')} · {subject}"
    opening = [words("as_of", as_of=shown, zone=news.zone), words("design"), words(f"edition.{news.edition}")]
    blocks = list(_blocks(news, words, parts))
    closing = words("footer", run=news.run)
    return Letter(subject, _text(opening, blocks, closing, words), _html(subject, opening, blocks, closing, words))


def _blocks(news: News, words: Words, parts: Sequence[Part]) -> Iterator[_Block]:
    if news.alarms:
        yield _Block(words("heading.alarm"), [alarm.told(words) for alarm in news.alarms], is_bad=True)
    totals = list(_totals(news.digest, words, news.labels or {}))
    if "totals" in parts:
        yield _Block(words("heading.totals"), rows=[(label, value) for label, value, _ in totals])
    if "changes" in parts and news.before and news.since:
        earlier = {label: numbers for label, _, numbers in _totals(news.before, words, news.labels or {})}
        rows = [(label, _change(numbers, earlier.get(label), words)) for label, _, numbers in totals]
        yield _Block(words("heading.changes", since=_day(news.since)), rows=rows)
    elif "changes" in parts:
        yield _Block("", [words("changes.first")])
    if "actions" in parts and news.edition == "internal":
        todo = [words(f"act.{name}", count=f"{count:,}") for name, count in news.digest.to_do.items()]
        yield _Block(words("heading.actions"), todo or [words("act.nothing")])
    if news.is_attached:
        yield _Block(words("heading.workbook"), [words("workbook.attached")])
    elif news.place:
        yield _Block(words("heading.workbook"), [words("workbook.link", place=news.place)])


Numbers = tuple[float, ...]


def _totals(digest: Digest, words: Words, labels: Mapping[str, str]) -> Iterator[tuple[str, str, Numbers]]:
    """Label, value in words, and the numbers whose change is told."""
    yield _total("participants", digest.participants, "range", ("low", "high"), words)
    contacts = None if digest.contacts is None else (float(digest.contacts),)
    hidden = words("value.hidden")
    yield words("total.contacts"), words.fact(f"{contacts[0]:,.0f}") if contacts else hidden, contacts or ()
    yield _total("sessions", digest.sessions, "of", ("count", "of"), words)
    yield _total("pairs", digest.pairs, "of", ("count", "of"), words)
    for name, (change, pairs) in digest.knowledge.items():
        label = words("total.knowledge", item_set=words.known(f"set.{name}", labels.get(name, name)))
        yield label, words("value.points", points=f"{change:+.1f}", pairs=f"{pairs:,}"), (round(change, 1),)
    if not digest.knowledge:
        yield words("total.no_knowledge"), words("value.too_few"), ()


def _total(name: str, numbers: Of | None, form: str, facts: Sequence[str], words: Words) -> tuple[str, str, Numbers]:
    if numbers is None:
        return words(f"total.{name}"), words("value.hidden"), ()
    told = {fact: f"{number:,}" for fact, number in zip(facts, numbers, strict=True)}
    return words(f"total.{name}"), words(f"value.{form}", **told), tuple(map(float, numbers[:1]))


def _change(now: Numbers, before: Numbers | None, words: Words) -> str:
    if not now or not before:
        return words("value.hidden") if not now else "–"
    step = now[0] - before[0]
    if not step:
        return words("change.none")
    return words.fact(f"{step:+,.0f}" if step.is_integer() else f"{step:+,.1f}")


def _text(opening: Sequence[str], blocks: Sequence[_Block], closing: str, words: Words) -> str:
    lines = [*opening]
    for block in blocks:
        lines += ["", f"— {block.heading} —"] if block.heading else [""]
        lines += [f"{label}: {value}" for label, value in block.rows] or block.lines
    mark = RTL_MARK if words.is_rtl else ""
    return "".join(f"{mark}{line}\n" if line else "\n" for line in [*lines, "", closing])


def _html(subject: str, opening: Sequence[str], blocks: Sequence[_Block], closing: str, words: Words) -> str:
    direction, side = ("rtl", "right") if words.is_rtl else ("ltr", "left")
    body = [f'<p style="margin:0 0 4px;color:#{GREY}">{escape(line)}</p>' for line in opening]
    for block in blocks:
        color = BAD if block.is_bad else INK
        if block.heading:
            body.append(f'<h2 style="margin:20px 0 6px;font-size:16px;color:#{color}">{escape(block.heading)}</h2>')
        body += [f'<p style="margin:0 0 4px;color:#{color}">{_linked(line)}</p>' for line in block.lines]
        rows = "".join(_row(label, value, side) for label, value in block.rows)
        body.append(f'<table role="presentation" style="border-collapse:collapse">{rows}</table>' if rows else "")
    body.append(f'<p style="margin:24px 0 0;color:#{GREY};font-size:12px">{escape(closing)}</p>')
    style = f"font-family:{SANS};font-size:14px;color:#{INK};text-align:{side};max-width:640px"
    return (
        f'<!doctype html>\n<html lang="{words.language}" dir="{direction}"><head><meta charset="utf-8">'
        f"<title>{escape(subject)}</title></head>\n"
        f'<body style="{style}">\n' + "\n".join(filter(None, body)) + "\n</body></html>\n"
    )


def _row(label: str, value: str, side: str) -> str:
    style = f"padding:4px 0;border-bottom:1px solid #{FAINT};text-align:{side}"
    other = "left" if side == "right" else "right"
    return (
        f'<tr><td style="{style};padding-{other}:24px">{escape(label)}</td>'
        f'<td style="{style};font-weight:bold">{escape(value)}</td></tr>'
    )


def _linked(line: str) -> str:
    """A line whose web address can be clicked; a share's path stays text."""
    words = escape(line).split(" ")
    for number, word in enumerate(words):
        address = word.strip("\u2068\u2069")
        if address.startswith(("https://", "http://")):
            words[number] = word.replace(address, f'<a href="{address}" style="color:#{ACCENT}">{address}</a>')
    return " ".join(words)


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
