"""Nothing is spent before its price was told and accepted: the rule of every tool that spends.

What costs nothing is done at once. Else the first call answers a quote and spends nothing. It is
accepted by the same call with ``max_tokens``, no less than the quote, up to an hour of Keepa's
refill; above that, or where the most it can cost is not known, only with the ``confirmation`` that
the quote carries: signed, bound to the caller, the tool, what is asked and the tokens, for
``VALID_FOR``, and good for one call. Where the price has risen above what was accepted, a new quote
is answered and nothing is spent.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.core import signing
from django.db import DatabaseError
from django.utils.translation import gettext as _

from discovery.accounts.idempotent_calls import (
    Claim,
    KeptAnswer,
    claim_call,
    keep_answer,
    let_go,
)
from discovery.keepa.balance import Balance, token_balance
from discovery.keepa.errors import InvalidQuestion
from discovery.mcp.answers import INTEGER_OR_NULL, TEXT_OR_NULL, moment
from discovery.mcp.registry import Answer, Call

logger = logging.getLogger(__name__)

VALID_FOR = timedelta(minutes=10)
SALT = "mcp.confirmation"
LONGEST_CONFIRMATION = 1000

ARGUMENTS: dict[str, Any] = {
    "max_tokens": {
        "type": "integer",
        "minimum": 0,
        "description": "Accepts a quote up to an hour of refill: at most so many tokens may be "
        "spent. Leave out to be told the price first.",
    },
    "confirmation": {
        "type": "string",
        "maxLength": LONGEST_CONFIRMATION,
        "description": "Accepts the quote that carried this value; for one call with the same "
        "arguments, within ten minutes. The only way above an hour of refill.",
    },
}
QUOTE = {
    "type": "object",
    "description": "The price, where nothing was done yet because it must be accepted first.",
    "properties": {
        "tokens_at_least": {"type": "integer"},
        "tokens_at_most": INTEGER_OR_NULL | {"description": "Null: no bound is known."},
        "tokens_expected": INTEGER_OR_NULL | {"description": "A forecast, where there is one."},
        "already_known": INTEGER_OR_NULL
        | {"description": "Products whose data is at hand, for no token."},
        "hour_of_refill": INTEGER_OR_NULL | {"description": "Tokens Keepa adds in an hour."},
        "tokens_left": INTEGER_OR_NULL,
        "accept_with": {"enum": ["nothing", "max_tokens", "confirmation"]},
        "confirmation": TEXT_OR_NULL,
        "expires_at": TEXT_OR_NULL,
    },
    "required": ["tokens_at_least", "tokens_at_most", "accept_with"],
}
RULE = (
    " Costs Keepa tokens unless all is known: call it without max_tokens and confirmation first; "
    "a price comes back as `quote` and nothing is spent. Accept it by the same call with "
    "max_tokens (quote.accept_with = max_tokens) or with quote.confirmation (always works; show "
    "the price to your user first when accept_with = confirmation)."
)


class WrongConfirmation(InvalidQuestion):
    """A confirmation of something else, of somebody else, too old, or none at all."""

    code = "wrong_confirmation"

    def __str__(self) -> str:
        return _(
            "This confirmation is not valid for this call: it has expired, or was given for other "
            "arguments or to somebody else. Call without it for a new quote."
        )


@dataclass(frozen=True, slots=True)
class Price:
    """Tokens something will cost; ``at_most`` ``None`` where no bound is known.

    ``known`` counts the products whose data is at hand; ``expected`` is a forecast.
    """

    at_least: int
    at_most: int | None
    known: int | None = None
    expected: int | None = None

    @property
    def is_free(self) -> bool:
        """Whether not a single token can be spent."""
        return self.at_most == 0


def _as_it_is(answer: Answer) -> Answer:
    return answer


def spend(
    call: Call,
    arguments: Mapping[str, Any],
    *,
    tool: str,
    asked: Mapping[str, Any],
    price: Price,
    work: Callable[[], Answer],
    tell: Callable[[Answer], Answer] = _as_it_is,
) -> Answer:
    """Do the ``work`` if it is free or its price was accepted, else answer its quote.

    ``asked`` is all that what is done depends on, as plain JSON. What ``work`` answers is kept
    under the confirmation; used again, that answers what it did. ``tell`` makes the answer of it,
    each time: waiting belongs there, and nothing that spends. Raises ``WrongConfirmation``,
    ``CallInProgress``, and as ``work`` and ``tell`` do.
    """
    subject = _digest(call, tool, asked)
    if confirmation := arguments.get("confirmation"):
        return _confirmed(call, confirmation, subject=subject, price=price, work=work, tell=tell)
    if price.is_free:
        return tell(work())
    most = arguments.get("max_tokens")
    is_small = _is_small(price, token_balance(now=call.now))
    if is_small and most is not None and (price.at_most or 0) <= most:
        return tell(work())
    return quoted(call, price, subject=subject)


def quoted(call: Call, price: Price, *, subject: str = "") -> Answer:
    """The price as an answer; with what accepts it where there is a ``subject`` and a price."""
    balance = token_balance(now=call.now)
    needed = "max_tokens" if _is_small(price, balance) else "confirmation"
    quote: dict[str, Any] = {
        "tokens_at_least": price.at_least,
        "tokens_at_most": price.at_most,
        "tokens_expected": price.expected,
        "already_known": price.known,
        "hour_of_refill": balance.capacity if balance else None,
        "tokens_left": balance.left if balance else None,
        "accept_with": "nothing" if price.is_free else needed,
        "confirmation": None,
        "expires_at": None,
    }
    if subject and not price.is_free:
        # Two of one second must differ: each is good for a call of its own.
        told = [subject, price.at_most, secrets.token_urlsafe(6)]
        quote["confirmation"] = signing.dumps(told, salt=SALT)
        quote["expires_at"] = moment(call.now + VALID_FOR)
    return Answer({"quote": quote})


def _is_small(price: Price, balance: Balance | None) -> bool:
    """Whether it costs an hour of refill at most, which is what a plan can hold."""
    return balance is not None and price.at_most is not None and price.at_most <= balance.capacity


def _confirmed(
    call: Call,
    confirmation: str,
    *,
    subject: str,
    price: Price,
    work: Callable[[], Answer],
    tell: Callable[[Answer], Answer],
) -> Answer:
    try:
        given, most, _nonce = signing.loads(confirmation, salt=SALT, max_age=VALID_FOR)
    except (signing.BadSignature, ValueError):
        raise WrongConfirmation from None
    if given != subject:
        raise WrongConfirmation
    key = f"mcp:{hashlib.sha256(confirmation.encode()).hexdigest()}"
    claim = claim_call(user_id=call.user.pk, key=key, fingerprint=subject)
    if isinstance(claim, KeptAnswer):
        return replace(tell(Answer(json.loads(claim.body))), tokens_spent=0)
    try:
        if most is not None and (price.at_most is None or price.at_most > most):
            let_go(claim)
            return quoted(call, price, subject=subject)
        answer = work()
    except Exception:
        let_go(claim)  # what was paid is kept where it belongs; the price may be confirmed again
        raise
    _keep(claim, answer)
    return tell(answer)


def _keep(claim: Claim, answer: Answer) -> None:
    """Keep what was done. Where that fails the claim stays: nothing is done once more by it."""
    body = json.dumps(answer.data, ensure_ascii=False).encode()
    try:
        keep_answer(claim, KeptAnswer(status=200, headers={}, body=body))
    except DatabaseError:
        logger.exception("What a confirmation did could not be kept under it.")


def _digest(call: Call, tool: str, asked: Mapping[str, Any]) -> str:
    told = json.dumps([call.user.pk, tool, asked], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()
