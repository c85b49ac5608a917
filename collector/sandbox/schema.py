"""The tables of a sandbox's SQLite file. Used by store.py only."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS users (
    username TEXT PRIMARY KEY, uid TEXT NOT NULL, organization_uid TEXT NOT NULL, email TEXT NOT NULL,
    digest TEXT NOT NULL,          -- MD5(username:realm:password), the HA1 of RFC 2617; the password itself is not kept
    is_superuser INTEGER NOT NULL, joined TEXT NOT NULL, token TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS assets (
    number INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, owner TEXT NOT NULL REFERENCES users,
    name TEXT NOT NULL, asset_type TEXT NOT NULL, settings TEXT NOT NULL, extras TEXT NOT NULL,
    created TEXT NOT NULL, modified TEXT NOT NULL, version_uid TEXT NOT NULL, is_deleted INTEGER NOT NULL DEFAULT 0,
    created_by TEXT, modified_by TEXT);  -- by whom over the API; imports leave them empty
CREATE TABLE IF NOT EXISTS versions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, asset_uid TEXT NOT NULL REFERENCES assets (uid),
    content TEXT NOT NULL, content_hash TEXT NOT NULL, modified TEXT NOT NULL, deployed TEXT, deployed_number INTEGER);
CREATE INDEX IF NOT EXISTS versions_of_asset ON versions (asset_uid);
CREATE TABLE IF NOT EXISTS deployments (
    number INTEGER PRIMARY KEY AUTOINCREMENT, asset_uid TEXT NOT NULL UNIQUE REFERENCES assets (uid),
    uuid TEXT NOT NULL UNIQUE, version_uid TEXT NOT NULL, is_active INTEGER NOT NULL, deployed TEXT NOT NULL,
    title TEXT NOT NULL, description TEXT NOT NULL, label TEXT NOT NULL, xform TEXT NOT NULL,
    repeats TEXT NOT NULL, geopoints TEXT NOT NULL, last_submission TEXT);
CREATE TABLE IF NOT EXISTS imports (
    uid TEXT PRIMARY KEY, username TEXT NOT NULL, created TEXT NOT NULL, status TEXT NOT NULL,
    messages TEXT NOT NULL, task TEXT NOT NULL, workbook BLOB);
CREATE TABLE IF NOT EXISTS files (
    number INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, asset_uid TEXT NOT NULL REFERENCES assets (uid),
    username TEXT NOT NULL, file_type TEXT NOT NULL, description TEXT NOT NULL, created TEXT NOT NULL,
    metadata TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS media (  -- the files as of the last deployment: what tablets get
    number INTEGER PRIMARY KEY AUTOINCREMENT, asset_uid TEXT NOT NULL REFERENCES assets (uid), file_uid TEXT NOT NULL,
    metadata TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS grants (
    uid TEXT PRIMARY KEY, asset_uid TEXT NOT NULL REFERENCES assets (uid), username TEXT NOT NULL,
    codename TEXT NOT NULL, partial TEXT, UNIQUE (asset_uid, username, codename));
CREATE TABLE IF NOT EXISTS submissions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, asset_uid TEXT NOT NULL REFERENCES assets (uid),
    root_uuid TEXT NOT NULL, uuid TEXT NOT NULL, submitted_by TEXT, time TEXT NOT NULL, created TEXT NOT NULL,
    modified TEXT NOT NULL, visible_from TEXT NOT NULL,  -- "" at once
    status TEXT NOT NULL DEFAULT '',
    xml_hash TEXT NOT NULL, xml BLOB NOT NULL,
    document TEXT NOT NULL,        -- the ready answer of the data API
    UNIQUE (asset_uid, root_uuid));
-- a page is counted from this index alone
CREATE INDEX IF NOT EXISTS submissions_of_asset ON submissions (asset_uid, id, visible_from, time);
CREATE INDEX IF NOT EXISTS submissions_by_uuid ON submissions (asset_uid, uuid);
CREATE TABLE IF NOT EXISTS superseded (  -- instance ids replaced by an edit
    asset_uid TEXT NOT NULL, uuid TEXT NOT NULL, submission_id INTEGER NOT NULL, PRIMARY KEY (asset_uid, uuid));
CREATE INDEX IF NOT EXISTS superseded_of_submission ON superseded (submission_id);
CREATE TABLE IF NOT EXISTS attachments (
    uid TEXT PRIMARY KEY, submission_id INTEGER NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    name TEXT NOT NULL, mimetype TEXT NOT NULL, path TEXT NOT NULL, question TEXT NOT NULL, content BLOB NOT NULL,
    UNIQUE (submission_id, name));
CREATE TABLE IF NOT EXISTS daily_counts (
    asset_uid TEXT NOT NULL, day TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (asset_uid, day));
CREATE TABLE IF NOT EXISTS history (
    number INTEGER PRIMARY KEY AUTOINCREMENT, asset_uid TEXT NOT NULL, username TEXT, action TEXT NOT NULL,
    created TEXT NOT NULL, root_uuid TEXT, metadata TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_of_asset ON history (asset_uid, number);
"""
