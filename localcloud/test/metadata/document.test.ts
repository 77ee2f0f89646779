import assert from "node:assert/strict";
import { parse } from "yaml";
import { metadataAnswer } from "../../src/metadata/document";
import { labServer, labSettings, labWorld } from "../machines/lab";

describe("metadata document", () => {
  const settings = labSettings("md", 60);
  const server = labServer(settings, 1, {
    sshKeys: ["ssh-ed25519 AAAA one"],
    userData: "#!/bin/sh\necho hi\n",
  });
  const world = labWorld([server]);
  const ask = (path: string, of = server) => metadataAnswer(world, of, `/hetzner/v1/${path}`);

  const leaves: [string, string][] = [
    ["metadata/hostname", "node1"],
    ["metadata/instance-id", "1"],
    ["metadata/public-ipv4", "198.19.60.11"],
    ["metadata/local-ipv4", ""],
    ["metadata/availability-zone", "fsn1-dc14"],
    ["metadata/region", "eu-central"],
    ["metadata/vendor_data", ""],
    ["userdata", "#!/bin/sh\necho hi\n"],
  ];
  for (const [path, body] of leaves) {
    it(`answers ${path}`, () => assert.deepEqual(ask(path), { status: 200, body }));
  }

  it("answers one YAML document at the root", () => {
    const document = parse(ask("metadata").body) as Record<string, unknown>;
    assert.equal(document.hostname, "node1");
    assert.equal(document["instance-id"], 1);
    assert.deepEqual(document["public-keys"], ["ssh-ed25519 AAAA one"]);
  });

  it("lists private networks as Hetzner does", () => {
    assert.deepEqual(parse(ask("metadata/private-networks").body), [
      {
        ip: "10.0.1.11",
        alias_ips: [],
        interface_num: 1,
        mac_address: "86:00:00:00:00:01",
        network_id: 5,
        network_name: "net",
        network: "10.0.0.0/16",
        subnet: "10.0.1.0/24",
        gateway: "10.0.0.1",
      },
    ]);
  });

  it("describes the public interface in network-config version 1", () => {
    const { config, version } = parse(ask("metadata/network-config").body) as {
      version: number;
      config: { name: string; mac_address: string; subnets: { type: string }[] }[];
    };
    assert.equal(version, 1);
    assert.equal(config[0]?.name, "eth0");
    assert.equal(config[0]?.mac_address, server.macAddress);
    assert.deepEqual(
      config[0]?.subnets.map(({ type }) => type),
      ["dhcp", "static"],
    );
    const hidden = { ...server, publicIpv4: null, publicIpv6: null };
    assert.match(ask("metadata/network-config", hidden).body, /config: \[\]/);
  });

  it("describes the public interface for systems with /etc/sysconfig", () => {
    const { body } = ask("metadata/network-sysconfig");
    assert.match(body, /^DEVICE='eth0'\nTYPE=Ethernet\nBOOTPROTO=dhcp\n/);
    assert.match(body, /^IPV6ADDR=2001:db8:1060:1::1\/64$/m);
    assert.equal(
      ask("metadata/network-sysconfig", { ...server, publicIpv4: null, publicIpv6: null }).body,
      "",
    );
  });

  const volumeCases: [string, string, number[], number][] = [
    ["yes for a volume that is to be mounted", "7", [7], 200],
    ["no when nobody asked for a mount", "7", [8], 404],
    ["no for what is no number", "7/../8", [7, 8], 404],
  ];
  for (const [title, id, automounts, status] of volumeCases) {
    it(`says ${title}`, () => {
      const answer = metadataAnswer(world, server, `/_internal/v1/volumes/${id}`, new Set(automounts));
      assert.equal(answer.status, status);
    });
  }

  it("answers 204 without user data and 404 for what does not exist", () => {
    assert.equal(ask("userdata", { ...server, userData: "" }).status, 204);
    for (const path of [
      "metadata/nothing",
      "metadata/constructor",
      "metadata/hostname/x",
      "",
      "../metadata",
    ]) {
      assert.equal(ask(path).status, 404, path);
    }
  });
});
