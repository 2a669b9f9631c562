"""HTTP authentication against the examples of its RFCs, and against random headers."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.camera.http_auth import Challenge, answer, best, challenges

# RFC 7616, section 3.9.1.
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
SAID = {"realm": "http-auth@example.org", "qop": "auth", "nonce": NONCE, "opaque": OPAQUE}


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    """Response and every parameter are as section 3.9.1 prints them."""
    challenge = Challenge("digest", {**SAID, "algorithm": algorithm})
    header = answer(challenge, "Mufasa", "Circle of Life", "/dir/index.html", CNONCE)
    (sent,) = challenges([header])
    assert sent.parameters == {
        "username": "Mufasa", "realm": "http-auth@example.org", "uri": "/dir/index.html",
        "algorithm": algorithm, "nonce": NONCE, "nc": "00000001", "cnonce": CNONCE, "qop": "auth",
        "response": response, "opaque": OPAQUE,
    }  # fmt: skip
    assert f"algorithm={algorithm}, qop=auth, nc=00000001" in header  # these have no quotes


@pytest.mark.skipif(
    "sha512_256" not in hashlib.algorithms_available, reason="this OpenSSL has no SHA-512/256"
)
def test_a_hashed_username_is_as_rfc_7616_describes() -> None:
    """SHA-512-256 and userhash, as in section 3.9.2 (its username as the erratum corrects it)."""
    said = {
        "realm": "api@example.org", "qop": "auth", "algorithm": "SHA-512-256", "userhash": "true",
        "nonce": "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
    }  # fmt: skip
    header = answer(Challenge("digest", said), "J\u00e4s\u00f8n Doe", "Secret, or not?",
                    "/doe.json", "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm")  # fmt: skip
    (sent,) = challenges([header])

    def hashed(text: str) -> str:
        return hashlib.new("sha512_256", text.encode()).hexdigest()

    assert sent.parameters["username"] == (
        "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    )
    secret = hashed("J\u00e4s\u00f8n Doe:api@example.org:Secret, or not?")
    middle = f"{said['nonce']}:00000001:NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm:auth"
    assert sent.parameters["response"] == hashed(f"{secret}:{middle}:{hashed('GET:/doe.json')}")


def test_a_session_binds_the_password_to_its_nonce() -> None:
    """MD5-sess (RFC 7616, section 3.4.2): the hash of the password is hashed with both nonces."""
    parameters = {"realm": "r", "nonce": "n", "qop": "auth", "algorithm": "MD5-sess"}
    (sent,) = challenges([answer(Challenge("digest", parameters), "u", "p", "/", "c")])

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    secret = md5(md5("u:r:p") + ":n:c")
    assert sent.parameters["response"] == md5(f"{secret}:n:00000001:c:auth:{md5('GET:/')}")
    assert sent.parameters["algorithm"] == "MD5-sess"


def test_the_response_without_qop_is_that_of_rfc_2069() -> None:
    """Without qop, as with old cameras, the response is that of RFC 2617's example without it."""
    parameters = {"realm": "testrealm@host.com", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093"}
    header = answer(
        Challenge("digest", parameters), "Mufasa", "Circle Of Life", "/dir/index.html", CNONCE
    )
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in header
    assert "cnonce" not in header


def test_the_example_of_rfc_7617() -> None:
    """Basic is as in section 2."""
    header = answer(Challenge("basic", {"realm": "x"}), "Aladdin", "open sesame", "/", "")
    assert header == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_several_ways_in_one_header_are_told_apart() -> None:
    """A comma separates schemes and parameters, and may be part of a quoted text."""
    header = (
        'Newauth realm="apps", type=1, title="Login to \\"apps\\", Basic b=c", '
        'Basic realm="simple", Negotiate, DIGEST nonce="n"'
    )
    found = challenges([header, 'Digest nonce = "m" , stale=TRUE'])
    assert [challenge.scheme for challenge in found] == [
        "newauth", "basic", "negotiate", "digest", "digest",
    ]  # fmt: skip
    assert found[0].parameters["title"] == 'Login to "apps", Basic b=c'
    assert [challenge.stale for challenge in found] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("headers", "chosen"),
    [
        (['Basic realm="x"', 'Digest nonce="n", qop="auth"'], "MD5"),
        (['Digest nonce="n", algorithm=MD5', 'Digest nonce="n", algorithm=SHA-256'], "SHA-256"),
        (['Digest nonce="n", algorithm=SHA-256, qop="auth,auth-int"', "Basic"], "SHA-256"),
        (['Digest nonce="n", algorithm=sha-256-sess', 'Basic realm="x"'], "sha-256-sess"),
        (['Digest nonce="n", algorithm=SHA-512-256', 'Digest nonce="n"'], "SHA-512-256"),
        (['Digest nonce="n", algorithm=SHA-1', 'Basic realm="x"'], "basic"),
        (['Digest nonce="n", qop=""'], "MD5"),
        (['Digest nonce="n", qop="auth-int"', 'Basic realm="x"'], "basic"),
        (['Digest realm="no nonce"'], None),
        (["Negotiate", 'Bearer realm="x"'], None),
        ([], None),
    ],
)
def test_the_safest_usable_way_is_chosen(headers: list[str], chosen: str | None) -> None:
    """An unsupported scheme is not tried: a wrong answer counts as a wrong password."""
    way = best(challenges(headers))
    if way is None:
        assert chosen is None
    else:
        assert chosen == (
            way.parameters.get("algorithm", "MD5") if way.scheme == "digest" else "basic"
        )


def test_quotes_in_a_name_do_not_end_it() -> None:
    """A username may hold quotes and backslashes: offices choose it in the camera."""
    challenge = Challenge("digest", {"realm": 'a"b', "nonce": "n"})
    (sent,) = challenges([answer(challenge, 'pak "budi"\\', "x", "/", "c")])
    assert (sent.parameters["username"], sent.parameters["realm"]) == ('pak "budi"\\', 'a"b')


@given(st.lists(st.text(max_size=80), max_size=3))
def test_nonsense_is_no_way_in_and_no_error(headers: list[str]) -> None:
    """Random headers from the network give no scheme or a valid answer, never an error."""
    way = best(challenges(headers))
    if way is not None:
        assert answer(way, "u", "p", "/", "c").lower().startswith(way.scheme)
