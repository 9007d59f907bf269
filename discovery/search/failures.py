"""The failures a caller must expect, each described once: for the API and for the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _

from discovery.keepa.errors import (
    InvalidFilters,
    InvalidQuestion,
    KeepaError,
    KeepaUnavailable,
    TokensExhausted,
)
from discovery.products.identifiers import NotAnIdentifier
from discovery.profiles.service import UnknownProfile

EXPECTED = (KeepaError, InvalidQuestion, UnknownProfile, NotAnIdentifier)


class Blame(Enum):
    """What caused the failure, and so what the caller can do about it."""

    QUESTION = "question"  # ask something else
    TOKENS = "tokens"  # wait for the refill
    KEEPA_DOWN = "keepa_down"  # wait a little
    KEEPA_ANSWER = "keepa_answer"  # look at the key, or at what Keepa says


# On pages and in the API.
STATUS_OF = {
    Blame.QUESTION: HTTPStatus.UNPROCESSABLE_ENTITY,
    Blame.TOKENS: HTTPStatus.PAYMENT_REQUIRED,
    Blame.KEEPA_DOWN: HTTPStatus.SERVICE_UNAVAILABLE,
    Blame.KEEPA_ANSWER: HTTPStatus.BAD_GATEWAY,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """``message`` and ``errors`` (field -> sentences) are in the active language.

    ``retry_after``: whole seconds, ``None`` when waiting does not help or nobody knows.
    """

    blame: Blame
    code: str
    message: str
    retry_after: int | None = None
    tokens_spent: int = 0
    errors: Mapping[str, list[str]] = field(default_factory=dict)


def failure_of(error: Exception) -> Failure:
    """Describe one of the ``EXPECTED`` exceptions; raises ``TypeError`` for any other."""
    match error:
        case KeepaError():
            return Failure(
                blame=_blame(error),
                code=error.code,
                message=str(error),
                retry_after=_whole(error.retry_after),
                tokens_spent=error.tokens_spent,
            )
        case InvalidFilters():
            return Failure(
                blame=Blame.QUESTION,
                code=error.code,
                message=str(error.summary),
                tokens_spent=error.tokens_spent,
                errors=error.messages,
            )
        case UnknownProfile():
            return _refused(error.code, "profile", str(error))
        case NotAnIdentifier():
            shown = error.text[:40]
            sentence = _("“%(text)s” is neither an ASIN nor a valid ISBN, EAN or UPC.")
            return _refused("not_an_identifier", "asins", sentence % {"text": shown})
        case InvalidQuestion():
            return Failure(Blame.QUESTION, error.code, str(error))
        case _:
            raise TypeError(type(error).__name__)


def sentence_of(error: KeepaError | InvalidFilters | UnknownProfile) -> str:
    """All that is wrong, in sentences that need no field beside them."""
    if isinstance(error, InvalidFilters):
        return " ".join(text for sentences in error.messages.values() for text in sentences)
    return str(error)


def problem_of(error: KeepaError | None) -> dict[str, Any] | None:
    """Why an answer is stale or partial, as part of that answer."""
    if error is None:
        return None
    failure = failure_of(error)
    return {"code": failure.code, "detail": failure.message, "retry_after": failure.retry_after}


def _refused(code: str, name: str, sentence: str) -> Failure:
    return Failure(Blame.QUESTION, code, sentence, errors={name: [sentence]})


def _blame(error: KeepaError) -> Blame:
    if isinstance(error, TokensExhausted):
        return Blame.TOKENS
    return Blame.KEEPA_DOWN if isinstance(error, KeepaUnavailable) else Blame.KEEPA_ANSWER


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else max(1, math.ceil(seconds))
