"""Who may do what at each address. The table is read by people and walked by ``test_matrix.py``.

A new address needs a line in ``RULES``: its name under the kind of rule that holds for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from discovery.accounts.roles import Role
from discovery.models import Scope
from tests.arbvault.matrix.addresses import Address


class Rule(StrEnum):
    """What is asked of whoever comes to an address.

    Wherever one must be signed in, a viewer reads and does nothing else. Over the API what reads
    needs the scope ``read``, what is of administrators ``admin``, all else ``search``.
    """

    OPEN = "everybody, signed in or not"
    CONFIGURED = "a way to sign in, not there before it is configured"
    SWITCHED = "for who is signed in, not there before it is configured"
    PROGRAMS = "a Bearer token of its own rules: no session opens it"
    DOCUMENTS = "whoever may call the API"
    MOVED = "nothing but the way to another address, for who is signed in"
    ADMIN_SITE = "Django's admin, for the staff"
    ADMINISTRATORS = "administrators, whatever the id of a member in it"
    SIGNED_IN = "it names nothing: what one sees and does there is one's own"
    VIEWERS_TOO = "what a viewer may post: what concerns their own session, or is free"
    PRODUCTS = "it names what is everybody's; what one decides about it is one's own"
    OWNED = "it names something that is its owner's alone"
    SHARED_READ = "it names something that all read once it is shared, and its owner changes"
    SHARED_USED = "it makes something of one's own out of what is shared"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TABLE: dict[Rule, str] = {
    Rule.OPEN: """
        healthz readyz set_language login logout admin_login api:api-root
        discovery:forgotten_password discovery:forgotten_password_sent discovery:choose_password
    """,
    Rule.CONFIGURED: """
        discovery:oidc discovery:oidc_callback discovery:second_factor discovery:passkey
        discovery:emergency
    """,
    Rule.SWITCHED: "discovery:security discovery:passkey_options",
    Rule.PROGRAMS: "metrics mcp",
    Rule.DOCUMENTS: "api:openapi-json api:openapi-view",
    Rule.MOVED: """
        /admin/discovery/searchrun/ /admin/discovery/searchrun/<path:rest>
        /admin/discovery/productlist/ /admin/discovery/productlist/<path:rest>
        /admin/discovery/listline/ admin_password_change
    """,
    Rule.ADMINISTRATORS: """
        discovery:members discovery:member_link discovery:member_role discovery:reset_factor
        discovery:deactivate_member discovery:reactivate_member
        api:list_members api:invite_member api:get_member api:change_role api:make_link
        api:deactivate_member api:reactivate_member api:reset_second_factor
        api:list_ledger
    """,
    Rule.SIGNED_IN: """
        dashboard history discovery:glossary discovery:welcome
        discovery:niches discovery:search discovery:tree discovery:open_category
        discovery:choose_category discovery:categories
        discovery:configuration discovery:check_keepa discovery:sourcing_links discovery:notify
        discovery:create_token
        discovery:lists discovery:add_list discovery:keep_table discovery:keep_filter
        discovery:one_box discovery:buy_verdict
        discovery:favourites discovery:favourites_selection discovery:undo
        discovery:purchases discovery:add_purchase discovery:export_purchases
        discovery:import_purchases
        discovery:jobs discovery:add_job discovery:job_forecast discovery:sourcing_switch
        discovery:review discovery:picks discovery:export_picks
        discovery:alerts discovery:read_alerts discovery:alert_settings discovery:test_alert_mail
        discovery:add_channel
        api:discover api:discover_with_scoring api:look_up api:buy_verdict
        api:list_favourites api:mark_several api:list_decisions api:list_costs
        api:export_purchases api:get_import api:give_import api:give_up_import api:confirm_import
        api:list_purchases api:create_purchase api:total_purchases
        api:list_categories api:list_sourcing_links api:set_sourcing_links
        api:reset_sourcing_links
        api:tokens api:check_tokens api:tokens_today api:get_switch api:turn_switch
        api:list_job_templates api:list_jobs api:create_job api:forecast_job
        api:get_review api:mark_seen api:list_picks api:export_picks api:decide_on_picks
        api:list_niches api:create_niche api:quote_search api:list_templates
        api:list_all_runs api:search api:give_list
        api:list_profiles api:copy_profile api:list_filters api:save_filter api:glossary
        api:list_alerts api:read_alerts api:get_alert_settings api:set_alert_settings
        api:list_deliveries api:list_channels api:create_channel
        api:get_me api:get_preferences api:set_preferences api:get_notifications
        api:set_notifications api:test_notifications api:list_tokens api:create_token
        api:health api:list_history api:insights api:get_dashboard
    """,
    Rule.VIEWERS_TOO: "discovery:account discovery:quote",
    Rule.PRODUCTS: """
        discovery:product discovery:why discovery:check discovery:buy_box discovery:favourite
        discovery:cost discovery:decide discovery:mark
        api:get_product api:buy_buy_box api:check_offers api:calculate api:add api:remove
        api:list_decisions_on api:decide_on api:get_cost api:keep_cost api:forget_cost
        api:open_category
    """,
    Rule.OWNED: """
        discovery:archive_niche discovery:unarchive_niche discovery:delete_niche
        discovery:undelete_niche discovery:share_niche discovery:keep_niche
        discovery:revoke discovery:profile discovery:copy_profile discovery:delete_profile
        discovery:make_default discovery:restore_profile
        discovery:correct_list discovery:start_list discovery:cancel_list discovery:resume_list
        discovery:share_list discovery:keep_list discovery:delete_list discovery:choose_product
        discovery:ask_codes_again discovery:list_buy_boxes discovery:forget_filter
        discovery:purchase discovery:change_purchase discovery:delete_purchase discovery:add_sale
        discovery:strike_sale discovery:strike_out
        discovery:cancel discovery:resume discovery:share_run discovery:keep_run discovery:rerun
        discovery:buy_boxes
        discovery:job discovery:change_job discovery:pause_job discovery:resume_job
        discovery:copy_job discovery:delete_job discovery:run_job
        discovery:cancel_sourcing discovery:resume_sourcing discovery:sourcing_buy_boxes
        discovery:pick discovery:decide_pick
        discovery:delete_channel discovery:turn_channel discovery:test_channel
        api:get_decision api:strike_decision
        api:get_purchase api:change_purchase api:delete_purchase api:create_sale api:strike_sale
        api:get_sale api:get_filter
        api:get_job api:change_job api:delete_job api:pause_job api:resume_job api:copy_job
        api:run_job api:list_job_runs api:get_pick api:list_sightings api:decide
        api:change_niche api:delete_niche api:restore_niche api:archive_niche
        api:unarchive_niche api:share_niche api:unshare_niche
        api:delete_run api:cancel_run api:resume_run api:rerun api:share_run api:unshare_run
        api:quote_buy_boxes api:buy_run_boxes
        api:correct_list api:start_list api:ask_codes_again api:choose_line_product
        api:get_profile api:change_profile api:delete_profile api:make_default api:preview
        api:list_revisions api:restore_revision api:forget_filter
        api:get_channel api:delete_channel api:pause_channel api:resume_channel api:test_channel
        api:get_token api:revoke_token
    """,
    Rule.SHARED_READ: """
        discovery:run discovery:progress discovery:compare_runs discovery:export
        discovery:list discovery:list_progress discovery:compare_lists discovery:list_export
        discovery:sourcing_run discovery:sourcing_progress discovery:compare_sourcing
        discovery:sourcing_export
        api:get_niche api:get_run api:list_lines api:export_lines api:compare api:get_list
    """,
    Rule.SHARED_USED: """
        discovery:run_niche discovery:duplicate_niche
        discovery:selection discovery:list_selection discovery:sourcing_selection
        api:run_niche api:duplicate_niche
    """,
}
RULES = {name: rule for rule, names in _TABLE.items() for name in names.split()}
# Of one's own things, yet an administrator's affair: it changes what the site does for everybody.
OF_ADMINISTRATORS_TOO = {"api:make_default"}

# Pages that are only read, and those that are read and take a form; the others take a form alone.
READ = _names("""
    dashboard history discovery:niches discovery:tree discovery:choose_category
    discovery:categories discovery:configuration discovery:lists discovery:list
    discovery:list_progress discovery:compare_lists discovery:list_export discovery:one_box
    discovery:glossary discovery:favourites discovery:purchases discovery:export_purchases
    discovery:purchase discovery:product discovery:why discovery:run discovery:progress
    discovery:compare_runs discovery:export discovery:jobs discovery:job
    discovery:sourcing_run discovery:sourcing_progress discovery:compare_sourcing
    discovery:sourcing_export discovery:picks discovery:export_picks discovery:pick
    discovery:alerts
""")
READ_AND_POSTED = _names("""
    discovery:sourcing_links discovery:profile discovery:add_purchase
    discovery:import_purchases discovery:delete_purchase discovery:add_job
    discovery:change_job discovery:review discovery:welcome discovery:account
    discovery:members discovery:alert_settings
""")
# Where there may be nothing for those who may come in.
MAYBE_NOTHING = {
    "api:get_import", "api:give_up_import", "discovery:open_category", "discovery:reset_factor",
    "api:reset_second_factor",
}  # fmt: skip


class Whose(StrEnum):
    """Whose the thing is that an address names."""

    OWN = "own"
    PRIVATE = "somebody else's"
    SHARED = "somebody else's, shared"


class Answer(StrEnum):
    """What an address answers, as far as access goes."""

    PASSED = "lets pass"
    SIGN_IN = "sends to the sign-in page"
    UNKNOWN_CALLER = "401"
    READ_ONLY = "403, the account is read-only"
    FORBIDDEN = "403"
    ADMINISTRATORS_ONLY = "403, administrators only"
    SCOPE_MISSING = "403, the token lacks the scope"
    NOT_THERE = "404"
    OTHER_METHOD = "405"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a role, ``None`` for nobody; ``scopes`` are those of a token."""

    role: Role | None
    scopes: frozenset[Scope] | None = None


OF_ROLE = {
    Role.VIEWER: {Scope.READ},
    Role.MEMBER: {Scope.READ, Scope.SEARCH},
    Role.ADMINISTRATOR: set(Scope),
}


def rule_of(address: Address) -> Rule:
    """The rule that holds for an address; fails with what to do where there is none."""
    if address.is_of_the_admin and address.name.startswith(("admin:", "/admin/")):
        return RULES.get(address.name, Rule.ADMIN_SITE)
    if address.name == "cache_health":
        return Rule.ADMIN_SITE
    if address.name not in RULES:
        raise AssertionError(
            f"{address.route} has no rule. Write its name, {address.name}, into the table of "
            "tests/arbvault/matrix/rules.py, under the rule that holds for it."
        )
    return RULES[address.name]


def methods_of(address: Address) -> set[str]:
    """The methods there is something behind."""
    if address.is_call:
        return {address.method}
    if address.name in READ:
        return {"GET"}
    return {"GET", "POST"} if address.name in READ_AND_POSTED else {"POST"}


def answer_of_page(address: Address, role: Role, method: str, whose: Whose) -> Answer:
    """What a page answers to somebody who is signed in."""
    rule = rule_of(address)
    if role is Role.VIEWER and method != "GET" and rule is not Rule.VIEWERS_TOO:
        return Answer.READ_ONLY
    if rule is Rule.ADMINISTRATORS and role is not Role.ADMINISTRATOR:
        return Answer.FORBIDDEN
    if method not in methods_of(address):
        return Answer.OTHER_METHOD
    if address.name == "discovery:make_default" and whose is Whose.OWN:
        return Answer.FORBIDDEN  # only those of the site are its default
    return _of_things(rule, whose)


def answer_of_call(address: Address, caller: Caller, whose: Whose) -> Answer:
    """What an operation of the API answers."""
    rule, role = rule_of(address), caller.role
    if role is None:
        return Answer.UNKNOWN_CALLER
    needed = Scope.READ if address.method == "GET" else Scope.SEARCH
    if rule is Rule.ADMINISTRATORS or address.name in OF_ADMINISTRATORS_TOO:
        needed = Scope.ADMIN
    if role is Role.VIEWER and address.method != "GET":
        return Answer.READ_ONLY
    if needed is Scope.ADMIN and role is not Role.ADMINISTRATOR:
        return Answer.ADMINISTRATORS_ONLY
    if needed not in (OF_ROLE[role] if caller.scopes is None else caller.scopes):
        return Answer.SCOPE_MISSING
    return _of_things(rule, whose)


def _of_things(rule: Rule, whose: Whose) -> Answer:
    match rule, whose:
        case Rule.OWNED, Whose.PRIVATE | Whose.SHARED:
            return Answer.NOT_THERE
        case Rule.SHARED_READ | Rule.SHARED_USED, Whose.PRIVATE:
            return Answer.NOT_THERE
    return Answer.PASSED
