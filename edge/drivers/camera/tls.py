"""TLS to a camera: the context, and the words for its errors.

Rules
-----
1. TLS 1.2 or newer, unless the config says ``tls = "old"``: many cameras in use have TLS 1.0, old
   ciphers or keys of 1024 bits. The certificate is checked all the same.
2. A pinned certificate (``fingerprint``) needs no signature, name or date.
3. A certificate of the office's own authority may lack what RFC 5280 wants since Python 3.13
   (``VERIFY_X509_STRICT``), as old recipes make it without Authority Key Identifier: the signature
   is checked, and that decides.
4. A certificate in ``ca_file`` is trusted itself, also if it is no authority's.
"""

import hashlib
import socket
import ssl
from urllib.parse import SplitResult

from edge.config.sections.cameras import WebCamera
from edge.drivers.camera.base import unreachable
from edge.drivers.camera.http_exchange import WrongCertificate, address
from edge.errors import DeviceError, DeviceFault, DeviceUnavailable

# Every cipher with a key and a certificate; level 0 also allows short keys and old digests.
_OLD_CIPHERS = "ALL:!aNULL:!eNULL:@SECLEVEL=0"
# OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT; the ssl module names it since Python 3.12.
_LEGACY_SERVER_CONNECT = 0x4

# OpenSSL's reasons for a handshake that failed because the camera's TLS is old.
_OLD = (
    "UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "HANDSHAKE_FAILURE", "NO_PROTOCOLS",
    "DH_KEY_TOO_SMALL", "KEY_TOO_SMALL", "MD_TOO_WEAK", "LEGACY_RENEGOTIATION", "NO_SHARED_CIPHER",
    "BAD_DH", "WRONG_SIGNATURE_TYPE", "NO_SUITABLE_DIGEST", "WRONG_CIPHER", "INSUFFICIENT_SECURITY",
)  # fmt: skip
# The reasons for an answer that is not TLS at all.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")

_PIN = "set fingerprint to that of the camera's certificate (docs/cameras.md)"
_NEW = f"Make a new certificate in the camera's settings, or {_PIN}."

# Faults of certificates and their remedies, by OpenSSL's codes of verification (x509_vfy.h).
_UNKNOWN_SIGNER = (2, 7, 18, 19, 20, 21)
_CERTIFICATES = {
    **dict.fromkeys(
        _UNKNOWN_SIGNER,
        (
            "is signed by an authority that this machine does not know",
            f"Set ca_file to the certificate of that authority, or {_PIN}.",
        ),
    ),
    **dict.fromkeys(
        (62, 64),
        (
            "is for another name or address",
            f"Write the name that the certificate has into url, or {_PIN}.",
        ),
    ),
    **dict.fromkeys(
        (66, 67, 68), ("has a short key or an old signature", f'{_NEW} Or set tls = "old".')
    ),
    9: (
        "is not valid yet",
        f"Check the clocks of this machine (timedatectl) and of the camera. {_NEW}",
    ),
    10: ("has expired", _NEW),
}


class OldTls(DeviceFault):
    """The camera speaks only TLS that the config does not allow."""


class Untrusted(DeviceFault):
    """The camera's certificate is not trusted."""


def tls_context(camera: str, config: WebCamera) -> ssl.SSLContext:
    """Return the context for the connections of one camera.

    :raises DeviceFault: if ca_file cannot be used
    """
    try:
        context = ssl.create_default_context(cafile=config.ca_file or None)
    except OSError as error:  # ssl.SSLError too: no certificate in PEM
        raise DeviceFault(
            f"{camera}: ca_file cannot be used: {error.strerror or error}",
            "ca_file must be a file with the certificate of the authority in PEM form "
            "(-----BEGIN CERTIFICATE-----) that this user may read.",
        ) from error
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # rule 3
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # rule 4
    if config.tls == "old":
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers(_OLD_CIPHERS)
        context.options |= _LEGACY_SERVER_CONNECT
    else:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    if config.fingerprint:  # rule 2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def tls_trouble(camera: str, error: ssl.SSLError, config: WebCamera) -> DeviceError:
    """Return *error* in words, with its remedy."""
    if isinstance(error, WrongCertificate):
        return DeviceFault(
            f"{camera}: {error}",
            "Was the camera or its certificate replaced? Then compare this fingerprint at the "
            "camera and write it into fingerprint; else another machine stands in between.",
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        why, remedy = _untrusted(error, config)
        return Untrusted(f"{camera}: its certificate {why} ({error.verify_message})", remedy)
    reason = error.reason or ""
    if any(word in reason for word in _NO_TLS):
        return DeviceFault(
            f"{camera}: does not speak TLS on this port ({reason})",
            "Write http:// in url, or the port of the camera's https service.",
        )
    if any(word in reason for word in _OLD) and config.tls != "old":
        return OldTls(
            f"{camera}: speaks only old TLS ({reason})",
            'Update the camera\'s firmware, or set tls = "old" for it.',
        )
    return DeviceUnavailable(
        f"{camera}: broke off the TLS handshake ({reason or error})",
        'Try again. If it stays: the camera may know only old TLS (tls = "old"); update its '
        "firmware.",
    )


def _untrusted(error: ssl.SSLCertVerificationError, config: WebCamera) -> tuple[str, str]:
    """Return what is wrong with the certificate, and the remedy."""
    if config.ca_file and error.verify_code in _UNKNOWN_SIGNER:
        return (
            "is not signed by ca_file",
            f"Put the certificate of the authority that signed it into ca_file, or {_PIN}.",
        )
    return _CERTIFICATES.get(
        error.verify_code,
        (
            "is not as it must be",
            f"Make a new certificate for the camera that has what is named here, or {_PIN}.",
        ),
    )


def fingerprint_of(camera: str, url: SplitResult, config: WebCamera, timeout_s: float) -> str:
    """Return the SHA-256 of the certificate that the machine at *url* shows; it is not checked.

    :raises DeviceError: if there is no connection
    """
    context = tls_context(camera, config)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection(address(url), timeout_s) as connection,
            context.wrap_socket(connection, server_hostname=url.hostname) as encrypted,
        ):
            shown = encrypted.getpeercert(binary_form=True) or b""
    except ssl.SSLError as error:
        raise tls_trouble(camera, error, config) from error
    except OSError as error:
        raise unreachable(camera, error) from error
    return hashlib.sha256(shown).hexdigest()
