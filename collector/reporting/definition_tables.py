"""The fixed tables that say what the forms ask, in every version and language, and in which columns answers stand.

Beside tables.py, in the same database and the same migrations. Written by layouts.py and dictionary.py; read by
views.py, and by people: docs/database.md.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from collector.reporting.tables import metadata

form_tables = Table(
    "form_tables",
    metadata,
    Column("form", String, primary_key=True),
    Column("version", String, primary_key=True, comment="'' for columns that no version feeds any more"),
    Column("table_name", String, primary_key=True),
    Column("stem", String, nullable=False, comment="shared by all tables of one repeat"),
    Column("repeat", String, nullable=False, comment="path of the repeat in this version, '' for the form itself"),
    Column(
        "key_columns",
        String,
        nullable=False,
        comment="key columns beside submission_id and root_uuid, separated by blanks",
    ),
    Column("number", Integer, nullable=False, comment="1; from 2: columns that had no room in the first"),
    Column("position", Integer, nullable=False, comment="in the version, from 1"),
    Column("laid_out", Integer, nullable=False, comment="order in which versions were laid out, from 1"),
)
question_columns = Table(
    "question_columns",
    metadata,
    Column("form", String, primary_key=True),
    Column("version", String, primary_key=True, comment="a version that feeds the column"),
    Column("table_name", String, primary_key=True),
    Column("column_name", String, primary_key=True),
    Column("stem", String, nullable=False, comment="shared by all columns of one question, of whatever type and name"),
    Column("path", String, nullable=False, comment="the question in this version"),
    Column("kind", String, nullable=False, comment="what answers are in this version: integer, select_one …"),
    Column("part", String, nullable=False, comment="'' the whole answer; latitude …; a choice's name"),
    Column("is_card", Boolean, nullable=False, comment="the column holds person_key"),
    Column("position", Integer, nullable=False, comment="in the table, from 1"),
)
questions = Table(
    "questions",
    metadata,
    Column("form", String, primary_key=True),
    Column("version", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("group_path", String, nullable=False, comment="group or repeat around it, '' for none"),
    Column("repeat", String, nullable=False, comment="innermost repeat around it, '' for none"),
    Column("type", String, nullable=False, comment="the sheet's word: calculate, select_one …"),
    Column("kind", String, nullable=False, comment="what answers are: text, integer, select_one …"),
    Column("list_name", String, nullable=False, comment="choice list or media file, '' for none"),
    Column("is_pii", Boolean, nullable=False, comment="no column holds its answers"),
    Column("renamed_from", String, nullable=False),
    Column("sheet_row", Integer, comment="row of the survey sheet, where known"),
    Column("position", Integer, nullable=False, comment="order in the version, from 1"),
)
question_labels = Table(
    "question_labels",
    metadata,
    Column("form", String, primary_key=True),
    Column("version", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("language", String, primary_key=True, comment="as the sheet names it: English (en); '' for none"),
    Column("label", Text, nullable=False),
    Column("hint", Text, nullable=False),
)
choices = Table(
    "choices",
    metadata,
    Column("form", String, primary_key=True),
    Column("list_name", String, primary_key=True, comment="of the choices sheet, or a media file"),
    Column("name", String, primary_key=True, comment="the code that answers hold"),
    Column("language", String, primary_key=True, comment="as the sheet names it: English (en); '' for none"),
    Column("version", String, primary_key=True, comment="'' for the rows of a media file, which has no versions"),
    Column("label", Text, nullable=False),
    Column("position", Integer, nullable=False, comment="order in the list, from 1"),
    Column("is_current", Boolean, nullable=False, comment="false: gone from its media file; the label is its last"),
    Column("is_newest", Boolean, nullable=False, comment="one row a code and language: what views show"),
    Index("ix_choices_newest", "form", "list_name", "language", "name", "is_newest"),
)
