"""Strangers at the sign-in page of the real web server, behind a proxy: are they slowed, and is the
owner of a name let in all the same?

The requests come from 127.0.0.1, which is trusted as a proxy and tells for whom it asks, or from
127.0.0.2, which is nobody and may claim what it likes. Missed when the owner is refused on a device
she has signed in from, when one password for many names, or guesses with forged addresses or all at
once, are looked at beyond the limits, or when a refusal does not say when to come back.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx

from benchmarks.cache_hit import web_server
from benchmarks.drills.report import Row

MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
OWNER, PASSWORD = "owner", "staple of another kind"
PROXY, NOBODY = "127.0.0.1", "127.0.0.2"
CSRF, DEVICE = "c" * 32, "device"
AT_ONCE = 4  # strangers, as many as the server has threads
NAMES = 40
# The defaults of SIGN_IN_FAILURES_NAME_ADDRESS and SIGN_IN_FAILURES_ADDRESS.
OF_A_PAIR, OF_AN_ADDRESS = 5, 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt; a refusal is whole when it says when to come back, in the form."""

    status: int
    is_whole: bool

    @property
    def is_refusal(self) -> bool:
        return self.status == HTTPStatus.TOO_MANY_REQUESTS and self.is_whole


@dataclass(slots=True)
class Door:
    """The sign-in page, seen from one browser."""

    address: str
    peer: str = PROXY
    device: str = ""  # the cookie that a sign-in has left; the session is not kept

    def knock(self, name: str, password: str, *, told: str) -> Answer:
        """Try a password; ``told`` is what ``X-Forwarded-For`` says."""
        transport = httpx.HTTPTransport(local_address=self.peer)
        cookies = {"csrftoken": CSRF, DEVICE: self.device}
        with httpx.Client(transport=transport, cookies=cookies, timeout=120) as client:
            answer = client.post(
                f"{self.address}/login/",
                data={"username": name, "password": password, "csrfmiddlewaretoken": CSRF},
                headers={"X-Forwarded-For": told},
            )
            if answer.status_code == HTTPStatus.FOUND:
                self.device = answer.cookies.get(DEVICE, "")
        whole = "Retry-After" in answer.headers and 'name="password"' in answer.text
        return Answer(answer.status_code, whole)


def owner_under_fire(address: str, *, tries: int, dice: random.Random) -> Row:
    """Each time: guesses at her name from everywhere and from her own address; then she comes."""
    own = "192.0.2.7"
    laptop, stranger = Door(address), Door(address)
    laptop.knock(OWNER, PASSWORD, told=own)
    let_in = 0
    with ThreadPoolExecutor(AT_ONCE) as strangers:
        for _ in range(tries):
            places = [own] * 2 + [f"203.0.113.{dice.randrange(256)}" for _ in range(4)]
            list(strangers.map(lambda told: stranger.knock(OWNER, "a guess", told=told), places))
            let_in += laptop.knock(OWNER, PASSWORD, told=own).status == HTTPStatus.FOUND
    return Row(
        fault="strangers guess; the owner signs in on a known device",
        tries=tries,
        survived=let_in,
        note=f"locked out {tries - let_in} times, {tries * len(places)} guesses",
    )


def beyond(fault: str, answers: list[Answer], *, limit: int) -> Row:
    """A row on the answers beyond the limit, each of which has to be a refusal."""
    refused = sum(answer.is_refusal for answer in answers)
    looked_at = sum(answer.status == HTTPStatus.OK for answer in answers)
    tries = len(answers) - limit
    return Row(
        fault=fault,
        tries=tries,
        survived=min(refused, tries),
        note=f"{looked_at} of {len(answers)} looked at, limit {limit}",
    )


def one_password_for_many(address: str) -> Row:
    door = Door(address)
    answers = [door.knock(f"name{n}", "Spring2026!!", told="198.51.100.1") for n in range(NAMES)]
    return beyond(f"one password for {NAMES} names", answers, limit=OF_AN_ADDRESS)


def forged(address: str, *, tries: int) -> Iterator[Row]:
    number = OF_A_PAIR + tries
    nobody, proxy = Door(address, peer=NOBODY), Door(address)
    answers = [nobody.knock("alice", "a guess", told=f"203.0.113.{n}") for n in range(number)]
    yield beyond("X-Forwarded-For from who is no proxy", answers, limit=OF_A_PAIR)
    answers = [
        proxy.knock("bob", "a guess", told=f"203.0.113.{n}, 198.51.100.2") for n in range(number)
    ]
    yield beyond("made-up entries before the proxy's own", answers, limit=OF_A_PAIR)


def all_at_once(address: str, *, tries: int) -> Row:
    door = Door(address)
    with ThreadPoolExecutor(16) as strangers:
        guesses = range(OF_A_PAIR + tries)
        answers = list(
            strangers.map(lambda n: door.knock("carol", f"guess {n}", told="198.51.100.3"), guesses)
        )
    return beyond("guesses at once", answers, limit=OF_A_PAIR)


@contextmanager
def site() -> Iterator[str]:
    """The web server on the drill's database, its static files beside it; yields its address."""
    with tempfile.TemporaryDirectory() as var:
        os.environ |= {"ARBVAULT_VAR": var, "TRUSTED_PROXIES": PROXY, "LOG_LEVEL": "ERROR"}
        collect = [sys.executable, str(MANAGE), "collectstatic", "--no-input", "--verbosity", "0"]
        subprocess.run(collect, check=True)
        with web_server() as port:
            yield f"http://{PROXY}:{port}"


def drill(*, tries: int, seed: int) -> list[Row]:
    """Attack one server in every way, each under names and from addresses of its own."""
    from django.contrib.auth import get_user_model

    get_user_model().objects.create_user(OWNER, password=PASSWORD)
    with site() as address:
        return [
            owner_under_fire(address, tries=tries, dice=random.Random(seed)),
            one_password_for_many(address),
            *forged(address, tries=tries),
            all_at_once(address, tries=tries),
        ]
