"""Which addresses are taken: an allow-list of services, and of what each may be told."""

from __future__ import annotations

import pytest
from apprise import AppriseAsset

from discovery.sourcing.alerts.channels import EXAMPLES
from discovery.sourcing.alerts.sender.services import SERVICES, Refused, opened, shown

# Of a library that apprise imports for encrypted mail where it is there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TELEGRAM = "tgram://123456789:ABCdefghijklmnopqrstuvwxyz012345678/12345"
DISCORD = "discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
SLACK = "slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


def look(address: str) -> tuple[str, str | None]:
    scheme, _plugin, host = opened(address, asset=AppriseAsset())
    return scheme, host


@pytest.mark.parametrize(
    ("address", "scheme", "host"),
    [
        ("ntfys://topic", "ntfys", None),
        ("ntfys://ntfy.example.org/topic", "ntfys", "ntfy.example.org"),
        ("NTFYS://ntfy.example.org/topic?priority=high", "ntfys", "ntfy.example.org"),
        ("https://ntfy.sh/topic", "ntfys", None),
        (TELEGRAM, "tgram", None),
        (f"https://{DISCORD}", "discord", None),
        (f"https://hooks.{SLACK}", "slack", None),
        ("jsons://me:pw@example.org/hook?+Authorization=x", "jsons", "example.org"),
        ("mailtos://me:pw@example.org?smtp=127.0.0.1", "mailtos", "127.0.0.1"),
        ("gotifys://example.org/token", "gotifys", "example.org"),
        ("mmosts://example.org/abcdefghij", "mmosts", "example.org"),
    ],
)
def test_what_people_have_is_understood(address: str, scheme: str, host: str | None) -> None:
    assert look(address) == (scheme, host)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("syslog://", "service_not_allowed"),
        ("dbus://", "service_not_allowed"),
        ("file:///etc/passwd", "service_not_allowed"),
        ("exec://rm", "service_not_allowed"),
        ("http://example.org/", "service_not_allowed"),
        ("https://example.org/", "service_not_allowed"),
        ("mailtos://me:pw@example.org?pgp=yes&pgpprv=/etc/passwd", "parameter_not_allowed"),
        (f"{TELEGRAM}?template=/etc/passwd", "parameter_not_allowed"),
        (f"https://{DISCORD}?template=/etc/passwd", "parameter_not_allowed"),
        ("jsons://example.org/?Redirect=yes", "parameter_not_allowed"),
        ("jsons://example.org/?verify=no", "parameter_not_allowed"),
        ("jsons://example.org/?rto=9999", "parameter_not_allowed"),
        ("ntfys://example.org/topic?attach=http://127.0.0.1/", "parameter_not_allowed"),
        ("tgram://nonsense", "not_an_address"),
        ("gotifys://example.org", "not_an_address"),
        ("my phone", "not_an_address"),
        ("ntfys://a\nb", "not_an_address"),
        ("ntfys://" + "a" * 2000, "not_an_address"),
    ],
)
def test_everything_else_is_refused(address: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        look(address)
    assert refused.value.code == code


@pytest.mark.parametrize("scheme", SERVICES)
def test_every_service_of_the_list_is_one_apprise_knows(scheme: str) -> None:
    plugin = SERVICES[scheme].load()
    assert scheme in {plugin.protocol, plugin.secure_protocol}


def test_the_examples_are_of_services_that_are_offered() -> None:
    for _name, example in EXAMPLES:
        assert example.partition("://")[0] in {*SERVICES, "https"}


def test_of_an_address_the_kind_and_the_ends_of_the_host_are_shown() -> None:
    assert shown("ntfys", "ntfy.example.org") == "ntfys://nt….org"
    assert shown("gotify", "10.0.0.7") == "gotify://10…"
    assert shown("tgram", None) == "tgram://…"
