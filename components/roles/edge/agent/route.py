"""Machines without a public address leave the private network through the master."""

from typing import Any

from hetzner import Answer, Api


class Refused(Exception):
    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what}: {answer}")
        self.what = what
        self.answer = answer


def lead_default_route(api: Api, network_id: int, gateway: str) -> bool:
    """Makes the gateway the only one. True: something was changed. Raises Refused."""
    network = f"/networks/{network_id}"
    answer = api.call("GET", network)
    if not answer.ok or "network" not in answer.body:
        raise Refused("reading the default route", answer)
    routes = [route for route in answer.body["network"].get("routes", []) if route["destination"] == "0.0.0.0/0"]
    if [route["gateway"] for route in routes] == [gateway]:
        return False
    for route in routes:
        _act(api, "removing the old default route", network + "/actions/delete_route", route)
    wanted = {"destination": "0.0.0.0/0", "gateway": gateway}
    _act(api, "setting the default route", network + "/actions/add_route", wanted)
    return True


def _act(api: Api, what: str, path: str, body: dict[str, Any]) -> None:
    answer = api.insist("POST", path, body)
    if not answer.ok or not api.settle(answer):
        raise Refused(what, answer)
