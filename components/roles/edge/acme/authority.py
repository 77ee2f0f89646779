"""The ACME server: certificates by certbot, and when it wants them renewed."""

import contextlib
import datetime
import json
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

from bundle import Bundle, Unusable, parse
from challenge import problem_path
from schedule import HOUR, Window

PATIENCE = 10.0
# Two validations that nobody answers, one after the other, and the authority's own patience; a record for each name.
CERTBOT_PATIENCE = {"http": 300.0, "dns": 900.0}


class Refused(Exception):
    """No certificate, and why: one line for people."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        # Seconds since 1970 before which the authority wants no further attempt.
        self.retry_after = retry_after


def issue(config: dict[str, Any]) -> Bundle:
    """Raises Refused."""
    folder = os.path.join(config["folder"], "certbot")
    try:
        return _issue(config, folder)
    except Refused as refused:
        if not is_lost_account(str(refused)):
            raise
    # An authority may forget accounts, as those for tests do now and then: certbot alone would use a lost one for ever.
    shutil.rmtree(os.path.join(folder, "config", "accounts"), ignore_errors=True)
    return _issue(config, folder)


def _issue(config: dict[str, Any], folder: str) -> Bundle:
    # The account stays; a lineage of before would be asked about, and may be half written.
    for old in ("live", "archive", "renewal"):
        shutil.rmtree(os.path.join(folder, "config", old), ignore_errors=True)
    try:
        _certbot(config, folder)
        live = os.path.join(folder, "config", "live", "site")
        pem = "".join(_read(os.path.join(live, name)) for name in ("fullchain.pem", "privkey.pem"))
        return parse(config["directory"], pem)
    except (OSError, Unusable) as error:
        raise Refused(f"certbot left no certificate: {error}") from error
    finally:
        # The key is in one place alone.
        for old in ("live", "archive", "renewal"):
            shutil.rmtree(os.path.join(folder, "config", old), ignore_errors=True)


def _certbot(config: dict[str, Any], folder: str) -> None:
    email = config["email"]
    command = [
        *("certbot", "certonly", "--non-interactive", "--agree-tos", "--cert-name", "site"),
        *("--server", config["directory"]),
        *(("--email", email, "--no-eff-email") if email else ("--register-unsafely-without-email",)),
        *_challenge_words(config),
        *("--key-type", "ecdsa", "--elliptic-curve", "secp256r1"),
        *("--config-dir", f"{folder}/config", "--work-dir", f"{folder}/work", "--logs-dir", f"{folder}/logs"),
        *("--max-log-backups", "5"),
        *(word for name in config["names"] for word in ("-d", name)),
    ]
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8"}
    if config["root"]:
        environment["REQUESTS_CA_BUNDLE"] = config["root"]
    patience = CERTBOT_PATIENCE[config.get("challenge", "http")]
    with contextlib.suppress(FileNotFoundError):
        os.remove(problem_path(config))
    code, said = _run(command, environment, patience)
    if code is None:
        raise Refused(f"no certificate within {patience:.0f} s")
    if code != 0:
        try:
            raise Refused(_read(problem_path(config)))
        except FileNotFoundError:
            raise Refused(reason_of(said), retry_after_of(said)) from None


def _run(command: list[str], environment: dict[str, str], patience: float) -> tuple[int | None, str]:
    """How it ended and what it said; None: it was ended. It and its hooks are a group, which ends together."""
    with subprocess.Popen(  # noqa: S603
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=patience)
            return running.returncode, said
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            return None, ""


def _challenge_words(config: dict[str, Any]) -> list[str]:
    if config.get("challenge", "http") == "http":
        address, port = config["self"]["address"], str(config["challengePort"])
        return ["--standalone", "--preferred-challenges", "http", "--http-01-address", address, "--http-01-port", port]
    hook = ["/usr/bin/python3", "-s", "-E", "-B", os.path.join(os.path.dirname(__file__), "challenge.py")]
    return [
        *("--manual", "--preferred-challenges", "dns"),
        *("--manual-auth-hook", shlex.join([*hook, "set", config["path"]])),
        *("--manual-cleanup-hook", shlex.join([*hook, "remove", config["path"]])),
    ]


# What certbot always says and what is no reason.
_NOISE = re.compile(
    r"^(?:Saving debug log|Requesting a certificate|Account registered|Ask for help|Hint:|Some challenges have failed"
    r"|Registering without email|An unexpected error occurred|- - -)"
)


def reason_of(said: str) -> str:
    """Of what certbot prints, what a person needs to know, in one line."""
    lines = [line.strip() for line in said.split("\n")]
    words = " ".join(line for line in lines if line and not _NOISE.match(line))
    return re.sub(r"See the logfile .*$", "", words).strip()[:400] or "certbot gave no reason"


def retry_after_of(said: str) -> float | None:
    """Let's Encrypt says in words when a limit ends: "retry after 2026-11-30 08:15:00 UTC"."""
    found = re.search(r"retry after (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)", said, re.IGNORECASE)
    if found is None:
        return None
    moment = datetime.datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
    return moment.timestamp()


def is_lost_account(said: str) -> bool:
    return re.search(r"accountDoesNotExist|account \S* ?(?:not found|does not exist)", said, re.IGNORECASE) is not None


def is_rate_limit(said: str) -> bool:
    return re.search("rate ?limit|too many", said, re.IGNORECASE) is not None


class Advice(NamedTuple):
    """None: the authority gives none."""

    window: Window | None
    # Seconds after which it may be asked again.
    again_in: float


def renewal_advice(config: dict[str, Any], bundle: Bundle) -> Advice:
    """Raises OSError and ValueError."""
    context = ssl.create_default_context(cafile=config["root"] or None)
    # As certbot judges: since Python 3.13 the default refuses what many a private authority issues.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    directory, _ = _get(config["directory"], context)
    base = directory.get("renewalInfo")
    if not isinstance(base, str) or not bundle.renewal_id:
        return Advice(None, 24 * HOUR)
    try:
        told, header = _get(f"{base.rstrip('/')}/{bundle.renewal_id}", context)
    except urllib.error.HTTPError as error:
        # It does not know the certificate, so it has no wish. A new authority behind an old URL answers 400.
        if error.code in (400, 404):
            return Advice(None, 6 * HOUR)
        raise
    suggested = told.get("suggestedWindow")
    if not isinstance(suggested, dict):
        raise ValueError("renewalInfo without a suggestedWindow")
    window = Window(_moment(suggested.get("start")), _moment(suggested.get("end")))
    return Advice(window, _seconds(header("Retry-After")))


def _get(url: str, context: ssl.SSLContext) -> tuple[dict[str, Any], Callable[[str], str | None]]:
    request = urllib.request.Request(url, headers={"User-Agent": "hetzner-platform"})
    with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as response:
        parsed = json.loads(response.read(65536))
        if not isinstance(parsed, dict):
            raise ValueError(f"{url} answers no object")
        return parsed, response.headers.get


def _moment(text: object) -> float:
    # Python before 3.11 reads no Z.
    return datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()


def _seconds(header: str | None) -> float:
    """RFC 9773: 6 hours are usual; less than a minute floods it, more than a day misses a revocation."""
    seconds = float(header) if header is not None and header.isdigit() else 6 * HOUR
    return min(24 * HOUR, max(60.0, seconds))


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()
