"""Defects of the session form and its register, each made `count` times in a scene. Called by defects.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from collector.tablets.scene import Scene
from collector.tablets.session_sheets import displaced
from collector.tablets.sheets import SessionSheet

FRIDAY = 4


def session_form_missing(scene: Scene, count: int) -> None:
    """QC07: surveys came in, the session form was never sent."""
    for session in scene.take(_small(scene), count):
        session.sends = False
        scene.mark(session, "QC07")


def register_missing(scene: Scene, count: int) -> None:
    """QC12: the session was held, nobody is in its register."""
    for session in scene.take(_small(scene), count):
        session.rows = []
        scene.mark(session, "QC12")


def headcount_off(scene: Scene, count: int) -> None:
    """QC13: more people counted in the room than are in the register."""
    for session in scene.take(scene.sessions(), count):
        session.women += scene.random.randint(6, 9)
        scene.mark(session, "QC13")


def date_off(scene: Scene, count: int) -> None:
    """QC15: in turn a date a year before the round, and a Friday."""
    for number, session in enumerate(scene.take(scene.sessions(), count)):
        if number % 2 == 0:
            session.day = session.day.replace(year=session.day.year - 1)
        else:
            session.day -= timedelta(days=(session.day.weekday() - FRIDAY) % 7)
        scene.mark(session, "QC15")


def far_from_venue(scene: Scene, count: int) -> None:
    """QC21: the location is some hundred metres from the venue; every third time 12 km."""
    asked = scene.sessions(lambda session: session.location is not None and session.venue_type != "camp")
    for number, session in enumerate(scene.take(asked, count)):
        metres = 12_000.0 if number % 3 == 2 else scene.random.uniform(600, 1500)
        venue = scene.venues[session.plan["venue"]]
        session.location = displaced(venue, metres, scene.random.uniform(5, 20), scene.random)
        scene.mark(session, "QC21")


def district_elsewhere(scene: Scene, count: int) -> None:
    """QC37: the district belongs to another governorate; the form would refuse it, so it is changed afterwards."""
    path = scene.programme.session_form[1].questions.district
    for session in scene.take(scene.sessions(), count):
        elsewhere = [row["district"] for row in scene.plan if row["governorate"] != session.plan["governorate"]]
        session.tampered[path] = scene.random.choice(sorted(set(elsewhere)))
        scene.mark(session, "QC37")


def card_twice(scene: Scene, count: int) -> None:
    """QC03: a row typed twice in the register; every third time with the other sex: not the same person."""
    rows = [(session, row) for session in scene.held() if session.sends for row in session.rows if row.consents]
    for number, (session, row) in enumerate(scene.take(rows, count)):
        other = {"f": "m", "m": "f"}[row.sex] if number % 3 == 2 else row.sex
        session.rows.append(replace(row, sex=other))
        session.defects.append(("QC03", "seeded"))


def _small(scene: Scene) -> list[SessionSheet]:
    """The smaller half of the sessions: what is lost with a whole session should not decide the campaign's figures."""
    sessions = sorted(scene.sessions(), key=lambda session: len(session.rows))
    return sessions[: max(1, len(sessions) // 2)]
