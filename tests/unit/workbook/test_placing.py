"""A workbook is put in place whole or not at all, and what stands in the way is named."""

from pathlib import Path

import pytest

from collector.errors import FolderNotWritable
from collector.workbook.placing import check_folder, make_folder, placed, put_in_place


def test_a_file_is_replaced_whole_and_nothing_is_left_beside(tmp_path):
    path = tmp_path / "collector.xlsx"
    put_in_place(b"old", path)
    put_in_place(b"new", path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("collector.xlsx", b"new")]


def test_a_missing_folder_is_said_so(tmp_path):
    with pytest.raises(FolderNotWritable, match="folder is missing"):
        put_in_place(b"", tmp_path / "nowhere" / "collector.xlsx")
    with pytest.raises(FolderNotWritable, match="connect the share"):
        make_folder(tmp_path / "share" / "reports")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is the disk that is always full")
def test_a_full_disk_is_said_so_and_leaves_the_workbook_of_last_night(tmp_path):
    path = tmp_path / "collector.xlsx"
    path.write_bytes(b"last night")
    (tmp_path / ".collector.xlsx.part").symlink_to("/dev/full")
    with pytest.raises(FolderNotWritable, match="disk is full"):
        put_in_place(b"tonight", path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("collector.xlsx", b"last night")]


def test_a_place_that_cannot_be_replaced_is_said_so(tmp_path):
    (tmp_path / "collector.xlsx").mkdir()
    with pytest.raises(FolderNotWritable, match="a folder of that name stands there; rename or remove it"):
        put_in_place(b"", tmp_path / "collector.xlsx")


def test_a_file_that_stands_where_the_folder_should_be_is_named_with_what_to_do(tmp_path):
    (tmp_path / "export").write_bytes(b"")
    with pytest.raises(FolderNotWritable, match=r"export cannot be made: a file stands where it should be; rename"):
        make_folder(tmp_path / "export")
    with pytest.raises(FolderNotWritable, match=r"deeper cannot be made: a file stands at .*export, where a folder"):
        make_folder(tmp_path / "export" / "deeper")


def test_checking_a_folder_leaves_nothing_behind(tmp_path):
    check_folder(tmp_path / "export")
    assert list((tmp_path / "export").iterdir()) == []


def test_a_workbook_that_is_open_in_excel_is_said_so(tmp_path):
    (tmp_path / "collector.xlsx").mkdir()  # what cannot be replaced stands for the lock of a share
    (tmp_path / "~$collector.xlsx").write_bytes(b"")
    with pytest.raises(FolderNotWritable, match="open in Excel; close it"):
        put_in_place(b"", tmp_path / "collector.xlsx")


def test_a_file_that_is_left_unfinished_takes_no_place(tmp_path):
    with pytest.raises(ZeroDivisionError), placed(tmp_path / "collector.xlsx") as file:
        file.write(bytes([1 // 0]))
    assert list(tmp_path.iterdir()) == []
