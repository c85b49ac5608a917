"""Settings: where they come from, which wins, and what a mistake is told."""

from pathlib import Path

import pytest

from collector.errors import SecretMissing, SettingsError
from jobs.settings import JudgingSettings, read_settings


@pytest.fixture
def write(tmp_path, monkeypatch):
    for name in ("COLLECTOR_SETTINGS", "COLLECTOR_SERVER__TOKEN", "COLLECTOR_SERVER__URL"):
        monkeypatch.delenv(name, raising=False)

    def write(text):
        path = tmp_path / "settings.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_a_variable_wins_over_a_secret_file_and_a_secret_file_over_nothing(write, tmp_path, monkeypatch):
    path = write('[server]\nurl = "https://a.example"\n')
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "server__token").write_text("from-file\n")
    assert read_settings(path).token == "from-file"
    monkeypatch.setenv("COLLECTOR_SERVER__TOKEN", "from-variable")
    assert read_settings(path).token == "from-variable"
    assert read_settings(path).server.url == "https://a.example"


def test_what_a_command_sets_itself_wins_over_the_environment(write, monkeypatch):
    monkeypatch.setenv("COLLECTOR_SERVER__URL", "https://production.example")
    assert read_settings(write(""), server={"url": "http://127.0.0.1:1"}).server.url == "http://127.0.0.1:1"


def test_relative_places_are_taken_from_the_folder_of_the_settings(write, tmp_path):
    settings = read_settings(write('[database]\nurl = "sqlite:///a.db"\n[export]\nfolder = "out"\n'))
    assert settings.database.url == f"sqlite:///{tmp_path / 'a.db'}"
    assert settings.export.folder == tmp_path / "out"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[servr]\nurl = "x"', "unknown setting 'servr'; did you mean 'server'?"),
        ('[server]\nulr = "x"', "unknown setting 'server.ulr'; did you mean 'url'?"),
        ("[server]\npage_size = 0", "setting 'server.page_size'"),
        ('[schedule]\nnightly = "at two"', "write minute hour day month weekday"),
        ('[schedule]\ntime_zone = "Asia/Bagdad"', "no such time zone"),
        ("[server\n", "not TOML"),
        ('[mail]\nserver = "mail.example.org"\nsecurity = "none"\nsender = "c@example.org"', "this computer only"),
        ('[mail]\nserver = "mail.example.org"', "sender is missing"),
        ('[mail.groups.officers]\nto = ["a@example.org"]', "server is missing"),
        ("[mail.groups.officers]\nto = []", "mail.groups.officers.to"),
        ('[mail.groups.officers]\nto = ["A B <a@example.org>"]', "mail.groups.officers.to.0"),
        ('[mail.groups."a b"]\nto = ["a@example.org"]', "the name of a group takes letters"),
        ('[mail]\npassword = "x"', "is a secret"),
        ('[mail.groups.x]\nto = ["a@example.org"]\nlanguage = "fr"', "Input should be 'en', 'ar' or 'ckb'"),
        ('[export]\nlanguage = "fr"', "'export.language': Input should be 'en', 'ar' or 'ckb'"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(write, text, words):
    with pytest.raises(SettingsError, match=r"settings\.toml") as caught:
        read_settings(write(text))
    assert words in str(caught.value)


def test_a_secret_in_the_settings_file_is_refused_and_not_repeated(write):
    with pytest.raises(SettingsError) as caught:
        read_settings(write('[server]\ntoken = "0123456789abcdef"\n'))
    assert "COLLECTOR_SERVER__TOKEN" in str(caught.value)
    assert "0123456789" not in str(caught.value)


def test_a_misspelt_variable_is_refused(write, monkeypatch):
    monkeypatch.setenv("COLLECTOR_SERVR__URL", "x")
    with pytest.raises(SettingsError, match=r"COLLECTOR_SERVR__URL.*did you mean 'server'"):
        read_settings(write(""))


def test_a_missing_secret_names_its_variable(write):
    with pytest.raises(SecretMissing, match="COLLECTOR_PRIVACY__SECRET"):
        _ = read_settings(write("")).pseudonym_secret


def test_secrets_do_not_print_themselves(write, monkeypatch):
    monkeypatch.setenv("COLLECTOR_SERVER__TOKEN", "0123456789abcdef")
    assert "0123456789" not in repr(read_settings(write("")))


def test_the_codes_that_quarantine_are_known_ones(write):
    assert read_settings(write('[judging]\nquarantine = ["required", "cannot_check"]\n')).judging.quarantine == (
        "required",
        "cannot_check",
    )
    with pytest.raises(SettingsError, match=r"'judging.quarantine': there is no code 'requierd'; did you mean 'requ"):
        read_settings(write('[judging]\nquarantine = ["requierd"]\n'))
    with pytest.raises(SettingsError, match=r"known are required, constraint, .*cannot_check, engine_dependent\."):
        read_settings(write('[judging]\nquarantine = ["xyz"]\n'))
    one = read_settings(write('[judging]\nquarantine = ["choice:register/sex"]\n'))
    assert one.judging.quarantine == ("choice:register/sex",)


def test_the_file_of_the_project_says_the_defaults():
    file = Path(__file__).parents[2] / "settings.toml"
    assert set(read_settings(file).judging.quarantine) == set(JudgingSettings().quarantine)
