"""Reasons: why the link to the broker is down, or why the broker refuses; each with a remedy.

This table is the only place of these words: journal, records, ``systemctl status``, the topic
``health`` and `gardu doctor` show them unchanged, and docs/mqtt.md is tested against it.
edge/mqtt/diagnosis.py finds the word for an error or for MQTT's reason code.
"""

from typing import Literal, get_args

import msgspec

from edge.errors import DeviceUnavailable
from edge.printable import printable

Word = Literal[
    # the way to the broker
    "refused", "name-not-found", "no-name-service", "bad-address", "no-network", "timed-out",
    "no-answer", "closed-early", "lost", "silent", "keep-alive", "stopped",
    # another protocol than url says
    "tls-port-spoken-plain", "plain-port-spoken-tls", "tls-closed-early", "web-server", "not-mqtt",
    "mqtt-3-only", "qos-0-only", "no-retained-messages", "packet-unreadable",
    # the broker's certificate
    "certificate-expired", "certificate-not-yet-valid", "certificate-other-host",
    "certificate-unknown-authority", "certificate-no-key-identifier", "certificate-revoked",
    "certificate-weak", "certificate-refused", "tls-version", "tls-failed",
    # this checkpoint's certificate, key, password
    "client-certificate-missing", "client-certificate-expired", "client-certificate-revoked",
    "client-certificate-unknown-authority", "client-certificate-refused", "key-mismatch",
    "key-encrypted", "certificate-file-bad", "ca-file-bad", "password-file-bad",
    "file-unreadable",
    # the broker's answers (MQTT 5, section 2.4)
    "wrong-password", "not-authorized", "client-id-refused", "authentication-method", "banned",
    "server-unavailable", "server-busy", "server-shutting-down", "administrative-action",
    "connection-rate", "connection-time-over", "session-taken-over", "another-server",
    "server-moved", "quota-exceeded", "message-rate", "packet-too-large", "publish-not-allowed",
    "subscribe-not-allowed", "no-subscriber", "topic-refused", "filter-refused",
    "payload-refused", "protocol-error", "unspecified", "broker-disconnected", "hung-up",
]  # fmt: skip
WORDS: tuple[Word, ...] = get_args(Word)

_CHECK = "Run gardu check: it names what is wrong with the files in [broker]."
_ASK = "Ask the central office"
_LOG = "The broker's log has the cause."
_CLOCK = "If the date of this machine is wrong (timedatectl), set it first"
_NEW = "Ask the central office for a new certificate, and install it as cert_file with its key"
_TRIED = "It is tried again by itself; if it lasts, ask the central office."
_BUG = "This is a fault of Gardu or of the broker: report it, with the lines of the broker's log."

_TABLE: dict[Word, tuple[str, str]] = {
    "refused": (
        "connection refused",
        "Is the broker running, and is the port in url of [broker] right (1883, with TLS 8883)?",
    ),
    "name-not-found": (
        "the broker's name is not known",
        "Correct url in [broker], or have the name entered in the name service: getent hosts NAME.",
    ),
    "no-name-service": (
        "the broker's name cannot be resolved now",
        (
            "Is there a network? ip addr; ping the router; resolvectl status. Else correct url in "
            "[broker]."
        ),
    ),
    "bad-address": (
        "the broker's address cannot be used",
        "Correct url in [broker], for example mqtts://mqtt.example.go.id:8883.",
    ),
    "no-network": (
        "there is no way to the broker's network",
        "Is the network cable plugged in? ip addr; ip route; ping the router.",
    ),
    "timed-out": (
        "the broker's machine did not answer in time",
        "Ping the broker's address; a firewall may drop the connection; is url in [broker] right?",
    ),
    "no-answer": (
        "the broker did not answer in time",
        (
            "Is it an MQTT broker that listens there, not a web server? With TLS (mqtts://) or "
            "without (mqtt://), as url in [broker] says? If so, it is overloaded."
        ),
    ),
    "closed-early": (
        "the broker closed the connection before it answered",
        (
            "Is it a port with TLS (often 8883)? Then write mqtts:// in url of [broker]. Else the "
            f"broker is starting, or does not speak MQTT 5. {_LOG}"
        ),
    ),
    "lost": (
        "connection lost",
        f"Look at the network between here and the broker. {_TRIED}",
    ),
    "silent": (
        "no acknowledgement in time",
        f"The network loses packets, or the broker is overloaded. {_TRIED}",
    ),
    "keep-alive": (
        "the broker did not answer a ping in time",
        f"The network loses packets, or the broker is overloaded. {_TRIED}",
    ),
    "stopped": (
        "this side closed the connection",
        "Start the daemon: sudo systemctl start gardu.",
    ),
    "tls-port-spoken-plain": (
        "this port speaks TLS, but url begins with mqtt://",
        "Write mqtts:// in url of [broker], and ca_file if the authority is the office's own.",
    ),
    "plain-port-spoken-tls": (
        "this port does not speak TLS, but url begins with mqtts://",
        (
            "Correct the port in url of [broker] (TLS is often 8883, without it 1883), or switch "
            "TLS on at the broker. mqtt:// is only for a broker on this machine."
        ),
    ),
    "tls-closed-early": (
        "the broker closed the connection at the first message of TLS",
        (
            "Is it a port without TLS (often 1883)? Then correct the port in url of [broker] "
            f"(often 8883). Else the broker is starting. {_LOG}"
        ),
    ),
    "web-server": (
        "a web server answers on this port, not an MQTT broker",
        "Correct host and port in url of [broker] (1883, with TLS 8883).",
    ),
    "not-mqtt": (
        "the server on this port does not speak MQTT",
        "Correct host and port in url of [broker] (1883, with TLS 8883).",
    ),
    "mqtt-3-only": (
        "the broker does not speak MQTT 5",
        (
            f"{_ASK} to switch MQTT 5 on, or for another broker: MQTT 3.1.1 has no answers that "
            "Gardu needs."
        ),
    ),
    "qos-0-only": (
        "the broker offers QoS 0 only",
        f"{_ASK} to allow QoS 1 at the broker: QoS 0 loses messages.",
    ),
    "no-retained-messages": (
        "the broker offers no retained messages",
        f"{_ASK} to switch retained messages on at the broker.",
    ),
    "packet-unreadable": (
        "a packet from the broker cannot be read",
        f"Is it an MQTT 5 broker that listens on that port? {_BUG}",
    ),
    "certificate-expired": (
        "the broker's certificate is not accepted: it (or its authority's) has expired",
        f"{_CLOCK}. Else ask the central office to renew the broker's certificate.",
    ),
    "certificate-not-yet-valid": (
        "the broker's certificate is not accepted: it is not yet valid",
        f"{_CLOCK}: this machine's clock is probably behind. Else ask the central office.",
    ),
    "certificate-other-host": (
        "the broker's certificate is not accepted: it is for another host",
        (
            "Write in url of [broker] the host name that is in the certificate, or ask the central "
            "office for a certificate with this name."
        ),
    ),
    "certificate-unknown-authority": (
        "the broker's certificate is not accepted: its authority is unknown or it is self-signed",
        "Set ca_file in [broker] to the certificate of the authority that signed the broker's.",
    ),
    "certificate-no-key-identifier": (
        "the broker's certificate is not accepted: it breaks RFC 5280",
        (
            "Python 3.13 and later check this strictly; older versions do not. Most often the "
            "Authority Key Identifier is missing. Have the certificate made again with it "
            "(openssl: authorityKeyIdentifier=keyid, basicConstraints critical)."
        ),
    ),
    "certificate-revoked": (
        "the broker's certificate is not accepted: it was revoked",
        f"{_ASK}: this may be an attack, or the broker needs its new certificate.",
    ),
    "certificate-weak": (
        "the broker's certificate is not accepted: its key or its signature is too weak",
        f"{_ASK} for a certificate with an RSA key of 2048 bits or more and SHA-256.",
    ),
    "certificate-refused": (
        "the broker's certificate is not accepted",
        f"{_ASK} to correct the broker's certificate; ca_file in [broker] must be its authority.",
    ),
    "tls-version": (
        "the broker and this machine have no version of TLS in common",
        f"{_ASK} to switch TLS 1.2 or 1.3 on at the broker.",
    ),
    "tls-failed": (
        "the TLS handshake failed",
        f"Does the broker require a certificate (cert_file and key_file in [broker])? {_LOG}",
    ),
    "client-certificate-missing": (
        "the broker requires a certificate from this checkpoint, and none is configured",
        "Install the checkpoint's certificate: cert_file and key_file in [broker].",
    ),
    "client-certificate-expired": (
        "the broker does not accept this checkpoint's certificate: it has expired",
        f"{_NEW}. The broker's clock may be wrong too.",
    ),
    "client-certificate-revoked": (
        "the broker does not accept this checkpoint's certificate: it was revoked",
        f"{_NEW}.",
    ),
    "client-certificate-unknown-authority": (
        "the broker does not accept this checkpoint's certificate: it does not know its authority",
        f"Does the broker trust the authority that signed cert_file? {_NEW}.",
    ),
    "client-certificate-refused": (
        "the broker does not accept this checkpoint's certificate",
        f"{_LOG} {_CHECK} {_NEW}.",
    ),
    "key-mismatch": (
        "key_file is not the key of cert_file",
        f"Install certificate and key of the same request. {_CHECK}",
    ),
    "key-encrypted": (
        "key_file is encrypted with a pass phrase",
        (
            "The daemon starts without a person: remove the pass phrase (openssl pkey -in OLD -out "
            "NEW), and let only the daemon's user read the key."
        ),
    ),
    "certificate-file-bad": (
        "cert_file or key_file holds no certificate or no key in PEM",
        f"{_CHECK}",
    ),
    "ca-file-bad": (
        "ca_file holds no certificate in PEM",
        f"{_CHECK}",
    ),
    "password-file-bad": (
        "password_file cannot be used",
        "Write the password again: on the first line, as plain text in UTF-8 (nano FILE).",
    ),
    "file-unreadable": (
        "a file in [broker] cannot be read",
        f"Let the daemon's user read it: sudo chown gardu FILE; chmod 600 FILE. {_CHECK}",
    ),
    "wrong-password": (
        "bad user name or password",
        "Correct username and password_file in [broker].",
    ),
    "not-authorized": (
        "not authorized",
        (
            "Correct username and password_file (or cert_file) in [broker], or ask the central "
            "office to let this checkpoint in."
        ),
    ),
    "client-id-refused": (
        "client identifier not valid",
        "Set client_id in [broker] to the one that the central office has registered.",
    ),
    "authentication-method": (
        "bad authentication method",
        f"{_ASK} to let this checkpoint in with a certificate, or with user name and password.",
    ),
    "banned": (
        "banned",
        f"{_ASK} to lift the ban of this checkpoint.",
    ),
    "server-unavailable": ("server unavailable", _TRIED),
    "server-busy": ("server busy", _TRIED),
    "server-shutting-down": ("server shutting down", _TRIED),
    "administrative-action": (
        "administrative action",
        f"{_ASK}: an operator closed this connection.",
    ),
    "connection-rate": (
        "connection rate exceeded",
        f"Too many clients connect at once. {_TRIED}",
    ),
    "connection-time-over": (
        "maximum connect time",
        "The broker limits the time of a connection; it is made again by itself.",
    ),
    "session-taken-over": (
        "session taken over: another client uses the same client id",
        (
            "Is there a second daemon, or a copy of this memory card? Each needs its own id in "
            "[checkpoint], and client_id in [broker] must be empty or unique."
        ),
    ),
    "another-server": (
        "use another server",
        "For now: write that server in url of [broker], or ask the central office for it.",
    ),
    "server-moved": (
        "server moved",
        "Write the new server in url of [broker]; ask the central office for it.",
    ),
    "quota-exceeded": (
        "quota exceeded",
        f"{_ASK} to raise this checkpoint's quota at the broker.",
    ),
    "message-rate": (
        "message rate too high",
        f"{_ASK} to raise the rate that the broker allows this checkpoint.",
    ),
    "packet-too-large": (
        "packet too large",
        (
            f"{_ASK} to raise the broker's largest packet to 1 MiB (mosquitto: message_size_limit "
            "1048576)."
        ),
    ),
    "publish-not-allowed": (
        "not authorized to publish on this topic",
        f"{_ASK} to let this checkpoint publish below gardu/v1/SITE/ID/ (the broker's ACL).",
    ),
    "subscribe-not-allowed": (
        "not authorized to subscribe to this topic",
        f"{_ASK} to let this checkpoint read gardu/v1/SITE/ID/cmd/# (the broker's ACL).",
    ),
    "no-subscriber": (
        "no client is subscribed to this topic",
        f"{_ASK} to start its consumer (gardu watch is one). Records wait here until then.",
    ),
    "topic-refused": (
        "the broker does not accept this topic",
        f"{_ASK} to allow topics below gardu/v1/ at the broker.",
    ),
    "filter-refused": (
        "the broker does not accept this subscription",
        f"{_ASK} to allow subscriptions with # below gardu/v1/SITE/ID/ at the broker.",
    ),
    "payload-refused": (
        "payload format invalid",
        f"{_ASK} to switch the broker's check of payloads off for gardu/v1/.",
    ),
    "protocol-error": ("the broker reports an error of MQTT's protocol", _BUG),
    "unspecified": ("unspecified error", _LOG),
    "broker-disconnected": (
        "the broker closed the connection",
        f"{_LOG} {_TRIED}",
    ),
    "hung-up": (
        "the broker hung up on it",
        f"{_LOG} Most often the message is larger than it accepts, or its ACL refuses it.",
    ),
}


class Reason(msgspec.Struct, frozen=True):
    """Why the link is down, or the broker refuses.

    :ivar word: the short key, for programs
    :ivar sentence: the cause in words, without a capital and a full stop
    :ivar remedy: the next thing to do, in whole sentences
    """

    word: Word
    sentence: str
    remedy: str

    def __str__(self) -> str:
        return self.sentence


def reason(word: Word, detail: str = "", sentence: str = "") -> Reason:
    """Return the reason *word* of the table.

    :param detail: is added to its sentence, after a colon
    :param sentence: replaces its sentence
    """
    listed, remedy = _TABLE[word]
    words = sentence or listed
    return Reason(word, f"{words}: {detail}" if detail else words, remedy)


class BrokerUnavailable(DeviceUnavailable):
    """There is no connection to the broker, for *reason*."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


# Longest part of a text of the broker that is passed on, characters.
_LONGEST = 200


def passed_on(text: object) -> str:
    """Return *text* of a broker or a library on one line, safe to print, cut to 200 characters."""
    return printable(" ".join(str(text)[: 2 * _LONGEST].split()), _LONGEST)
