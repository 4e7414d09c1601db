"""Site configurations as bytes: the same every time, bounded, and named by what is in them."""

import contextlib
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.batch.push import PushResponse
from thongsuot_schema.errors import SiteConfigMalformed
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.segment import Segment
from thongsuot_schema.siteconfig.codec import (
    LARGEST_BYTES,
    RunningConfig,
    decode,
    encode,
    parse_running_config,
    short_digest,
    version_of,
)
from thongsuot_schema.siteconfig.model import (
    ConfiguredCarrier,
    ConfiguredLink,
    ConfiguredProbe,
    ConfiguredTarget,
    OfferedConfig,
    SiteConfiguration,
)

PORTAL = ConfiguredTarget(
    name="dvc", role=Role.SERVICE, segment=Segment.SERVICE, url="https://dvc.example/"
)
SITE_CONFIG = SiteConfiguration(
    site="ba-dinh",
    title="Điểm phục vụ",
    links=(
        ConfiguredLink(name="fiber", medium=Medium.FIBER, carrier="vnpt", resolvers=("192.0.2.1",)),
    ),
    targets=(PORTAL,),
    probes=(
        ConfiguredProbe(kind="http", every_s=30.0, settings={"timeout_s": 5, "b": 1, "a": [1]}),
    ),
    carriers=(ConfiguredCarrier(name="vnpt", hotline="18001166"),),
)


def test_a_site_config_comes_back_and_equal_site_configs_have_equal_bytes() -> None:
    content = encode(SITE_CONFIG)
    assert decode(content) == SITE_CONFIG
    turned = ConfiguredProbe(kind="http", every_s=30.0, settings={"a": [1], "b": 1, "timeout_s": 5})
    assert encode(msgspec.structs.replace(SITE_CONFIG, probes=(turned,))) == content
    assert b'"expect_status"' not in content, "what is as by default costs no bytes"


def test_the_bytes_of_a_site_config_keep_their_meaning() -> None:
    """A changed digest would make every agent fetch its site configuration again."""
    assert encode(SiteConfiguration(site="a", targets=(PORTAL,))) == (
        b'{"site":"a","targets":[{"name":"dvc","role":"service","segment":"service",'
        b'"url":"https://dvc.example/"}]}'
    )
    assert short_digest(encode(SiteConfiguration(site="a"))) == "80cbd9ae"


def test_the_digest_is_the_beginning_of_sha_256() -> None:
    # FIPS 180-4, the example "abc".
    assert short_digest(b"abc") == "ba7816bf"


def test_a_version_is_named_by_number_and_content_and_survives_the_answer_that_carries_it() -> None:
    content = encode(SITE_CONFIG)
    offer = OfferedConfig(number=7, made_ns=1, content=msgspec.Raw(content))
    answer = PushResponse(acknowledged=3, site_config=msgspec.Raw(msgspec.json.encode(offer)))
    travelled = msgspec.json.decode(msgspec.json.encode(answer), type=PushResponse)
    arrived = msgspec.json.decode(travelled.site_config, type=OfferedConfig)
    assert bytes(arrived.content) == content
    assert version_of(arrived) == version_of(offer) == f"7-{short_digest(content)}"


def test_an_answer_without_a_site_config_has_not_a_byte_of_one() -> None:
    assert msgspec.json.encode(PushResponse(acknowledged=3)) == b'{"acknowledged":3}'


def test_a_site_config_that_cannot_be_read_takes_no_acknowledgement_with_it() -> None:
    for site_config in (b'"x"', b"[1,{}]", b"null", b'{"number":-1}'):
        answer = msgspec.json.decode(
            b'{"acknowledged":3,"site_config":' + site_config + b"}", type=PushResponse
        )
        assert answer.acknowledged == 3


def test_fields_of_a_newer_collector_are_skipped() -> None:
    site_config = decode(
        b'{"site":"a","new":{"x":[1]},"targets":[{"name":"dvc","role":"service",'
        b'"segment":"service","url":"https://dvc.example/","new":1}]}'
    )
    assert site_config.targets == (PORTAL,)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "truncated"),
        (b"\xff\xfe", "malformed"),
        (b"[]", "object"),
        (b'{"site":"A B"}', "site"),
        (b'{"site":"a","format":2}', "format 2"),
        (b'{"site":"a","targets":[{"name":"x","role":"spy","segment":"service"}]}', "spy"),
        (b'{"site":"a","probes":[{"kind":"http","every_s":0}]}', "every_s"),
        (b'{"site":"a","links":[{"name":"a","medium":"smoke"}]}', "smoke"),
        (b'{"site":"a","title":"' + b"x" * LARGEST_BYTES + b'"}', "at most"),
        (b'{"site":' * 5000, "object"),
    ],
)
def test_an_invalid_site_config_is_refused_with_error_and_place(content: bytes, why: str) -> None:
    with pytest.raises(SiteConfigMalformed, match=why):
        decode(content)


def test_deep_nesting_of_a_key_that_nobody_knows_does_not_crash() -> None:
    deep = b'{"site":"a","x":' + b"[" * 18000 + b"]" * 18000 + b"}"
    if sys.version_info < (3, 14):
        with pytest.raises(SiteConfigMalformed, match="nested"):
            decode(deep)
    else:
        # Python measures the stack that is left instead of counting calls: there is room for these.
        assert decode(deep) == decode(b'{"site":"a"}')


CONTENT = encode(SITE_CONFIG)


@given(st.integers(0, len(CONTENT) - 1), st.integers(0, 255))
def test_content_with_a_damaged_byte_is_refused_or_is_still_a_configuration(
    place: int, byte: int
) -> None:
    read = SITE_CONFIG
    with contextlib.suppress(SiteConfigMalformed):
        read = decode(CONTENT[:place] + bytes([byte]) + CONTENT[place + 1 :])
    assert decode(encode(read)) == read


@given(st.integers(0, len(CONTENT) - 1))
def test_content_that_ends_early_is_refused(place: int) -> None:
    with pytest.raises(SiteConfigMalformed):
        decode(CONTENT[:place])


@pytest.mark.parametrize(
    ("text", "running"),
    [
        ("none", RunningConfig()),
        ("7-3f9a0c1b", RunningConfig(version="7-3f9a0c1b")),
        ("none !1-00000000", RunningConfig(refused="1-00000000")),
        ("7-3f9a0c1b !8-00c0ffee", RunningConfig(version="7-3f9a0c1b", refused="8-00c0ffee")),
    ],
)
def test_an_agents_report_is_read_unchanged(text: str, running: RunningConfig) -> None:
    assert parse_running_config(text) == running
    assert running.header_value == text


@pytest.mark.parametrize(
    "text", ["", "7", "0-3f9a0c1b", "7-3F9A0C1B", "7-3f9a0c1b ", "none !none", "7-3f9a0c1b\n"]
)
def test_an_empty_report_of_the_running_configuration_is_none(text: str) -> None:
    assert parse_running_config(text) is None
