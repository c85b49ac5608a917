"""A download goes on where it was cut, is checked against what the server says, and gives its token to nobody else."""

import base64
import hashlib

import pytest

from collector.errors import AnswerUnreadable, ServerError
from collector.kobo.client import Client
from collector.kobo.downloads import download
from collector.kobo.retry import Patience
from tests.support.file_server import file_server

TOKEN = "0" * 40
CONTENT = bytes(range(256)) * 700
PATH = "/api/v2/assets/aX/data/1/attachments/att1/"


def fetch(server, into, attempts=4):
    with Client(server.url, TOKEN, patience=Patience(attempts, sleep=lambda seconds: None)) as client:
        download(client, PATH, into)
    return into.read_bytes()


def ranges(server):
    return [each.get("Range") for each in server.asked]


def test_a_file_comes_whole(tmp_path):
    with file_server(content=CONTENT) as server:
        assert fetch(server, tmp_path / "file") == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_line_that_is_cut_goes_on_at_that_byte(tmp_path):
    with file_server(content=CONTENT, cuts=[65536, 65536]) as server:
        assert fetch(server, tmp_path / "file") == CONTENT
        assert ranges(server) == [None, "bytes=65536-", "bytes=131072-"]
        assert server.asked[1]["If-Range"] == '"one"'


def test_the_next_run_goes_on_where_the_last_one_stopped(tmp_path):
    with file_server(content=CONTENT, cuts=[65536]) as server:
        with pytest.raises(ServerError):
            fetch(server, tmp_path / "file", attempts=1)
        assert fetch(server, tmp_path / "file", attempts=1) == CONTENT
        assert ranges(server) == [None, "bytes=65536-"]


def test_a_server_without_ranges_gives_it_again_from_the_start(tmp_path):
    with file_server(content=CONTENT, has_ranges=False, cuts=[65536]) as server:
        assert fetch(server, tmp_path / "file") == CONTENT


def test_a_file_that_changed_meanwhile_is_not_pieced_together(tmp_path):
    with file_server(content=CONTENT, cuts=[65536]) as server:
        with pytest.raises(ServerError):
            fetch(server, tmp_path / "file", attempts=1)
        server.content, server.headers = CONTENT[::-1], {"ETag": '"two"'}
        assert fetch(server, tmp_path / "file", attempts=1) == CONTENT[::-1]


def test_a_beginning_that_is_no_beginning_of_it_is_thrown_away(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT + b"and more")
    with file_server(content=CONTENT) as server:
        assert fetch(server, tmp_path / "file") == CONTENT


def test_another_length_than_the_server_says_is_an_error(tmp_path):
    with file_server(content=CONTENT, said_length=len(CONTENT) + 9) as server, pytest.raises(ServerError):
        fetch(server, tmp_path / "file", attempts=2)


@pytest.mark.parametrize("is_right", [True, False])
def test_an_md5_that_the_server_gives_is_checked(tmp_path, is_right):
    digest = base64.b64encode(hashlib.md5(CONTENT if is_right else b"other").digest()).decode()
    with file_server(content=CONTENT, headers={"Content-MD5": digest}) as server:
        if is_right:
            assert fetch(server, tmp_path / "file") == CONTENT
        else:
            with pytest.raises(AnswerUnreadable, match="MD5"):
                fetch(server, tmp_path / "file")
            assert not (tmp_path / "file").exists()


def test_the_storage_elsewhere_gets_no_token(tmp_path):
    with file_server(content=CONTENT) as storage, file_server(sends_on_to=storage.url) as server:
        assert fetch(server, tmp_path / "file") == CONTENT
        assert server.asked[0]["Authorization"] == f"Token {TOKEN}"
        assert "Authorization" not in storage.asked[0]
