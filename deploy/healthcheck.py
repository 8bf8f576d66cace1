"""The image's health check: exit code 0 while /healthz says ok, or where it is switched off.

Asks on this machine only, so it works whatever `host` under [observe] is, unless that is another
single address.
"""

import http.client
import os
import sys

WITHIN_SECONDS = 4.0


def main() -> int:
    """Ask once; 1 means unhealthy."""
    port = os.environ.get("ROOST_OBSERVE_PORT", "").strip()
    if not port:
        return 0
    asked = http.client.HTTPConnection("127.0.0.1", int(port), timeout=WITHIN_SECONDS)
    try:
        asked.request("GET", "/healthz")
        answer = asked.getresponse()
        sys.stdout.write(answer.read(1000).decode("utf-8", "replace") + "\n")
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"no answer: {error}\n")
        return 1
    finally:
        asked.close()
    return 0 if answer.status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())
