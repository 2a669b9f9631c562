"""A camera with ONVIF beside its snapshot or stream: the device and media services over SOAP.

Its answers are of one maker's form: prefixes of namespaces, hosts of another network, an own clock.
"""

import base64
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from sim.twins.camera import USERNAME
from sim.twins.camera_server import CameraServer

PATH = "/onvif/device_service"
MEDIA_PATH = "/onvif/Media"
# A host that is not there: cameras name the address that they had in another network.
_ELSEWHERE = "192.0.2.64"
# Difference from the camera's clock that its accounts bear, seconds.
_BEARS_S = 5.0

OnvifFault = Literal["locked", "no-service", "no-xml", "dtd", "off", "no-profiles"]
"""The faults of the service.

locked: refuses every account; no-service: 404; no-xml: a page; dtd: entities that grow; off: 503;
no-profiles: it has none.
"""


class OnvifTwin(CameraServer):
    """The ONVIF service of a camera.

    :param snapshot: returns the address of its snapshot; None: it has none
    :param stream: returns the address of its stream; None: it has none
    :param behind_s: how much its clock is behind, seconds
    :ivar calls: the requests so far, by name
    :ivar fault: set it to cause one of :data:`OnvifFault`
    """

    def __init__(
        self,
        password: str,
        snapshot: Callable[[], str] | None,
        stream: Callable[[], str] | None,
        behind_s: float = 0.0,
    ) -> None:
        super().__init__()
        self.password = password
        self.snapshot = snapshot
        self.stream = stream
        self.fault: OnvifFault | None = None
        self.calls: list[str] = []
        self._behind = dt.timedelta(seconds=behind_s)

    @property
    def url(self) -> str:
        """Address of the service's host, once it has started."""
        return f"http://127.0.0.1:{self.port}"

    def make_server(self, port: int) -> "_Server":
        """Return the server on *port* of loopback."""
        return _Server(self, port)

    def now(self) -> dt.datetime:
        """Return the time of the camera's clock."""
        return dt.datetime.now(dt.UTC) - self._behind

    def admits(self, request: str) -> bool:
        """Return True if the request's UsernameToken proves the password at the camera's time."""
        said = {
            name: _inner(request, name) for name in ("Username", "Password", "Nonce", "Created")
        }
        if self.fault == "locked" or said["Username"] != USERNAME:
            return False
        created = dt.datetime.fromisoformat(said["Created"])
        if abs((created - self.now()).total_seconds()) > _BEARS_S:
            return False
        secret = base64.b64decode(said["Nonce"]) + f"{said['Created']}{self.password}".encode()
        right = base64.b64encode(hashlib.sha1(secret, usedforsecurity=False).digest()).decode()
        return hmac.compare_digest(right, said["Password"])

    def answer(self, name: str) -> str:
        """Return the body of the answer to the request *name*; empty: it is not offered."""
        moment = self.now()
        match name:
            case "GetSystemDateAndTime":
                return (
                    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>"
                    f"<tt:Time><tt:Hour>{moment.hour}</tt:Hour><tt:Minute>{moment.minute}"
                    f"</tt:Minute><tt:Second>{moment.second}</tt:Second></tt:Time><tt:Date>"
                    f"<tt:Year>{moment.year}</tt:Year><tt:Month>{moment.month}</tt:Month>"
                    f"<tt:Day>{moment.day}</tt:Day></tt:Date></tt:UTCDateTime>"
                    "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
                )
            case "GetCapabilities":
                address = f"http://{_ELSEWHERE}:{self.port}{MEDIA_PATH}"
                return (
                    "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media>"
                    f"<tt:XAddr>{address}</tt:XAddr></tt:Media></tds:Capabilities>"
                    "</tds:GetCapabilitiesResponse>"
                )
            case "GetProfiles":
                profiles = "" if self.fault == "no-profiles" else "".join(
                    f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{called}</tt:Name>'
                    "</trt:Profiles>"
                    for token, called in (("Profile_1", "mainStream"), ("Profile_2", "subStream"))
                )  # fmt: skip
                return f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"
            case "GetSnapshotUri":
                return self._uri(name, self.snapshot)
            case "GetStreamUri":
                return self._uri(name, self.stream)
        return ""

    def _uri(self, name: str, address: Callable[[], str] | None) -> str:
        if address is None:
            return ""
        named = address().replace("127.0.0.1", _ELSEWHERE)
        return (
            f"<trt:{name}Response><trt:MediaUri><tt:Uri>{named}</tt:Uri></trt:MediaUri>"
            f"</trt:{name}Response>"
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, camera: OnvifTwin, port: int) -> None:
        self.camera = camera
        super().__init__(("127.0.0.1", port), _Request)


class _Request(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5

    def do_POST(self) -> None:
        camera = self.server.camera
        request = self.rfile.read(int(self.headers["Content-Length"])).decode()
        name = re.findall(r"<(Get\w+)", request)[0]
        camera.calls.append(name)
        if camera.fault in ("no-service", "off", "no-xml", "dtd"):
            self._broken(camera.fault)
        elif name != "GetSystemDateAndTime" and not camera.admits(request):
            self._send(400, _refusal("ter:NotAuthorized", "Sender not Authorized"))
        else:
            body = camera.answer(name)
            refused = _refusal("ter:ActionNotSupported", "Optional Action Not Implemented")
            self._send(200 if body else 500, body or refused)

    def _broken(self, fault: str) -> None:
        if fault == "dtd":
            self._send(200, "", before='<!DOCTYPE a [<!ENTITY b "b">]>')
        elif fault == "no-xml":
            self._send(200, "", plain=b"<html><p>Login")
        else:
            self._send(404 if fault == "no-service" else 503, "", plain=b"no")

    def _send(self, status: int, body: str, before: str = "", plain: bytes | None = None) -> None:
        document = (
            f'<?xml version="1.0" encoding="UTF-8"?>{before}'
            '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
            'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
            'xmlns:tt="http://www.onvif.org/ver10/schema" '
            'xmlns:ter="http://www.onvif.org/ver10/error">'
            f"<SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
        ).encode()
        data = document if plain is None else plain
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        """Log no requests."""


def _refusal(code: str, words: str) -> str:
    return (
        "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value>"
        f"<SOAP-ENV:Subcode><SOAP-ENV:Value>{code}</SOAP-ENV:Value></SOAP-ENV:Subcode>"
        f"</SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text>{words}</SOAP-ENV:Text>"
        "</SOAP-ENV:Reason></SOAP-ENV:Fault>"
    )


def _inner(document: str, name: str) -> str:
    """Return the text of the element *name*; empty if it is missing."""
    found = re.search(rf"<{name}\b[^>]*>([^<]*)<", document)
    return found[1] if found else ""
