"""A screen at the desk, in the guest: logs in as the reception and prints the page *now*.

Runs by the guest's own Python, without Gardu's modules. Its arguments: address, PIN.
"""

import sys
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

_TIMEOUT_S = 60.0


def main() -> None:
    """Print the page."""
    address, pin = sys.argv[1:]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    form = urllib.parse.urlencode({"role": "reception", "pin": pin}).encode()
    # The desk takes forms of its own pages only.
    request = urllib.request.Request(f"{address}/login", form, {"Origin": address})  # noqa: S310
    with opener.open(request, timeout=_TIMEOUT_S) as answer:
        sys.stdout.write(answer.read().decode())


if __name__ == "__main__":
    main()
