"""A message leaves by a process of its own, which goes nowhere inside and follows no redirect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.drills.receiving import Receiver, receiver
from discovery.sourcing.alerts.sending import ROOT, CannotSend, examine, send_to


def failure(address: str) -> str:
    with pytest.raises(CannotSend) as refused:
        send_to(address, title="A title", body="A text")
    return refused.value.code


def test_a_message_arrives(received: Receiver) -> None:
    send_to(received.address, title="Acheter · Un livre", body="ROI 34 %\nligne")
    (message,) = received.messages
    assert message["title"] == "Acheter · Un livre"
    assert message["message"] == "ROI 34 %\nligne"


def test_the_status_of_a_refusal_is_told_and_nothing_else(received: Receiver) -> None:
    received.status = 503
    assert failure(received.address) == "status_503"


def test_a_redirect_is_not_followed(received: Receiver) -> None:
    with receiver() as elsewhere:
        received.status, received.location = 307, f"http://127.0.0.1:{elsewhere.port}/secret"
        assert failure(received.address) == "status_307"
        assert elsewhere.asked == []


def test_a_server_that_is_not_there_is_unreachable(settings: Any) -> None:
    settings.ALERTS_ALLOW_PRIVATE_ADDRESSES = True
    with receiver() as gone:
        address = gone.address
    assert failure(address) == "unreachable"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]"])
def test_an_address_inside_is_refused_at_saving_and_at_sending(host: str) -> None:
    with receiver() as inside:
        address = f"json://{host}:{inside.port}/hook"
        with pytest.raises(CannotSend) as refused:
            examine(address)
        assert refused.value.code == "private_address"
        assert failure(address) == "private_address"
        assert inside.asked == []


def test_a_mail_server_inside_is_refused_whatever_the_address_says_before() -> None:
    assert failure("mailtos://me:pw@example.org?smtp=127.0.0.1&to=a@example.org") == (
        "private_address"
    )


REBOUND = """
import json, socket, sys
from discovery.sourcing.alerts.sender import __main__ as sender
real, asked = socket.getaddrinfo, []
def first_outside_then_inside(host, *rest, **named):
    asked.append(host)
    return real("93.184.216.34" if len(asked) == 1 else "127.0.0.1", *rest, **named)
socket.getaddrinfo = first_outside_then_inside
sys.stdout.write(json.dumps([sender.answer(json.loads(sys.argv[1])), len(asked)]))
"""


def test_a_name_that_leads_inside_only_when_it_is_connected_to_is_refused_then() -> None:
    with receiver() as inside:
        question = {
            "address": f"json://rebound.example:{inside.port}/",
            "private": False,
            "title": "A title",
            "body": "A text",
        }
        done = subprocess.run(
            [sys.executable, "-c", REBOUND, json.dumps(question)],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        answer, asked = json.loads(done.stdout)
        assert answer == {"code": "private_address"}
        assert asked == 2
        assert inside.asked == []


def test_what_may_be_shown_of_an_address_comes_with_it(received: Receiver) -> None:
    seen = examine(f"json://me:pw@localhost:{received.port}/hook")
    assert (seen.scheme, seen.shown) == ("json", "json://lo…host")
    assert received.asked == []


def test_nothing_of_the_address_or_of_our_environment_reaches_the_log(
    received: Receiver, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    received.status = 500
    address = received.address.replace("hook", "topsecret")
    assert failure(address) == "status_500"
    assert "topsecret" not in caplog.text
    assert capfd.readouterr() == ("", "")


def test_a_proxy_of_the_environment_is_not_used(
    received: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "HTTP_PROXY", "http://127.0.0.1:9")
    send_to(received.address, title="A title", body="A text")
    assert len(received.messages) == 1
