"""Mail handed to real servers on this computer: those that work, and those that refuse, hang, lie or cut the line."""

import time
from contextlib import suppress

import pytest

from collector.delivery.post import MailServer, probe, send
from collector.errors import MailServerRefused, MailServerUnreachable
from tests.support.mail_server import HOST, PASSWORD, USER, answering, free_port, serving, write_certificate

BOTH = ["a@example.org", "b@example.org"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return write_certificate(tmp_path_factory.mktemp("certificates") / "server.pem")


@pytest.fixture
def mailbox(certificate):
    with serving(certificate) as mailbox:
        yield mailbox


def server(port, certificate=None, **changes):
    return MailServer(HOST, port, **{"user": USER, "password": PASSWORD, "ca_file": certificate, **changes})


def hand_over(to):
    message = b"Subject: figures\r\n\r\ntotals\r\n"
    return {
        address: (outcome.state, outcome.reason)
        for address, outcome in send(to, message, sender="collector@example.org", recipients=BOTH).items()
    }


def test_a_mail_goes_over_an_encrypted_line_after_a_login(mailbox, certificate):
    assert hand_over(server(mailbox.port, certificate)) == dict.fromkeys(BOTH, ("sent", ""))
    assert mailbox.envelopes == [tuple(BOTH)]


def test_a_mail_goes_over_tls_from_the_first_byte(certificate):
    with serving(certificate, is_tls=True) as mailbox:
        assert set(hand_over(server(mailbox.port, certificate, security="tls")).values()) == {("sent", "")}


def test_who_is_refused_is_told_apart_and_the_others_get_it(mailbox, certificate):
    mailbox.refused["b@example.org"] = "550 5.1.1 <b@example.org>: no such mailbox"
    assert hand_over(server(mailbox.port, certificate)) == {
        "a@example.org": ("sent", ""),
        "b@example.org": ("refused", "550 5.1.1 the address: no such mailbox"),
    }
    assert mailbox.envelopes == [("a@example.org",)]


def test_when_all_are_refused_nothing_is_taken(mailbox, certificate):
    mailbox.refused = dict.fromkeys(BOTH, "452 too many")
    assert set(hand_over(server(mailbox.port, certificate)).values()) == {("refused", "452 too many")}
    assert mailbox.taken == []


def test_a_server_that_cuts_the_line_in_the_middle_has_taken_nothing(mailbox, certificate):
    mailbox.is_dropping = True
    outcomes = hand_over(server(mailbox.port, certificate))
    assert {state for state, _ in outcomes.values()} == {"failed"}
    assert "line was cut" in outcomes["a@example.org"][1]


def test_without_starttls_nothing_is_sent(certificate):
    with serving(certificate, has_starttls=False) as mailbox:
        with pytest.raises(MailServerRefused, match=r"STARTTLS.*nothing was sent unencrypted"):
            hand_over(server(mailbox.port, certificate))
        assert mailbox.taken == []


def test_a_certificate_that_nobody_vouches_for_is_refused(mailbox):
    with pytest.raises(MailServerRefused, match="certificate is not to be trusted"):
        hand_over(server(mailbox.port))
    assert mailbox.taken == []


def test_a_certificate_of_another_host_is_refused(tmp_path):
    other = write_certificate(tmp_path / "other.pem", name="mail.example.org")
    with serving(other) as mailbox, pytest.raises(MailServerRefused, match="certificate is not to be trusted"):
        hand_over(server(mailbox.port, other))


def test_a_wrong_password_is_refused_without_repeating_it(mailbox, certificate):
    with pytest.raises(MailServerRefused, match="COLLECTOR_MAIL__PASSWORD") as caught:
        hand_over(server(mailbox.port, certificate, password="a wrong one"))
    assert "a wrong one" not in str(caught.value)


def test_a_password_that_smtp_cannot_carry_is_said_so(mailbox, certificate):
    with pytest.raises(MailServerRefused, match="ASCII"):
        hand_over(server(mailbox.port, certificate, password="پارول"))


def test_a_port_where_nobody_listens():
    with pytest.raises(MailServerUnreachable, match="Connection refused"):
        hand_over(server(free_port()))


def test_a_server_that_never_answers_is_left_in_time():
    with (
        answering(lambda line: line.recv(1)) as port,
        pytest.raises(MailServerUnreachable, match="no answer in time"),
    ):
        hand_over(server(port, timeout_seconds=0.2))


@pytest.mark.parametrize("piece", [b"2", b"220-wait\r\n"], ids=["bytes", "lines"])
def test_a_server_that_drips_and_never_ends_its_answer_is_left_in_time(piece):
    def drip(line):
        with suppress(OSError):  # until the other side has had enough
            while True:
                line.sendall(piece)
                time.sleep(0.02)

    with answering(drip) as port, pytest.raises(MailServerUnreachable, match="no answer in time"):
        hand_over(server(port, timeout_seconds=0.3))


def test_a_server_that_hangs_over_the_message_is_left_in_time_and_nobody_is_said_to_have_it():
    def hang_at_the_message(line):
        line.sendall(b"220 here\r\n")
        while said := line.recv(4096):
            if said.upper().startswith(b"DATA"):
                line.sendall(b"354 go on\r\n")
                while line.recv(4096):  # until the other side has had enough
                    pass
                return
            line.sendall(b"250 OK\r\n")

    with answering(hang_at_the_message) as port:
        outcomes = hand_over(server(port, security="none", user="", timeout_seconds=0.3))
    for state, reason in outcomes.values():
        assert state == "failed"
        assert reason.startswith("no answer in time while the message was handed over")


def test_a_server_that_cuts_the_line_at_once():
    with answering(lambda line: None) as port, pytest.raises(MailServerUnreachable, match="cut"):
        hand_over(server(port))


def test_a_server_that_is_no_mail_server():
    with (
        answering(lambda line: line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port,
        pytest.raises(MailServerRefused),
    ):
        hand_over(server(port))


def test_a_server_that_speaks_no_tls_where_it_should():
    with (
        answering(lambda line: line.sendall(b"220 here\r\n")) as port,
        pytest.raises(MailServerUnreachable, match="no encrypted connection"),
    ):
        hand_over(server(port, security="tls"))


def test_the_probe_logs_in_and_sends_nothing(mailbox, certificate):
    assert probe(server(mailbox.port, certificate)) == f"{HOST}:{mailbox.port}, STARTTLS, logged in as {USER}"
    assert mailbox.taken == []
