"""Which addresses lie inside, in whatever form they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.sourcing.alerts.sender.inside import UnknownHost, addresses_of, is_inside


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
        "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "2001:db8::1", "localhost", "",
    ],
)  # fmt: skip
def test_what_is_not_on_the_open_internet_is_inside(address: str) -> None:
    assert is_inside(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"],
)
def test_what_everybody_can_reach_is_not(address: str) -> None:
    assert not is_inside(address)


@given(st.ip_addresses(v=4))
def test_an_address_carried_by_ipv6_is_judged_as_it_is_by_itself(address: object) -> None:
    assert is_inside(f"::ffff:{address}") == is_inside(str(address))
    assert is_inside(f"64:ff9b::{address}") == is_inside(str(address))


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "017700000001", "[::1]"])
def test_decimal_octal_and_hexadecimal_forms_are_resolved_first(host: str) -> None:
    assert all(map(is_inside, addresses_of(host)))


@pytest.mark.parametrize("host", ["nobody.invalid", "a" * 300, "a..b"])
def test_a_name_nobody_knows(host: str) -> None:
    with pytest.raises(UnknownHost):
        addresses_of(host)
