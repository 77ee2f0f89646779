import assert from "node:assert/strict";
import { type Json, TestCloud } from "./testCloud";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY someone";

/** What exists while the requests are made; `N` is its network, and so on. */
interface Fixture {
  readonly network: number;
  readonly server: number;
  readonly stopped: number;
  readonly firewall: number;
  readonly used: number;
  readonly floatingIp: number;
  readonly primaryIp: number;
  readonly primaryIp6: number;
  readonly elsewhere: number;
  readonly volume: number;
  readonly attached: number;
}

interface BadRequest {
  readonly what: string;
  readonly method?: string;
  readonly path: (f: Fixture) => string;
  readonly body?: unknown | ((f: Fixture) => unknown);
  readonly code: string;
  readonly status: number;
  /** Field that `invalid_input` must name. */
  readonly field?: string;
}

const server = { name: "new", server_type: "cx23", image: "debian-13", location: "fsn1" };
const rule = { direction: "in", protocol: "tcp", port: "80", source_ips: ["0.0.0.0/0"] };

const invalid = (what: string, path: string, field: string, body: BadRequest["body"]): BadRequest => ({
  what,
  path: () => path,
  body,
  field,
  code: "invalid_input",
  status: 422,
});

const invalidIn = (
  what: string,
  path: (f: Fixture) => string,
  field: string,
  body: BadRequest["body"],
): BadRequest => ({
  what,
  path,
  body,
  field,
  code: "invalid_input",
  status: 422,
});

const refused = (
  what: string,
  code: string,
  status: number,
  path: (f: Fixture) => string,
  body?: BadRequest["body"],
  method = "POST",
): BadRequest => ({ what, code, status, path, body, method });

const rules = (what: string, field: string, change: object): BadRequest =>
  invalid(what, "/firewalls", `rules.0.${field}`, { name: "f", rules: [{ ...rule, ...change }] });

const network = (what: string, field: string, change: object): BadRequest =>
  invalid(what, "/networks", field, { name: "n2", ip_range: "10.1.0.0/16", ...change });

const subnet = (what: string, field: string, change: object): BadRequest =>
  invalidIn(what, (f) => `/networks/${f.network}/actions/add_subnet`, field, {
    type: "cloud",
    network_zone: "eu-central",
    ...change,
  });

const route = (what: string, field: string, change: object): BadRequest =>
  invalidIn(what, (f) => `/networks/${f.network}/actions/add_route`, field, {
    destination: "192.168.0.0/24",
    gateway: "10.0.1.5",
    ...change,
  });

const serverFields: BadRequest[] = [
  invalid("no body", "/servers", "name", {}),
  invalid("a name with a space", "/servers", "name", { ...server, name: "a b" }),
  invalid("a name with shell syntax", "/servers", "name", { ...server, name: "$(reboot)" }),
  invalid("a name with a path", "/servers", "name", { ...server, name: "../../etc" }),
  invalid("a name that ends with a dash", "/servers", "name", { ...server, name: "a-" }),
  invalid("an empty name", "/servers", "name", { ...server, name: "" }),
  invalid("a name of 254 characters", "/servers", "name", { ...server, name: "a".repeat(254) }),
  invalid("a number as name", "/servers", "name", { ...server, name: 7 }),
  invalid("an unknown type", "/servers", "server_type", { ...server, server_type: "cx99" }),
  invalid("an unknown type id", "/servers", "server_type", { ...server, server_type: 9_999_999 }),
  invalid("an unknown image", "/servers", "image", { ...server, image: "windows" }),
  invalid("an image of another architecture", "/servers", "image", { ...server, image: 310557661 }),
  invalid("an unknown location", "/servers", "location", { ...server, location: "moon1" }),
  invalid("location and datacenter", "/servers", "location", { ...server, datacenter: "fsn1-dc14" }),
  invalid("a type that the location has not", "/servers", "location", { ...server, location: "ash" }),
  invalid("an unknown SSH key", "/servers", "ssh_keys", { ...server, ssh_keys: [12345] }),
  invalid("user data of more than 32 KiB", "/servers", "user_data", {
    ...server,
    user_data: "x".repeat(32_769),
  }),
  invalid("a label value with a space", "/servers", "labels", { ...server, labels: { a: "b c" } }),
  invalid("a reserved label", "/servers", "labels", { ...server, labels: { "hetzner.cloud/a": "b" } }),
  invalid("labels as list", "/servers", "labels", { ...server, labels: ["a"] }),
  invalid("a string for a flag", "/servers", "start_after_create", { ...server, start_after_create: "yes" }),
  invalid("no interface at all", "/servers", "public_net", {
    ...server,
    public_net: { enable_ipv4: false, enable_ipv6: false },
  }),
  invalid("an unknown primary IP", "/servers", "public_net.ipv4", { ...server, public_net: { ipv4: 4711 } }),
  invalidIn(
    "the same volume twice",
    () => "/servers",
    "volumes",
    (f: Fixture) => ({ ...server, volumes: [f.volume, f.volume] }),
  ),
  invalidIn(
    "a volume of another location",
    () => "/servers",
    "volumes",
    (f: Fixture) => ({
      ...server,
      location: "nbg1",
      volumes: [f.volume],
    }),
  ),
];

const networkFields: BadRequest[] = [
  network("a public range", "ip_range", { ip_range: "8.8.0.0/16" }),
  network("host bits", "ip_range", { ip_range: "10.0.0.1/16" }),
  network("a range that is too small", "ip_range", { ip_range: "10.0.0.0/25" }),
  network("an IPv6 range", "ip_range", { ip_range: "fd00::/8" }),
  network("an octal range", "ip_range", { ip_range: "010.0.0.0/16" }),
  network("a subnet outside", "subnets.0.ip_range", {
    subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: "10.9.0.0/24" }],
  }),
  subnet("an unknown zone", "network_zone", { network_zone: "mars" }),
  subnet("another zone than the other subnets", "network_zone", { network_zone: "us-east" }),
  subnet("an overlapping subnet", "ip_range", { ip_range: "10.0.1.128/25" }),
  subnet("a subnet outside of the range", "ip_range", { ip_range: "10.1.0.0/24" }),
  subnet("a subnet of two addresses", "ip_range", { ip_range: "10.0.5.0/31" }),
  subnet("a vswitch without its id", "vswitch_id", { type: "vswitch", ip_range: "10.0.5.0/24" }),
  route("a public destination", "destination", { destination: "8.8.8.0/24" }),
  route("a destination that is a subnet", "destination", { destination: "10.0.1.0/24" }),
  route("the network's own gateway", "gateway", { gateway: "10.0.0.1" }),
  route("a gateway outside", "gateway", { gateway: "10.1.0.1" }),
  invalidIn("a smaller range", (f) => `/networks/${f.network}/actions/change_ip_range`, "ip_range", {
    ip_range: "10.0.0.0/17",
  }),
];

const firewallFields: BadRequest[] = [
  rules("host bits in a source", "source_ips.0", { source_ips: ["10.0.0.1/24"] }),
  rules("an address without a mask", "source_ips.0", { source_ips: ["10.0.0.1"] }),
  rules("a long form of IPv6", "source_ips.0", { source_ips: ["2001:0DB8::/32"] }),
  rules("no source", "source_ips", { source_ips: [] }),
  rules("a destination for direction in", "destination_ips", { destination_ips: ["0.0.0.0/0"] }),
  rules("an unknown protocol", "protocol", { protocol: "vrrp" }),
  rules("no port for tcp", "port", { port: undefined }),
  rules("port 0", "port", { port: "0" }),
  rules("port 65536", "port", { port: "65536" }),
  rules("a reversed range", "port", { port: "90-80" }),
  rules("a port for icmp", "port", { protocol: "icmp" }),
  rules("a long description", "description", { description: "x".repeat(256) }),
  invalid("a target without its server", "/firewalls", "apply_to.0.server", {
    name: "f",
    apply_to: [{ type: "server" }],
  }),
  invalid("a bad selector", "/firewalls", "apply_to.0.label_selector.selector", {
    name: "f",
    apply_to: [{ type: "label_selector", label_selector: { selector: "a=b=c" } }],
  }),
];

const otherFields: BadRequest[] = [
  invalid("a private key", "/ssh_keys", "public_key", {
    name: "k",
    public_key: "-----BEGIN OPENSSH PRIVATE KEY-----",
  }),
  invalid("two lines of keys", "/ssh_keys", "public_key", { name: "k", public_key: `${KEY}\nssh-rsa AAAA` }),
  invalid("a blob of another type", "/ssh_keys", "public_key", {
    name: "k",
    public_key: KEY.replace("ed25519", "rsa"),
  }),
  invalid("another kind of group", "/placement_groups", "type", { name: "g", type: "pack" }),
  invalid("a floating IP without a place", "/floating_ips", "home_location", { type: "ipv4" }),
  invalid("an unknown type of address", "/floating_ips", "type", { type: "ipv5", home_location: "fsn1" }),
  invalid("a primary IP without a place", "/primary_ips", "location", { type: "ipv4", name: "p" }),
  invalid("a volume of 9 GB", "/volumes", "size", { name: "v2", size: 9, location: "fsn1" }),
  invalid("a volume of 10241 GB", "/volumes", "size", { name: "v2", size: 10_241, location: "fsn1" }),
  invalid("a volume of 10.5 GB", "/volumes", "size", { name: "v2", size: 10.5, location: "fsn1" }),
  invalid("a volume without a place", "/volumes", "location", { name: "v2", size: 10 }),
  invalid("a volume name with a slash", "/volumes", "name", { name: "a/b", size: 10, location: "fsn1" }),
  invalid("an unknown file system", "/volumes", "format", {
    name: "v2",
    size: 10,
    location: "fsn1",
    format: "ntfs",
  }),
  invalidIn("a foreign address for reverse DNS", (f) => `/servers/${f.server}/actions/change_dns_ptr`, "ip", {
    ip: "192.0.2.1",
    dns_ptr: "a.example.com",
  }),
  invalidIn("no host name for reverse DNS", (f) => `/servers/${f.server}/actions/change_dns_ptr`, "dns_ptr", {
    ip: "198.51.100.2",
    dns_ptr: "a b",
  }),
  invalidIn("an unknown ISO", (f) => `/servers/${f.server}/actions/attach_iso`, "iso", { iso: "beos.iso" }),
  invalidIn("another rescue system", (f) => `/servers/${f.server}/actions/enable_rescue`, "type", {
    type: "freebsd64",
  }),
  invalidIn("an unknown key in rescue", (f) => `/servers/${f.server}/actions/enable_rescue`, "ssh_keys", {
    ssh_keys: [4711],
  }),
  { ...invalid("an id that is no number", "/servers/abc", "id", undefined), method: "GET" },
  { ...invalid("id 0", "/servers/0", "id", undefined), method: "GET" },
  { ...invalid("an id beyond 2^53", "/servers/99999999999999999", "id", undefined), method: "GET" },
  { ...invalid("actions without ids", "/actions", "id", undefined), method: "GET" },
  { ...invalid("actions with a bad id", "/actions?id=x", "id", undefined), method: "GET" },
];

const refusals: BadRequest[] = [
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
    public_key: `${KEY}x`,
  }),
  refused("a taken fingerprint", "uniqueness_error", 409, () => "/ssh_keys", {
    name: "key2",
    public_key: KEY,
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

const all = [...serverFields, ...networkFields, ...firewallFields, ...otherFields, ...refusals];

describe("local cloud API: bad requests", () => {
  let cloud: TestCloud;
  let fixture: Fixture;

  before(async () => {
    cloud = await TestCloud.start({ soldOut: ["ccx13"] });
    fixture = await makeFixture(cloud);
  });
  after(() => cloud.stop());

  for (const { what, method = "POST", path, body, code, status, field } of all) {
    it(`refuses ${what} with ${status} ${code}`, async () => {
      const before = snapshot(cloud);
      const payload = typeof body === "function" ? body(fixture) : body;
      const error = await cloud.fails(code, method, path(fixture), payload);
      assert.equal(error.status, status, JSON.stringify(error));
      if (field !== undefined) {
        const fields = error.details.fields.map(({ name }: Json) => name);
        assert.ok(fields.includes(field), `names ${fields}, not ${field}`);
        assert.ok(error.message.startsWith("invalid input in field") || what.includes("location has not"));
      }
      assert.deepEqual(snapshot(cloud), before, "nothing changed");
    });
  }

  const bodies: readonly [what: string, raw: string][] = [
    ["broken JSON", '{"name": '],
    ["a list", "[]"],
    ["a text", '"name"'],
    ["null", "null"],
    ["more than 1 MiB", `{"name":"${"x".repeat(1_100_000)}"}`],
    ["a number", "7"],
  ];
  for (const [what, raw] of bodies) {
    it(`refuses ${what} as body with 400 json_error`, async () => {
      const error = await cloud.fails("json_error", "POST", "/servers", undefined, { raw });
      assert.equal(error.status, 400);
    });
  }

  it("is not impressed by prototype keys", async () => {
    const raw = '{"__proto__":{"name":"x"},"constructor":1,"name":"proto","ip_range":"10.1.0.0/16"}';
    const { network } = await cloud.ok("POST", "/networks", undefined, { raw });
    assert.equal(network.name, "proto");
    await cloud.ok("GET", "/networks?__proto__=1&constructor=2");
  });

  it("refuses paths with tricks without touching anything", async () => {
    for (const path of [
      "/servers/..%2f..%2fetc%2fpasswd",
      "/servers/%00",
      "/%2e%2e/servers",
      "/servers//",
      "/servers/1%27--",
    ]) {
      const { status } = await cloud.call("GET", path);
      assert.ok(status === 404 || status === 422 || status === 400, `${path}: ${status}`);
    }
  });
});

/** Everything but the actions' own progress. */
function snapshot({ store }: TestCloud) {
  const kinds = [
    "ssh_key",
    "server",
    "network",
    "firewall",
    "floating_ip",
    "primary_ip",
    "volume",
    "image",
  ] as const;
  return JSON.stringify([kinds.map((kind) => store.list(kind)), store.list("action").length]);
}

async function makeFixture(cloud: TestCloud): Promise<Fixture> {
  await cloud.ok("POST", "/ssh_keys", { name: "key", public_key: KEY });
  const primary = async (name: string, type: string, location: string) =>
    (await cloud.ok("POST", "/primary_ips", { name, type, location, assignee_type: "server" })).primary_ip.id;
  const net = await cloud.network();
  const { firewall } = await cloud.ok("POST", "/firewalls", { name: "fw", rules: [rule] });
  const running = await cloud.server("a", { networks: [net.id], firewalls: [{ firewall: firewall.id }] });
  const stopped = await cloud.server("b", { server_type: "cx33", start_after_create: false });
  const volume = async (name: string, more: object) =>
    (await cloud.ok("POST", "/volumes", { name, size: 10, ...more })).volume.id;
  const fixture = {
    network: net.id,
    server: running.id,
    stopped: stopped.id,
    firewall: firewall.id,
    used: running.public_net.ipv4.id,
    floatingIp: (await cloud.ok("POST", "/floating_ips", { type: "ipv4", home_location: "fsn1" })).floating_ip
      .id,
    primaryIp: await primary("p4", "ipv4", "fsn1"),
    primaryIp6: await primary("p6", "ipv6", "fsn1"),
    elsewhere: await primary("p4n", "ipv4", "nbg1"),
    volume: await volume("v", { location: "fsn1" }),
    attached: await volume("w", { server: running.id }),
  };
  await cloud.api.runner.idle();
  return fixture;
}
