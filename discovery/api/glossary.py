"""The words of the trade, over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict

from discovery.api.schemas import ANY_REFUSALS
from discovery.text.glossary import glossary as words_of_the_trade

router = Router(tags=["glossary"])


class TermAnswer(Schema):
    """A word and what it means."""

    code: str
    name: str
    sentence: str


class TermsAnswer(Schema):
    """Words of one subject."""

    title: str
    terms: list[TermAnswer]


class GlossaryAnswer(Schema):
    """Every word that pages and answers use, in the caller's language."""

    groups: list[TermsAnswer]

    model_config = ConfigDict(json_schema_extra={"examples": [{"groups": [{
        "title": "Verdicts",
        "terms": [{"code": "verdict-buy", "name": "Buy", "sentence": "It meets your profile."}],
    }]}]})  # fmt: skip


@router.get("", response={200: GlossaryAnswer} | ANY_REFUSALS, summary="The words of the trade")
def glossary(request: HttpRequest) -> dict[str, Any]:
    """What verdicts, risks and figures mean, each in one sentence."""
    return {
        "groups": [
            {
                "title": title,
                "terms": [
                    {"code": term.code, "name": term.name, "sentence": term.sentence}
                    for term in terms
                ],
            }
            for title, terms in words_of_the_trade()
        ]
    }
