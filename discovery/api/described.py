"""The OpenAPI document: what holds for every call, added to what each says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from discovery.api.idempotency import HEADER, LONGEST_KEY, REPLAYED
from discovery.api.problems import CONTENT_TYPE
from discovery.api.scopes import scope_of
from discovery.models import Scope

Described = dict[str, Any]

if TYPE_CHECKING:
    from ninja.openapi.schema import OpenAPISchema
    from ninja.operation import Operation

INTRODUCTION = """\
Products worth reselling, for as few Keepa tokens as possible: what the pages of this site show and
do, for programs.

**Credentials.** `Authorization: Bearer arb_…`, a token made on the page Configuration. Each has
scopes: `read` for reading, `search` for what changes or spends, `admin` for what administrators do;
it may expire. A browser that is signed in may call too, with its CSRF token in `X-CSRFToken`.

**Limits.** Calls are counted per token and per address; `RateLimit-Policy` and `RateLimit` say what
is allowed and what is left, 429 comes with `Retry-After`.

**Doing something once.** Calls that spend or create heed `Idempotency-Key`: made again with the
same key within 24 hours, they do nothing and answer as before, with `Idempotent-Replayed: true`.

**Pages.** Lists have a `limit` and answer `next`: send it as `cursor` for the page after; it is
`null` on the last.

**Reading again.** Reads carry an `ETag`; sent back in `If-None-Match` it is answered 304 without a
body while nothing has changed.

**Long work** is answered 202 with what to ask next; with `wait` its end, if it comes in time.

**Refusals** are problem details (RFC 9457): `code` is stable, sentences come in the language of
`Accept-Language`. Times are UTC, unknown is `null`, amounts are in the marketplace's currency.
"""
# In the order of the page; only those that calls have are shown.
TAGS = {
    "products": "What a niche holds, what a product is worth, what is known of it.",
    "lookup": "What a text names: a product, a list, words.",
    "niches": "Conditions kept under a name, searched again at will.",
    "runs": "Searches and lists at work or done, with their lines.",
    "lists": "Files and identifiers that are scored line by line.",
    "profiles": "How you buy, sell and decide: what scores rest on.",
    "saved filters": "Filters of tables, kept under a name.",
    "favourites": "Products kept an eye on.",
    "decisions": "What was favoured, ignored or bought.",
    "costs": "What products cost you.",
    "purchases": "What was bought.",
    "sales": "What was sold of it.",
    "categories": "Keepa's categories by marketplace.",
    "links": "The shops a product is searched at.",
    "jobs": "AutoSourcing: what is looked for by itself.",
    "picks": "What jobs have found, and what is decided on it.",
    "sourcing": "The switch of AutoSourcing and its plan of tokens.",
    "alerts": "What is told of, and where.",
    "history": "What was searched, when, and what it cost.",
    "insights": "How well searches do.",
    "dashboard": "The figures of the dashboard.",
    "cache": "What the caches hold and save.",
    "tokens": "Keepa tokens: what is left, what they went on.",
    "account": "Who calls, what they have chosen, their API tokens.",
    "glossary": "What the words and codes of this site mean.",
    "members": "Who may come in; for administrators.",
}
COMMON = {
    "401": "No credentials, or wrong, revoked or expired ones.",
    "403": "The token lacks the scope, the account only reads, or a CSRF token is missing.",
    "429": "Too many requests.",
    "500": "A fault of ours; it is logged under `request_id`.",
    "503": "Keepa or the database cannot be reached.",
}
OF_PARAMETERS = {"422": "A parameter is not valid; `errors` names it."}
OF_A_BODY = {
    "400": "The body is not a JSON object.",
    "413": "The body is larger than 5 MB.",
    "422": "The request is not valid; `errors` names the fields.",
}
OF_A_KEY = {
    "400": "The body is not a JSON object, or the Idempotency-Key no key.",
    "409": "The call of this Idempotency-Key is still being answered.",
    "422": "The request is not valid, or its Idempotency-Key was used for another call.",
}
MAY_SAY_WHEN = ("202", "402", "409", "429", "503")
SAYS_WHERE = ("201", "202")
TEXT: Described = {"type": "string"}
HEADERS: dict[str, Described] = {
    "RateLimit-Policy": {"description": "What is allowed.", "schema": TEXT},
    "RateLimit": {
        "description": "What is left (draft-ietf-httpapi-ratelimit-headers).",
        "schema": TEXT,
    },
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
    "Location": {
        "description": "The address of what was made or set to work.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "ETag": {"description": "Stands for this answer: see If-None-Match.", "schema": TEXT},
    REPLAYED: {
        "description": "`true` on the answer of an earlier call with this Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
PARAMETERS: dict[str, Described] = {
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "An ETag: 304 while the answer is still that one.",
        "schema": TEXT,
    },
    "IdempotencyKey": {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "Of your making, for one call: made again with it, it is not done again.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_KEY,
            "pattern": "^[!-~]+$",
        },
        "example": "5f1c2b9e-2d0f-4b39-9a53-8d1c3ad3f0b1",
    },
}


_PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}


def operation_id(operation: Operation) -> str:
    """The call's stable name: its tag and its function's name."""
    tag = (operation.tags or ["api"])[0].replace(" ", "_")
    return operation.operation_id or f"{tag}_{operation.view_func.__name__}"


def describe(schema: OpenAPISchema, functions: Mapping[str, Callable[..., Any]]) -> OpenAPISchema:
    """Complete a document; ``functions`` are those of the calls, by ``operationId``."""
    schema["components"] |= {"parameters": PARAMETERS, "headers": HEADERS}
    used: set[str] = set()
    for method, operation in _operations(schema):
        used.update(operation.get("tags", ()))
        function = functions[operation["operationId"]]
        _describe_scope(operation, scope_of(function, method.upper()))
        _describe_parameters(operation)
        refusals = _refusals(operation)
        if method == "get":
            operation["parameters"].append({"$ref": "#/components/parameters/IfNoneMatch"})
            operation["responses"].setdefault(304, {"description": "Nothing has changed."})
        elif getattr(function, "is_idempotent", False):
            operation["parameters"].append({"$ref": "#/components/parameters/IdempotencyKey"})
            refusals |= OF_A_KEY
        _describe_responses(operation, refusals, is_read=method == "get")
    ordered = [tag for tag in TAGS if tag in used] + sorted(used - TAGS.keys())
    schema["tags"] = [{"name": tag, "description": TAGS.get(tag, tag)} for tag in ordered]
    return schema


def _operations(schema: OpenAPISchema) -> Iterator[tuple[str, Described]]:
    for path in schema["paths"].values():
        yield from path.items()


def _describe_scope(operation: Described, scope: Scope) -> None:
    # OpenAPI 3.1 lets any kind of scheme name the roles that a call needs.
    operation["security"] = [
        {name: [scope.value] for name in choice} for choice in operation.get("security", ())
    ]
    operation["x-required-scope"] = scope.value
    told = operation.get("description", "")
    only = " Administrators only." if scope is Scope.ADMIN else ""
    operation["description"] = f"{told}\n\nScope: `{scope.value}`.{only}".strip()


def _describe_parameters(operation: Described) -> None:
    for parameter in operation["parameters"]:
        # A list here, as in schemas, is no OpenAPI; the schema has it anyway.
        if isinstance(parameter.get("examples"), list):
            del parameter["examples"]


def _refusals(operation: Described) -> dict[str, str]:
    refusals = dict(COMMON)
    if operation["parameters"]:
        refusals |= OF_PARAMETERS
    if "requestBody" in operation:
        refusals |= OF_A_BODY
    return refusals


def _describe_responses(operation: Described, refusals: dict[str, str], *, is_read: bool) -> None:
    responses = {str(status): told for status, told in operation["responses"].items()}
    for status, sentence in refusals.items():
        responses.setdefault(status, {})["description"] = sentence
    is_keyed = any(str(known.get("$ref", "")).endswith("Key") for known in operation["parameters"])
    for status, response in responses.items():
        names = ["RateLimit-Policy", "RateLimit"]
        if status in MAY_SAY_WHEN:
            names.append("Retry-After")
        if status in SAYS_WHERE:
            names.append("Location")
        if is_read and status in {"200", "304"}:
            names.append("ETag")
        if is_keyed and status < "500":
            names.append(REPLAYED)
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        if status >= "400":
            response["content"] = {CONTENT_TYPE: _PROBLEM}
    operation["responses"] = dict(sorted(responses.items()))
