"""Addresses: one spelling for one page, credentials gone, and nothing merged that may be two pages."""

from __future__ import annotations

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.urls import (
    SESSIONS,
    TRACKING,
    canonical_url,
    domain_of,
    host_of,
    origin,
    target,
)

SPELLINGS = {
    # scheme, host, port
    "HTTP://Example.ORG": "http://example.org/",
    "https://example.org:443/": "https://example.org/",
    "http://example.org:80/a": "http://example.org/a",
    "http://example.org:443/a": "http://example.org:443/a",
    "http://handbook.test:8801/de": "http://handbook.test:8801/de",
    "ftp://example.org:21/f": "ftp://example.org/f",
    "http://example.org:/a": "http://example.org/a",
    "http://example.org./a": "http://example.org./a",
    "https://bücher.example/": "https://xn--bcher-kva.example/",
    "https://XN--BCHER-KVA.example/": "https://xn--bcher-kva.example/",
    "https://BÜCHER。example/": "https://xn--bcher-kva.example/",
    "https://faß.example/": "https://xn--fa-hia.example/",
    "http://[2001:DB8:0:0:0:0:0:1]:80/": "http://[2001:db8::1]/",
    "http://0x7f.1/": "http://127.0.0.1/",
    "http://192.168.257/": "http://192.168.1.1/",
    "http:\\\\example.org\\a": "http://example.org/a",
    "http:example.org/a": "http://example.org/a",
    "  http://example.org/a \n": "http://example.org/a",
    "http://exam\tple.org/a\nb": "http://example.org/ab",
    # paths
    "http://example.org/a/./b/../c": "http://example.org/a/c",
    "http://example.org/../..": "http://example.org/",
    "http://example.org/a/%2e%2E/b": "http://example.org/b",
    "http://example.org/a/": "http://example.org/a/",
    "http://example.org/a": "http://example.org/a",
    "http://example.org//a//b": "http://example.org//a//b",
    "http://example.org/ä b": "http://example.org/%C3%A4%20b",
    "http://example.org/%c3%a4": "http://example.org/%c3%a4",
    "http://example.org/%7Euser/a%2Fb": "http://example.org/%7Euser/a%2Fb",
    "http://example.org/%zz": "http://example.org/%zz",
    "http://example.org/Case": "http://example.org/Case",
    "http://example.org/a@b:c": "http://example.org/a@b:c",
    # fragments and empty queries
    "http://example.org/a#b?c": "http://example.org/a",
    "http://example.org/a?#": "http://example.org/a",
    "http://example.org/a?": "http://example.org/a",
    "http://example.org?": "http://example.org/",
    "http://example.org/??": "http://example.org/??",
    # parameters
    "http://example.org/?b=2&a=1": "http://example.org/?b=2&a=1",
    "http://example.org/?a=1&a=2": "http://example.org/?a=1&a=2",
    "http://example.org/?a&&b=": "http://example.org/?a&&b=",
    "http://example.org/?q=ä ö": "http://example.org/?q=%C3%A4%20%C3%B6",
    "http://example.org/?utm_source=x": "http://example.org/",
    "http://example.org/?utm_source=x&id=7&utm_campaign=y": "http://example.org/?id=7",
    "http://example.org/?UTM_Source=x&id=7": "http://example.org/?id=7",
    "http://example.org/?utm_made_up=1": "http://example.org/",
    "http://example.org/?id=7&gclid=abc&fbclid=def&msclkid=1&yclid=2": "http://example.org/?id=7",
    "http://example.org/?mc_cid=1&mc_eid=2&_ga=3&_gl=4&igshid=5": "http://example.org/",
    "http://example.org/?ref_src=twsrc%5Etfw": "http://example.org/",
    "http://example.org/?fbclid": "http://example.org/",
    "http://example.org/?q=utm_source": "http://example.org/?q=utm_source",
    "http://example.org/?my_utm_source=1": "http://example.org/?my_utm_source=1",
    "http://example.org/?ref=nav&source=rss&sid=3": "http://example.org/?ref=nav&source=rss&sid=3",
    "http://example.org/?gclids=1": "http://example.org/?gclids=1",
    "http://example.org/a?utm_source=x#utm": "http://example.org/a",
    # sessions
    "http://example.org/a.php?PHPSESSID=0123456789abcdef&p=1": "http://example.org/a.php?p=1",
    "http://example.org/a.jsp;jsessionid=A1B2.node3?p=1": "http://example.org/a.jsp?p=1",
    "http://example.org/a;JSESSIONID=1;v=2/b": "http://example.org/a;v=2/b",
    "http://example.org/b/..;jsessionid=1": "http://example.org/",
    "http://example.org/?ASPSESSIONIDQQ=1": "http://example.org/",
    "http://example.org/?p=;jsessionid=1": "http://example.org/?p=;jsessionid=1",
    "http://a;jsessionid=1/;jsessionid=2": "http://a;jsessionid=1/",
    # credentials
    "http://user:secret@example.org/a": "http://example.org/a",
    "http://user@example.org:8080/a@b": "http://example.org:8080/a@b",
    "https://a:b@c:d@example.org/": "https://example.org/",
    "sftp://user:secret@example.org/a": "sftp://example.org/a",
    "http://user:secret@not a host/": "http://not a host/",
}
AS_GIVEN = [
    "",
    "example.org/a",
    "//example.org/a",
    "mailto:a@example.org",
    "data:text/plain,x@y",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "urn:isbn:1#x",
    "http://",
    "http://exa mple.org/",
    "http://[::1",
    "http://example.org:99999/",
    "http://\ud800/",
    "perldoc:perlfunc#open",
]


@pytest.mark.parametrize(("said", "spelled"), SPELLINGS.items())
def test_spellings(said: str, spelled: str) -> None:
    assert canonical_url(said) == spelled
    assert canonical_url(spelled) == spelled


@pytest.mark.parametrize("said", AS_GIVEN)
def test_what_is_no_web_address_is_left_alone(said: str) -> None:
    assert canonical_url(said) == said
    assert origin(said) is None


@pytest.mark.parametrize("name", sorted({*TRACKING, *SESSIONS, "utm_anything", "aspsessionidabc"}))
def test_every_parameter_of_the_table_goes_and_its_neighbors_stay(name: str) -> None:
    assert canonical_url(f"http://a.test/?x=1&{name}=v&y=2") == "http://a.test/?x=1&y=2"
    assert canonical_url(f"http://a.test/?{name.upper()}=v") == "http://a.test/"
    assert canonical_url(f"http://a.test/?x{name}=v") == f"http://a.test/?x{name}=v"


PIECES = st.sampled_from(
    "http https ftp : / // ? & # @ = ; . .. %2e %2E user:pw@ a.test Ä ä.test [::1] :80 :443 utm_source=1 gclid "
    ";jsessionid=1 jsessionid= phpsessid=2 \t \n \\ \x00 \ud800 xn-- 0x7f.1 data: ,".split(" ")
)


@given(
    st.one_of(
        st.text(), st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES).map(lambda p: "http://" + "".join(p))
    )
)
def test_spelling_again_changes_nothing(said: str) -> None:
    once = canonical_url(said)
    assert canonical_url(once) == once
    assert origin(said) is None or host_of(said) == host_of(once)


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_credentials_are_left(user: str, password: str) -> None:
    said = canonical_url(f"https://{user}:{password}%40hidden@a.test/x")
    if host_of(said) == "a.test":
        assert "hidden" not in said.partition("a.test")[0]


def test_sites_and_targets() -> None:
    assert origin("HTTPS://User@Example.org:443/a?b#c") == "https://example.org"
    assert origin("http://handbook.test:8801/x") == "http://handbook.test:8801"
    assert target("http://a.test?utm_source=1#f") == ("http://a.test", "/?utm_source=1")
    assert target("mailto:a@b") is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (None, None),
        ("", None),
        ("https://WWW.Example.org:8080/a", "www.example.org"),
        ("//Example.org", "example.org"),
        ("http://u:p@bücher.de/", "xn--bcher-kva.de"),
        ("http://example.org./", "example.org"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("s3://Bucket/key", "bucket"),
        ("mailto:a@b.test", None),
        ("no address", None),
        ("http://[::1", None),
        ("http://./", None),
    ],
)
def test_hosts(url: str | None, host: str | None) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.example.org", "example.org"),
        ("example.org", "example.org"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("alice.github.io", "alice.github.io"),
        ("x.alice.github.io", "alice.github.io"),
        ("github.io", "github.io"),
        ("www.city.kawasaki.jp", "city.kawasaki.jp"),
        ("a.b.kawasaki.jp", "a.b.kawasaki.jp"),
        ("www.ck", "www.ck"),
        ("x.www.ck", "www.ck"),
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("localhost", "localhost"),
        ("handbook.test", "handbook.test"),
        ("a.handbook.test", "handbook.test"),
        ("www.xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("a.b.xn--p1ai", "b.xn--p1ai"),
        ("a..b", "a..b"),
        ("3.example.com", "example.com"),
    ],
)
def test_registered_domains(host: str, domain: str) -> None:
    assert domain_of(host) == domain


def test_hostile_length_takes_linear_time() -> None:
    for long in (
        "http://a.test/" + "../x/" * 200_000,
        "http://a.test/?" + "utm_x=1&" * 200_000,
        "http://" + "@" * 400_000,
    ):
        assert timeit.timeit(lambda long=long: canonical_url(long), number=1) < 2


def test_a_typical_address_takes_microseconds() -> None:
    url = "https://www.example.org/wiki/Some_Page?action=view&section=2"
    best = min(timeit.repeat(lambda: canonical_url(url), number=2_000, repeat=5)) / 2_000
    assert best < 50e-6  # 3 microseconds when nobody else computes
