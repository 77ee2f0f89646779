// Requests that are well formed and that the state of things forbids.

import { sshKey } from "../testCloud";
import { type BadRequest, type Fixture, refused } from "./badRequest";
import { server } from "./servers";

export const refusals: BadRequest[] = [
  refused(
    "the same network twice",
    "server_already_attached",
    422,
    () => "/servers",
    (f: Fixture) => ({
      ...server,
      networks: [f.network, f.network],
    }),
  ),
  refused(
    "protection of a system image",
    "not_found",
    404,
    () => "/images/310557660/actions/change_protection",
    {
      delete: true,
    },
  ),
  refused(
    "a vswitch that is not there",
    "service_error",
    422,
    (f) => `/networks/${f.network}/actions/add_subnet`,
    { type: "vswitch", network_zone: "eu-central", vswitch_id: 1, ip_range: "10.0.5.0/24" },
  ),
  refused(
    "a password in a server that is off",
    "unsupported_error",
    422,
    (f) => `/servers/${f.stopped}/actions/reset_password`,
  ),
  refused("an unknown server", "not_found", 404, () => "/servers/4711", undefined, "GET"),
  refused("an unknown server for an action", "not_found", 404, () => "/servers/4711/actions/poweron"),
  refused("a taken server name", "uniqueness_error", 409, () => "/servers", { ...server, name: "a" }),
  refused("a taken network name", "uniqueness_error", 409, () => "/networks", {
    name: "private",
    ip_range: "10.1.0.0/16",
  }),
  refused("a taken SSH key name", "uniqueness_error", 409, () => "/ssh_keys", {
    name: "key",
    public_key: `${sshKey}x`,
  }),
  refused("a taken fingerprint", "uniqueness_error", 409, () => "/ssh_keys", {
    name: "key2",
    public_key: sshKey,
  }),
  refused("an image that cannot be booted", "unsupported_error", 422, () => "/servers", {
    ...server,
    image: "ubuntu-24.04",
  }),
  refused("a type of another architecture", "unsupported_error", 422, () => "/servers", {
    ...server,
    server_type: "cax11",
  }),
  refused("a type that is sold out", "resource_unavailable", 412, () => "/servers", {
    ...server,
    server_type: "ccx13",
  }),
  refused(
    "a primary IP of another version",
    "primary_ip_version_mismatch",
    412,
    () => "/servers",
    (f: Fixture) => ({
      ...server,
      public_net: { ipv4: f.primaryIp6 },
    }),
  ),
  refused(
    "a primary IP that is taken",
    "primary_ip_assigned",
    422,
    () => "/servers",
    (f: Fixture) => ({
      ...server,
      public_net: { ipv4: f.used },
    }),
  ),
  refused(
    "a primary IP of elsewhere",
    "primary_ip_datacenter_mismatch",
    422,
    () => "/servers",
    (f: Fixture) => ({
      ...server,
      public_net: { ipv4: f.elsewhere },
    }),
  ),
  refused(
    "a firewall that is in use",
    "resource_in_use",
    422,
    (f) => `/firewalls/${f.firewall}`,
    undefined,
    "DELETE",
  ),
  refused(
    "a firewall twice",
    "firewall_already_applied",
    422,
    (f) => `/firewalls/${f.firewall}/actions/apply_to_resources`,
    (f: Fixture) => ({
      apply_to: [{ type: "server", server: { id: f.server } }],
    }),
  ),
  refused(
    "a firewall for an unknown server",
    "firewall_resource_not_found",
    404,
    (f) => `/firewalls/${f.firewall}/actions/apply_to_resources`,
    {
      apply_to: [{ type: "server", server: { id: 4711 } }],
    },
  ),
  refused(
    "a firewall off a server without it",
    "firewall_resource_not_found",
    404,
    (f) => `/firewalls/${f.firewall}/actions/remove_from_resources`,
    (f: Fixture) => ({
      remove_from: [{ type: "server", server: { id: f.stopped } }],
    }),
  ),
  refused(
    "a subnet that servers are in",
    "service_error",
    422,
    (f) => `/networks/${f.network}/actions/delete_subnet`,
    { ip_range: "10.0.1.0/24" },
  ),
  refused("an unknown subnet", "not_found", 404, (f) => `/networks/${f.network}/actions/delete_subnet`, {
    ip_range: "10.0.9.0/24",
  }),
  refused(
    "a second attachment",
    "server_already_attached",
    422,
    (f) => `/servers/${f.server}/actions/attach_to_network`,
    (f: Fixture) => ({ network: f.network }),
  ),
  refused(
    "a taken private address",
    "ip_not_available",
    422,
    (f) => `/servers/${f.stopped}/actions/attach_to_network`,
    (f: Fixture) => ({
      network: f.network,
      ip: "10.0.1.1",
    }),
  ),
  refused(
    "the private gateway",
    "ip_not_available",
    422,
    (f) => `/servers/${f.stopped}/actions/attach_to_network`,
    (f: Fixture) => ({
      network: f.network,
      ip: "10.0.0.1",
    }),
  ),
  refused(
    "six aliases",
    "resource_limit_exceeded",
    403,
    (f) => `/servers/${f.server}/actions/change_alias_ips`,
    (f: Fixture) => ({
      network: f.network,
      alias_ips: [20, 21, 22, 23, 24, 25].map((last) => `10.0.1.${last}`),
    }),
  ),
  refused(
    "a network that the server is not in",
    "not_found",
    404,
    (f) => `/servers/${f.stopped}/actions/detach_from_network`,
    (f: Fixture) => ({ network: f.network }),
  ),
  refused(
    "a primary IP for a running server",
    "server_not_stopped",
    422,
    (f) => `/primary_ips/${f.primaryIp}/actions/assign`,
    (f: Fixture) => ({
      assignee_type: "server",
      assignee_id: f.server,
    }),
  ),
  refused(
    "the type that it has",
    "invalid_server_type",
    422,
    (f) => `/servers/${f.stopped}/actions/change_type`,
    { server_type: "cx33", upgrade_disk: false },
  ),
  refused("a smaller disk", "invalid_server_type", 422, (f) => `/servers/${f.stopped}/actions/change_type`, {
    server_type: "cx23",
    upgrade_disk: true,
  }),
  refused(
    "another architecture",
    "invalid_server_type",
    422,
    (f) => `/servers/${f.stopped}/actions/change_type`,
    { server_type: "cax31", upgrade_disk: true },
  ),
  refused(
    "a volume that is attached",
    "volume_already_attached",
    422,
    (f) => `/volumes/${f.attached}/actions/attach`,
    (f: Fixture) => ({ server: f.stopped }),
  ),
  refused("a console", "unsupported_error", 422, (f) => `/servers/${f.server}/actions/request_console`),
  refused("a system image", "forbidden", 403, () => "/images/161547269", undefined, "DELETE"),
];
