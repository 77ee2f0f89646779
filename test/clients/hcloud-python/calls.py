"""Drives the local cloud with Hetzner's Python client and prints one JSON line for each operation."""

import json
import os
import sys
import traceback

from hcloud import APIException, Client
from hcloud.actions import ActionFailedException
from hcloud.firewalls import FirewallResource, FirewallResourceLabelSelector, FirewallRule
from hcloud.images import Image
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.load_balancers import (
    LoadBalancerAlgorithm,
    LoadBalancerHealthCheck,
    LoadBalancerHealthCheckHttp,
    LoadBalancerService,
    LoadBalancerServiceHttp,
    LoadBalancerTarget,
)
from hcloud.locations import Location
from hcloud.networks import NetworkRoute, NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.servers import ServerCreatePublicNetwork
from hcloud.storage_box_types import StorageBoxType
from hcloud.storage_boxes import StorageBoxAccessSettings, StorageBoxSnapshotPlan
from hcloud.zones import ZoneRecord, ZoneRRSet

ENDPOINT = os.environ["HCLOUD_ENDPOINT"]
CLIENT = Client(
    token=os.environ["HCLOUD_TOKEN"],
    api_endpoint=ENDPOINT,
    api_endpoint_hetzner=ENDPOINT,
    application_name="hetzner-platform-test",
    poll_interval=0.01,
)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY python"
LABELS = {"client": "python"}
FSN1 = Location(name="fsn1")
PASSWORD = "A-long-enough-passw0rd!"


def step(name, operation):
    """Runs one operation, which asserts by itself, and says how it went."""
    try:
        result = operation()
    except Exception:
        print(json.dumps({"name": name, "ok": False, "error": traceback.format_exc(limit=3)}))
        sys.exit(1)
    print(json.dumps({"name": name, "ok": True}))
    return result


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, not {wanted!r}")


def refused(code, operation):
    try:
        operation()
    except APIException as error:
        equal(error.code, code)
        if not error.correlation_id:
            raise AssertionError("no correlation id") from error
        return error
    raise AssertionError(f"was not refused with {code}")


def found(kind, bound):
    """An object in every way in which the client finds one."""
    plural = getattr(CLIENT, kind)
    step(f"{kind}: get by id", lambda: equal(plural.get_by_id(bound.id).id, bound.id))
    step(f"{kind}: get by name", lambda: equal(plural.get_by_name(bound.name).id, bound.id))
    step(
        f"{kind}: list by label",
        lambda: equal([row.id for row in plural.get_all(label_selector="client==python")], [bound.id]),
    )
    step(f"{kind}: list a page", lambda: equal(plural.get_list(name=bound.name, per_page=1).meta.pagination.total_entries, 1))
    renamed = step(f"{kind}: update", lambda: bound.update(labels={**LABELS, "more": ""}))
    step(f"{kind}: has its labels", lambda: equal(renamed.labels, {**LABELS, "more": ""}))
    step(f"{kind}: reload", bound.reload)


def wait(*actions):
    for action in actions:
        if action is not None:
            action.wait_until_finished()


def created(response, name):
    wait(response.action, *(response.next_actions or [])) if hasattr(response, "next_actions") else wait(response.action)
    return getattr(response, name)


def basics():
    key = step("ssh_keys: create", lambda: CLIENT.ssh_keys.create("py-key", KEY, LABELS))
    found("ssh_keys", key)
    step("ssh_keys: by fingerprint", lambda: equal(CLIENT.ssh_keys.get_by_fingerprint(key.fingerprint).id, key.id))
    group = step("placement_groups: create", lambda: CLIENT.placement_groups.create("py-group", "spread", LABELS).placement_group)
    found("placement_groups", group)
    network = step(
        "networks: create",
        lambda: CLIENT.networks.create(
            "py-network", "10.0.0.0/16", [NetworkSubnet("10.0.1.0/24", type="cloud", network_zone="eu-central")], labels=LABELS
        ),
    )
    found("networks", network)
    subnet = NetworkSubnet("10.0.2.0/24", type="cloud", network_zone="eu-central")
    step("networks: add subnet", lambda: wait(network.add_subnet(subnet)))
    step("networks: delete subnet", lambda: wait(network.delete_subnet(subnet)))
    route = NetworkRoute("192.168.0.0/24", "10.0.1.9")
    step("networks: add route", lambda: wait(network.add_route(route)))
    step("networks: delete route", lambda: wait(network.delete_route(route)))
    step("networks: change range", lambda: wait(network.change_ip_range("10.0.0.0/12")))
    rule = FirewallRule(direction="in", protocol="tcp", port="80", source_ips=["0.0.0.0/0", "::/0"], description="web")
    selector = FirewallResource("label_selector", label_selector=FirewallResourceLabelSelector("wall=py"))
    firewall = step(
        "firewalls: create", lambda: CLIENT.firewalls.create("py-firewall", rules=[rule], labels=LABELS, resources=[selector]).firewall
    )
    found("firewalls", firewall)
    step("firewalls: set rules", lambda: wait(*firewall.set_rules([rule, FirewallRule("out", "icmp", [], destination_ips=["0.0.0.0/0"])])))
    step("firewalls: remove", lambda: wait(*firewall.remove_from_resources([selector])))
    return key, group, network, firewall


def servers(key, group, network, firewall):
    primary = step(
        "primary_ips: create",
        lambda: created(CLIENT.primary_ips.create("ipv4", "py-primary", location=FSN1, assignee_type="server", labels=LABELS), "primary_ip"),
    )
    found("primary_ips", primary)
    response = step(
        "servers: create",
        lambda: CLIENT.servers.create(
            "py-server",
            ServerType("cx23"),
            Image(name="debian-13"),
            ssh_keys=[key],
            networks=[network],
            firewalls=[firewall],
            placement_group=group,
            location=FSN1,
            labels=LABELS,
            user_data="#cloud-config\n",
            public_net=ServerCreatePublicNetwork(ipv4=primary, enable_ipv4=True, enable_ipv6=True),
        ),
    )
    step("servers: wait for all actions", lambda: wait(response.action, *response.next_actions))
    server = response.server
    step("servers: has no password with a key", lambda: equal(response.root_password, None))
    found("servers", server)
    step("servers: runs at its address", lambda: equal((server.status, server.public_net.ipv4.ip), ("running", primary.ip)))
    for action in ("power_off", "power_on", "reboot", "reset", "shutdown"):
        step(f"servers: {action}", lambda: wait(getattr(server, action)()))
    step("servers: off", lambda: wait(server.power_off()))
    step("servers: change type", lambda: wait(server.change_type(ServerType("cx33"), upgrade_disk=False)))
    step("servers: rebuild", lambda: wait(server.rebuild(Image(name="debian-13")).action))
    step("servers: backup", lambda: wait(server.enable_backup()))
    step("servers: no backup", lambda: wait(server.disable_backup()))
    step("servers: rescue", lambda: wait(server.enable_rescue("linux64", [key.id]).action))
    step("servers: no rescue", lambda: wait(server.disable_rescue()))
    step("servers: reverse DNS", lambda: wait(server.change_dns_ptr(server.public_net.ipv4.ip, "py.example.com")))
    step("servers: aliases", lambda: wait(server.change_alias_ips(network, ["10.0.1.77"])))
    step("servers: detach", lambda: wait(server.detach_from_network(network)))
    step("servers: attach", lambda: wait(server.attach_to_network(network, ip="10.0.1.5")))
    image = step("images: create", lambda: created(server.create_image("py", labels=LABELS), "image"))
    step("images: by id", lambda: equal(CLIENT.images.get_by_id(image.id).description, "py"))
    step("images: by name", lambda: equal(CLIENT.images.get_by_name_and_architecture("debian-13", "x86").os_flavor, "debian"))
    step("images: list", lambda: equal([row.id for row in CLIENT.images.get_all(type="snapshot", label_selector="client")], [image.id]))
    step("images: delete", image.delete)
    volume = step("volumes: create", lambda: created(CLIENT.volumes.create(10, "py-volume", LABELS, server=server, format="ext4"), "volume"))
    found("volumes", volume)
    step("volumes: resize", lambda: wait(volume.resize(20)))
    step("volumes: detach", lambda: wait(volume.detach()))
    step("volumes: attach", lambda: wait(volume.attach(server, automount=False)))
    step("volumes: protect", lambda: wait(volume.change_protection(delete=True)))
    step("volumes: is protected", lambda: refused("protected", volume.delete))
    step("volumes: delete", lambda: (wait(volume.change_protection(delete=False)), wait(volume.detach()), volume.delete()))
    address = step(
        "floating_ips: create", lambda: created(CLIENT.floating_ips.create("ipv4", "moves", LABELS, FSN1, server, "py-floating"), "floating_ip")
    )
    found("floating_ips", address)
    step("floating_ips: unassign", lambda: wait(address.unassign()))
    step("floating_ips: assign", lambda: wait(address.assign(server)))
    step("floating_ips: must be unassigned", lambda: refused("must_be_unassigned", address.delete))
    step("floating_ips: delete", lambda: (wait(address.unassign()), address.delete()))
    return server, primary


def failures(server):
    error = step("errors: invalid input", lambda: refused("invalid_input", lambda: CLIENT.networks.create("", "10.0.0.0/16")))
    step("errors: names the field", lambda: equal(error.details["fields"][0]["name"], "name"))
    step("errors: not found", lambda: refused("not_found", lambda: CLIENT.servers.get_by_id(4711)))
    step("errors: unknown name", lambda: equal(CLIENT.servers.get_by_name("nobody"), None))
    stranger = Client(token="x" * 64, api_endpoint=ENDPOINT)
    step("errors: wrong token", lambda: refused("unauthorized", stranger.servers.get_all))
    step("actions: of a server", lambda: equal(len(server.get_actions(sort=["id:desc"])) > 10, True))
    one = server.get_actions()[0]
    step("actions: by id", lambda: equal(CLIENT.actions.get_by_id(one.id).command, one.command))
    assert issubclass(ActionFailedException, Exception)


def catalogue():
    for kind, name in (("server_types", "cx23"), ("locations", "fsn1"), ("load_balancer_types", "lb11"), ("storage_box_types", "bx11")):
        step(f"{kind}: by name", lambda: equal(getattr(CLIENT, kind).get_by_name(name).name, name))
        step(f"{kind}: all", lambda: equal(len(getattr(CLIENT, kind).get_all()) > 1, True))
    step("isos: all", lambda: equal(len(CLIENT.isos.get_all(architecture="x86", include_architecture_wildcard=True)) > 1, True))


def balancers(server, network):
    with open(os.environ["CERTIFICATE_FILE"], encoding="utf-8") as certificate, open(os.environ["KEY_FILE"], encoding="utf-8") as key:
        pair = (certificate.read(), key.read())
    certificate = step("certificates: create", lambda: CLIENT.certificates.create("py-certificate", *pair, LABELS))
    found("certificates", certificate)
    check = LoadBalancerHealthCheck(
        "http", 8080, 15, 10, 3, LoadBalancerHealthCheckHttp(domain="", path="/", response="", tls=False, status_codes=["2??"])
    )
    service = LoadBalancerService("https", 443, 8080, False, check, LoadBalancerServiceHttp(certificates=[certificate], redirect_http=True))
    balancer = step(
        "load_balancers: create",
        lambda: created(
            CLIENT.load_balancers.create(
                "py-balancer",
                LoadBalancerType("lb11"),
                LoadBalancerAlgorithm("round_robin"),
                [service],
                [LoadBalancerTarget("server", server, use_private_ip=False)],
                LABELS,
                FSN1,
            ),
            "load_balancer",
        ),
    )
    found("load_balancers", balancer)
    step("load_balancers: has its parts", lambda: equal((len(balancer.services), len(balancer.targets)), (1, 1)))
    step("load_balancers: update service", lambda: wait(balancer.update_service(LoadBalancerService("https", 443, 9090, False, check))))
    step("load_balancers: delete service", lambda: wait(balancer.delete_service(service)))
    step("load_balancers: attach", lambda: wait(balancer.attach_to_network(network)))
    step("load_balancers: algorithm", lambda: wait(balancer.change_algorithm(LoadBalancerAlgorithm("least_connections"))))
    step("load_balancers: type", lambda: wait(balancer.change_type(LoadBalancerType("lb21"))))
    step("load_balancers: remove target", lambda: wait(balancer.remove_target(LoadBalancerTarget("server", server))))
    step("load_balancers: detach", lambda: wait(balancer.detach_from_network(network)))
    step("load_balancers: delete", balancer.delete)
    step("certificates: delete", certificate.delete)


def zones():
    zone = step(
        "zones: create",
        lambda: created(
            CLIENT.zones.create(
                name="example.org", mode="primary", ttl=3600, labels=LABELS, rrsets=[ZoneRRSet(name="www", type="A", records=[ZoneRecord("198.51.100.1")])]
            ),
            "zone",
        ),
    )
    found_zone = step("zones: by name", lambda: CLIENT.zones.get("example.org"))
    step("zones: is it", lambda: equal(found_zone.id, zone.id))
    step("zones: ttl", lambda: wait(zone.change_ttl(600)))
    created_set = step("zones: create set", lambda: zone.create_rrset(name="mail", type="A", ttl=300, records=[ZoneRecord("198.51.100.2", "first")]))
    step("zones: wait for the set", lambda: wait(created_set.action))
    rrset = created_set.rrset
    step("zones: add records", lambda: wait(zone.add_rrset_records(rrset, [ZoneRecord("198.51.100.3")])))
    step("zones: set records", lambda: wait(zone.set_rrset_records(rrset, [ZoneRecord("198.51.100.4")])))
    step("zones: sets", lambda: equal({(row.name, row.type) for row in zone.get_rrset_all(type=["A"])}, {("www", "A"), ("mail", "A")}))
    step("zones: delete set", lambda: wait(zone.delete_rrset(rrset).action))
    step("zones: export", lambda: equal("198.51.100.1" in zone.export_zonefile().zonefile, True))
    step("zones: delete", lambda: wait(zone.delete().action))


def boxes():
    response = step(
        "storage_boxes: create",
        lambda: CLIENT.storage_boxes.create(
            name="py-box",
            password=PASSWORD,
            location=FSN1,
            storage_box_type=StorageBoxType(name="bx11"),
            access_settings=StorageBoxAccessSettings(ssh_enabled=True),
            labels=LABELS,
        ),
    )
    step("storage_boxes: wait", lambda: wait(response.action))
    box = response.storage_box
    found("storage_boxes", box)
    step("storage_boxes: folders", lambda: equal(box.get_folders().folders, []))
    step("storage_boxes: access", lambda: wait(box.update_access_settings(StorageBoxAccessSettings(webdav_enabled=True))))
    step("storage_boxes: plan", lambda: wait(box.enable_snapshot_plan(StorageBoxSnapshotPlan(max_snapshots=3, hour=3, minute=30))))
    step("storage_boxes: no plan", lambda: wait(box.disable_snapshot_plan()))
    step("storage_boxes: password", lambda: wait(box.reset_password(PASSWORD + "2")))
    snapshot = step("storage_boxes: snapshot", lambda: created(box.create_snapshot(description="before"), "snapshot"))
    step("storage_boxes: snapshots", lambda: equal([row.id for row in box.get_snapshot_all()], [snapshot.id]))
    step("storage_boxes: roll back", lambda: wait(box.rollback_snapshot(box.get_snapshot_by_id(snapshot.id))))
    step("storage_boxes: delete snapshot", lambda: wait(snapshot.delete().action))
    account = step("storage_boxes: subaccount", lambda: created(box.create_subaccount(home_directory="py", password=PASSWORD), "subaccount"))
    step("storage_boxes: subaccounts", lambda: equal([row.id for row in box.get_subaccount_all()], [account.id]))
    step("storage_boxes: delete subaccount", lambda: wait(account.delete().action))
    step("storage_boxes: delete", lambda: wait(box.delete().action))


def remove(key, group, network, firewall, server, primary):
    step("servers: protect", lambda: wait(server.change_protection(delete=True, rebuild=True)))
    step("servers: is protected", lambda: refused("protected", server.delete))
    step("servers: no protection", lambda: wait(server.change_protection(delete=False, rebuild=False)))
    step("servers: delete", lambda: wait(server.delete()))
    step("servers: is gone", lambda: equal(CLIENT.servers.get_all(label_selector="client=python"), []))
    step("primary_ips: delete", primary.delete)
    for kind, row in (("firewalls", firewall), ("networks", network), ("placement_groups", group), ("ssh_keys", key)):
        step(f"{kind}: delete", row.delete)


def main():
    catalogue()
    key, group, network, firewall = basics()
    server, primary = servers(key, group, network, firewall)
    failures(server)
    balancers(server, network)
    zones()
    boxes()
    remove(key, group, network, firewall, server, primary)


main()
