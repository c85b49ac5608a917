"""The folder of files: each once, whole or not at all."""

import hashlib

import pytest

from collector.errors import AttachmentsFolder
from collector.reporting.blobs import Blobs

CONTENT = b"a photograph"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_file_is_found_under_its_hash(tmp_path):
    blob = Blobs(tmp_path).keep(CONTENT)
    assert (blob.sha256, blob.size) == (SHA256, len(CONTENT))
    assert Blobs(tmp_path).path(SHA256).read_bytes() == CONTENT


def test_the_same_bytes_are_stored_once_whatever_they_were_called(tmp_path):
    blobs = Blobs(tmp_path)
    for name in ("one", "two"):
        partial = blobs.partial("visit", name)
        partial.write_bytes(CONTENT)
        blobs.adopt(partial)
    assert files_in(tmp_path) == [f"{SHA256[:2]}/{SHA256}"]


def test_what_is_still_coming_in_is_not_visible_and_is_found_again(tmp_path):
    partial = Blobs(tmp_path).partial("visit", "https://example.org", "aX", "1", "att1")
    partial.write_bytes(b"a pho")
    assert partial.parent == tmp_path / "partial" / "visit"
    assert Blobs(tmp_path).partial("visit", "https://example.org", "aX", "1", "att1") == partial
    assert Blobs(tmp_path).partial("visit", "https://example.org", "aX", "1", "att2") != partial


def test_halves_that_nobody_waits_for_go_with_their_marks_and_those_of_other_forms_stay(tmp_path):
    blobs = Blobs(tmp_path)
    gone, wanted, elsewhere = blobs.partial("visit", "1"), blobs.partial("visit", "2"), blobs.partial("survey", "1")
    for partial in (gone, wanted, elsewhere):
        partial.write_bytes(b"a pho")
        partial.with_suffix(".mark").write_text("etag")
    blobs.tidy("visit", [wanted])
    kept = {partial for each in (wanted, elsewhere) for partial in (each, each.with_suffix(".mark"))}
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == kept


def test_a_folder_that_cannot_be_says_what_to_do(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AttachmentsFolder, match="name another"):
        Blobs(tmp_path / "file").check()
