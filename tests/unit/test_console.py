"""What is shown is shown as it is: a path in square brackets is not a style."""

from jobs import console


def test_square_brackets_of_paths_and_rules_are_shown(capsys, monkeypatch):
    monkeypatch.setattr(console, "out", console.Console(width=120))
    console.table("Findings", ("question", "rule"), [("register[3]/sex", "not allowed: [/data/consent = 'yes']")])
    shown = capsys.readouterr().out
    assert "register[3]/sex" in shown
    assert "[/data/consent = 'yes']" in shown
