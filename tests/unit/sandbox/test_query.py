"""Queries match as on the real server: text compares as text, the unknown matches nothing; SQL never loses a match."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from collector.sandbox.query import matches, to_sql

ADA = {
    "_id": 7,
    "_uuid": "b",
    "meta/rootUuid": "uuid:a",
    "_submission_time": "2026-11-23T16:42:29",
    "hh/name": "Ada",
    "hh/size": "10",
    "_validation_status": {"uid": "validation_status_approved"},
    "hh/member": [{"hh/member/age": "34"}, {"hh/member/age": "7"}],
}
ROW = {"id": 7, "uuid": "b", "root_uuid": "a", "time": "2026-11-23T16:42:29"}


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({}, True),
        ({"hh/name": "Ada"}, True),
        ({"hh/size": 10}, False),
        ({"hh/size": {"$gt": "9"}}, False),  # "10" is before "9" in the alphabet
        ({"hh/size": {"$gt": "1"}}, True),
        ({"hh/size": {"$gt": 1}}, False),
        ({"_id": {"$gt": 6, "$lte": 7}}, True),
        ({"_id": {"$in": [1, 7]}}, True),
        ({"_id": {"$nin": [1, 7]}}, False),
        ({"_id": {"$foo": 1}}, False),
        ({"$where": "1"}, False),
        ({"hh/name": {"$ne": "Bo"}}, True),
        ({"hh/name": {"$regex": "^ad", "$options": "i"}}, True),
        ({"hh/name": {"$regex": "^ad"}}, False),
        ({"hh/name": {"$not": {"$regex": "^A"}}}, False),
        ({"nope": None}, True),
        ({"nope": {"$exists": False}}, True),
        ({"_validation_status.uid": "validation_status_approved"}, True),
        ({"_validation_status.uid": {"$exists": False}}, False),
        ({"_submission_time": {"$gte": "2026-11-23T16:42:29"}}, True),
        ({"_submission_time": {"$gte": "2026-11-23T16:42:29Z"}}, False),  # the zone makes it longer, hence later
        ({"_submission_time": {"$gt": "2026-11-23"}}, True),
        ({"meta/rootUuid": {"$in": ["uuid:a", "uuid:z"]}}, True),
        ({"meta/rootUuid": "a"}, False),
        ({"$or": [{"_id": 1}, {"hh/name": "Ada"}]}, True),
        ({"$and": [{"_id": 7}, {"hh/name": "Bo"}]}, False),
        ({"$nor": [{"_id": 1}, {"hh/name": "Bo"}]}, True),
        ({"hh/member": {"$elemMatch": {"hh/member/age": "7"}}}, True),
        ({"hh/member": {"$elemMatch": {"hh/member/age": "8"}}}, False),
    ],
)
def test_a_query_finds_what_the_real_server_finds(query: dict[str, Any], fits: bool) -> None:
    assert matches(ADA, query) is fits
    in_sql, is_whole = by_sql(query)
    assert in_sql or not fits
    assert not is_whole or in_sql is fits


def test_the_queries_of_a_pull_need_no_python() -> None:
    for query in ({"_id": {"$gt": 5}}, {"meta/rootUuid": {"$in": ["uuid:a"]}}, {"_submission_time": {"$gte": "2026"}}):
        assert by_sql(query) == (True, True)


def by_sql(query: dict[str, Any]) -> tuple[bool, bool]:
    """(whether the SQL condition keeps ADA's row, whether it says all of the query)."""
    condition, values, is_whole = to_sql(query)
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE submissions (id INTEGER, uuid TEXT, root_uuid TEXT, time TEXT)")
        connection.execute("INSERT INTO submissions VALUES (:id, :uuid, :root_uuid, :time)", ROW)
        row = connection.execute(f"SELECT 1 FROM submissions WHERE {condition}", values).fetchone()
    connection.close()
    return row is not None, is_whole
