import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LoadBalancerPair } from "../../../../components/roles/edge";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../../support/mocks";
import { args, outputs, record, setupOf } from "./support/pair";

describe("LoadBalancerPair", function () {
  this.timeout(20_000);

  it("creates two servers in one placement group behind one firewall, and one floating IP", async () => {
    const resources = await record();
    const count = (ending: string) => resources.filter((resource) => resource.type.endsWith(ending)).length;
    assert.deepEqual(
      [":Server", ":PlacementGroup", ":Firewall", ":FloatingIp", ":FloatingIpAssignment"].map(count),
      // The pair assigns the address by itself: an assignment of Pulumi's would be undone while the agents still run.
      [2, 1, 1, 1, 0],
    );
    const servers = resources.filter((resource) => resource.type.endsWith(":Server"));
    assert.deepEqual(
      servers.map((server) => server.inputs.name),
      ["prod-edge1", "prod-edge2"],
    );
    const same = servers.map((server) => [server.inputs.placementGroupId, server.inputs.firewallIds]);
    assert.deepEqual(same[0], same[1]);
    assert.equal(
      resourceNamed(resources, "hcloud:index/placementGroup:PlacementGroup", "-spread").inputs.type,
      "spread",
    );
  });

  it("leaves the floating IP where the pair has moved it, and protects it", async () => {
    const resources = await record();
    const address = resourceNamed(resources, "hcloud:index/floatingIp:FloatingIp", "-address");
    assert.deepEqual(address.ignoreChanges, ["serverId"]);
    assert.ok(address.protect);
    assert.equal(address.inputs.deleteProtection, true);
  });

  it("gives all names once and a parent to all but the root", async () => {
    const resources = await record();
    const names = resources.map((resource) => `${resource.type} ${resource.name}`);
    assert.equal(new Set(names).size, names.length);
    for (const resource of resources.filter((one) => one.name !== "edge"))
      assert.notEqual(resource.parent, "");
  });

  it("shows token, key and certificate nowhere in clear, and sends the setups as secrets", async () => {
    const cdn = { ranges: ["192.0.2.0/24"] };
    const resources = await record(false, { cdn, originSecret: "planted-origin-secret" });
    for (const marker of [
      ...["planted-api-token", "planted-private-key", "planted-certificate"],
      "planted-origin-secret",
    ]) {
      for (const resource of resources) {
        assert.deepEqual(clearTextPaths(resource.inputs, marker), [], `${marker} in ${resource.name}`);
      }
    }
    const setups = resources.filter((resource) => resource.name.endsWith("-setup"));
    assert.equal(setups.length, 2);
    for (const setup of setups) assert.ok(isSecretValue(setup.inputs.stdin), setup.name);
  });

  it("lets a CDN's networks alone reach HTTPS, at Hetzner's firewall too", async () => {
    const ranges = ["192.0.2.0/24", "2001:db8::/32"];
    const resources = await record(false, { cdn: { ranges } });
    const firewall = resourceNamed(resources, "hcloud:index/firewall:Firewall", "-firewall");
    const rules = firewall.inputs.rules as { readonly port?: string; readonly sourceIps: string[] }[];
    const sources = (port: string) => rules.find((rule) => rule.port === port)?.sourceIps;
    assert.deepEqual(sources("443"), ranges);
    // The other load balancer and an ACME server ask by HTTP.
    assert.deepEqual(sources("80"), ["0.0.0.0/0", "::/0"]);
    const script = await setupOf({ cdn: { ranges } });
    assert.match(script, /ip saddr \{ 192\.0\.2\.0\/24 \} tcp dport 443 accept/);
    assert.match(script, /ip6 saddr \{ 2001:db8::\/32 \} tcp dport 443 accept/);
    assert.doesNotMatch(script, /^ {4}tcp dport 443 accept/m);
  });

  it("puts no secret into user data", async () => {
    for (const server of (await record()).filter((resource) => resource.type.endsWith(":Server"))) {
      assert.match(String(server.inputs.userData), /^#cloud-config\n/);
      assert.ok(!String(server.inputs.userData).includes("planted-"));
    }
  });

  it("has bastion and gateway ready without waiting for a setup", async () => {
    let host = "";
    let key = "";
    await recordProgram(
      () => {
        const pair = new LoadBalancerPair("edge", args);
        assert.equal(pair.natGateway, "10.0.1.11");
        pulumi.all([pair.bastion.host, pair.bastion.hostKey]).apply(([first, second]) => {
          host = first;
          key = second;
        });
      },
      {
        // A setup that never ends would keep everything waiting that depends on it.
        outputs: (type, name) => (name.endsWith("-setup") ? {} : outputs(type, name)),
      },
    );
    assert.equal(host, "198.51.100.11");
    assert.equal(key, "ssh-ed25519 AAAA host");
  });

  it("does not choke on what is unknown in a preview", async () => {
    const resources = await record(true);
    assert.equal(resources.filter((resource) => resource.type.endsWith(":Server")).length, 2);
    const overIpv6 = await record(true, { ipv6: true });
    assert.equal(overIpv6.filter((resource) => resource.type.endsWith(":Server")).length, 2);
  });

  it("serves servers that are no app nodes, on the port and by the health path that they have", async () => {
    const healthPath = "/up/";
    const script = await setupOf({
      backends: [
        { name: "web-a", address: "10.0.2.50", port: 8080, healthPath },
        { name: "web-b", address: "10.0.2.51", port: 8081, healthPath, maxRequests: 50 },
      ],
    });
    assert.match(script, /^ {2}server web-a 10\.0\.2\.50:8080 maxconn 1000$/m);
    assert.match(script, /^ {2}server web-b 10\.0\.2\.51:8081 maxconn 50$/m);
    assert.match(script, /http-check send meth GET uri \/up\/ ver HTTP\/1\.1 hdr Host www\.example\.com$/m);
    assert.doesNotMatch(script, /uri \/\.platform\//);
    assert.doesNotMatch(script, /server app1/);
  });

  it("leaves the routes of somebody else's network alone when it is told to", async () => {
    assert.match(await setupOf({}), /"networkId": 9/);
    assert.match(await setupOf({ manageDefaultRoute: false }), /"networkId": null/);
  });

  it("sends journals to the machine that it is told, or to none", async () => {
    assert.match(await setupOf({ logArchive: "10.0.9.9" }), /URL=http:\/\/10\.0\.9\.9:19532/);
    assert.doesNotMatch(await setupOf({}), /journal-upload/);
  });

  it("takes addresses of servers that do not exist yet", async () => {
    const address = pulumi.output(Promise.resolve("10.0.2.77"));
    const script = await setupOf({ backends: [{ name: "web1", address }] });
    assert.match(script, /^ {2}server web1 10\.0\.2\.77:80 /m);
  });

  it("is called after the component, and knows the memory of the server type, when nothing else is said", async () => {
    const { environment: _, labels: __, ...rest } = args;
    const resources = await recordProgram(() => new LoadBalancerPair("shop", { ...rest, protect: false }), {
      outputs,
    });
    const servers = resources.filter((resource) => resource.type.endsWith(":Server"));
    assert.deepEqual(
      servers.map(({ inputs }) => [inputs.name, inputs.labels]),
      ["shop-edge1", "shop-edge2"].map((name) => [
        name,
        { environment: "shop", "managed-by": "pulumi", role: "edge" },
      ]),
    );
    const address = resourceNamed(resources, "hcloud:index/floatingIp:FloatingIp", "-address");
    assert.deepEqual([address.inputs.name, address.protect], ["shop-edge", false]);
  });

  it("lets the private network ping it, and nobody but administrators and the other one reach SSH and its state", async () => {
    const rules = [...(await setupOf({})).matchAll(/^ {4}(.*) accept comment "(.*)"$/gm)].map(
      ([, rule, purpose]) => `${purpose}: ${rule}`,
    );
    assert.deepEqual(rules.sort(), [
      "SSH through the bastion: ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 22",
      "path MTU and reachability: meta l4proto { icmp, ipv6-icmp }",
      "reachability: ip saddr { 10.0.0.0/16 } meta l4proto { icmp, ipv6-icmp }",
      "set-up and bastion: ip saddr { 198.51.100.1/32 } tcp dport 22",
      "the peer's state: ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 8404",
      "visitors, TLS: tcp dport 443",
      "visitors: tcp dport 80",
      "what clients asked for: ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 8409",
      "who is master: ip saddr { 10.0.1.11, 10.0.1.12 } ip protocol vrrp",
    ]);
  });
});
