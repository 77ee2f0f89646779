"""certbot's hook for DNS-01: sets the record that the authority asks for, and takes it away again.

Usage: challenge.py set|remove CONFIG.json, with CERTBOT_DOMAIN and CERTBOT_VALIDATION in the environment.

What is set stands on the disk first, so that a later look takes away what a crash has left. certbot goes on when a
hook fails, and the authority would count an attempt that must fail: so a hook that fails ends certbot, and says why in
a file.
"""

import json
import os
import signal
import sys
from typing import Any

from bundle import replace
from hetzner import Api
from zone import Record, Unset, Zones

PREFIX = "_acme-challenge"


def problem_path(config: dict[str, Any]) -> str:
    return os.path.join(config["folder"], "dns-problem")


def clean_up(config: dict[str, Any], path: str) -> str | None:
    """Takes away what is left of earlier attempts. Answers why it could not."""
    if not (left := _known(config)):
        return None
    try:
        for record in left:
            _zones(config, path).remove(record)
            _remember(config, [one for one in _known(config) if one != record])
    except Unset as unset:
        return str(unset)
    return None


def _set(config: dict[str, Any], path: str, domain: str, value: str) -> None:
    zones = _zones(config, path)
    record = zones.find(f"{PREFIX}.{domain.removeprefix('*.')}", value)
    _remember(config, [*_known(config), record])
    zones.add(record)
    if os.environ.get("CERTBOT_REMAINING_CHALLENGES", "0") == "0":
        _zones(config, path).wait(_known(config))


def _remove(config: dict[str, Any], path: str, value: str) -> None:
    """What does not work now is done by a later look."""
    mine = [record for record in _known(config) if record.value == value]
    try:
        for record in mine:
            _zones(config, path).remove(record)
    except Unset as unset:
        print(f"<4>{unset}", file=sys.stderr)
        return
    _remember(config, [record for record in _known(config) if record not in mine])


def _zones(config: dict[str, Any], path: str) -> Zones:
    with open(os.path.join(os.path.dirname(path), "dns-token"), encoding="ascii") as file:
        token = file.read().strip()
    return Zones(Api(config["apiEndpoint"], token), config["dnsPatience"])


def _known_path(config: dict[str, Any]) -> str:
    return os.path.join(config["folder"], "challenges.json")


def _known(config: dict[str, Any]) -> list[Record]:
    try:
        with open(_known_path(config), encoding="utf-8") as file:
            return [Record(*one) for one in json.load(file)]
    except (OSError, ValueError, TypeError):
        return []


def _remember(config: dict[str, Any], records: list[Record]) -> None:
    replace(_known_path(config), json.dumps(records).encode())


def main() -> None:
    task, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    domain, value = os.environ["CERTBOT_DOMAIN"], os.environ["CERTBOT_VALIDATION"]
    if task == "remove":
        _remove(config, path, value)
        return
    try:
        _set(config, path, domain, value)
    except (Unset, OSError, KeyError) as error:
        why = str(error) if isinstance(error, Unset) else f"the TXT record: {type(error).__name__}: {error}"
        replace(problem_path(config), why.encode())
        # certbot is in this group, and nothing else but it and its hook.
        os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main()
