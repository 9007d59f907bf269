"""A message is sent by a process of its own, bounded in memory and time, that knows no secret.

The address goes to it on standard input, where no list of processes shows it; what comes back is a
code. A process costs a quarter of a second.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from pydantic import BaseModel, ValidationError

import discovery

ROOT = Path(discovery.__file__).resolve().parent.parent
COMMAND = (sys.executable, "-m", "discovery.sourcing.alerts.sender")
PATIENCE = 28.0  # seconds; the sender gives itself 25
# The rest of our environment is none of its business: neither passwords nor a proxy, behind which
# nobody sees where a connection leads. NETRC: no credentials of this machine's user are sent.
KEPT = (
    "PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
)  # fmt: skip
PLAIN = {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "NETRC": os.devnull}

logger = logging.getLogger(__name__)


class CannotSend(Exception):
    """The message did not go out, or the address is refused; ``code`` says why, see ``text``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Examined:
    """An address that may be sent to: its kind, and what may be shown of it."""

    scheme: str
    shown: str


class _Answer(BaseModel):
    code: str
    scheme: str = ""
    shown: str = ""


def examine(address: str) -> Examined:
    """Look at an address without sending anything. Raises ``CannotSend``."""
    answer = _asked({"address": address, "only_look": True})
    if answer.code != "fine":
        raise CannotSend(answer.code)
    return Examined(answer.scheme, answer.shown)


def send_to(address: str, *, title: str, body: str) -> None:
    """Send a plain text now. Raises ``CannotSend``."""
    answer = _asked({"address": address, "title": title, "body": body})
    if answer.code != "sent":
        raise CannotSend(answer.code)


def _asked(question: dict[str, str | bool]) -> _Answer:
    private = settings.ALERTS_ALLOW_PRIVATE_ADDRESSES
    told = _told(json.dumps(question | {"private": private}).encode())
    try:
        answer = _Answer.model_validate_json(told)
    except ValidationError:
        logger.warning("the sender of alerts has answered with nonsense")
        raise CannotSend("sender_failed") from None
    if not re.fullmatch(r"[a-z_0-9]{1,30}", answer.code):
        raise CannotSend("sender_failed")
    return answer


def _told(question: bytes) -> bytes:
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | PLAIN
    try:
        done = subprocess.run(
            COMMAND,
            cwd=ROOT,
            env=environment,
            input=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback would hold the address
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotSend("too_slow") from None
    except OSError:
        logger.exception("the sender of alerts does not start")
        raise CannotSend("sender_failed") from None
    if done.returncode < 0:  # a signal: its clock, as a rule
        raise CannotSend("too_slow")
    if done.returncode:
        logger.warning("the sender of alerts ended with %s", done.returncode)
        raise CannotSend("sender_failed")
    return done.stdout
