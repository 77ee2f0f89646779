import assert from "node:assert/strict";
import { LoadBalancerPair } from "../../../../components/roles/edge";
import { recordProgram } from "../../../support/mocks";
import { args, outputs, record, scriptIn, setupOf } from "./support/pair";

describe("visitors' addresses of a pair", function () {
  this.timeout(20_000);

  it("has a network of IPv6 beside each floating IP when visitors come over IPv6, which the agents move with it", async () => {
    const resources = await record(false, { ipv6: true, mode: "activeActive" });
    const addresses = resources.filter(({ type }) => type.endsWith(":FloatingIp"));
    assert.deepEqual(
      addresses.map(({ name, inputs }) => `${name} ${inputs.type} ${inputs.name} ${inputs.deleteProtection}`),
      [
        "edge-address ipv4 prod-edge true",
        "edge-address2 ipv4 prod-edge2 true",
        "edge-address-ipv6 ipv6 prod-edge-ipv6 true",
        "edge-address2-ipv6 ipv6 prod-edge2-ipv6 true",
      ],
    );
    for (const { ignoreChanges, protect } of addresses)
      assert.deepEqual([ignoreChanges, protect], [["serverId"], true]);
    const script = await setupOf({ ipv6: true });
    assert.match(script, /^ {2}bind \[::\]:80 v6only$/m);
    assert.match(script, /^wanted=\(2001:db8:2:1::1\)$/m);
    assert.match(script, /"floatingIpv6Id": \d+/);
    assert.match(script, /all\(\.owner != \.server and \.ipv6\.owner != \.server\)/);
    assert.doesNotMatch(await setupOf({}), /\[::\]:80|"floatingIpv6Id":|floating-ipv6|\.ipv6\.owner !=/);
  });

  it("takes networks of IPv6 that are brought along after the addresses, and makes some beside addresses that are", async () => {
    const found = {
      visitors: { id: 70, type: "ipv4", ipAddress: "203.0.113.70" },
      visitors6: { id: 71, type: "ipv6", ipAddress: "2001:db8:2:7::" },
    };
    const of = async (floatingIps: (keyof typeof found)[]) => {
      const resources = await recordProgram(
        () => new LoadBalancerPair("edge", { ...args, ipv6: true, floatingIps }),
        {
          outputs,
          call: (_token, { name }) => ({ ...found[name as keyof typeof found], homeLocation: "nbg1" }),
        },
      );
      const value = scriptIn(resources);
      return {
        made: resources.filter(({ type }) => type.endsWith(":FloatingIp")).map(({ inputs }) => inputs.type),
        wanted: /^wanted=.*/m.exec(value)?.[0],
        ids: [...value.matchAll(/"floatingIp(?:v6)?Id": (\d+)/g)].map(([, id]) => Number(id)).slice(0, 2),
      };
    };
    assert.deepEqual(await of(["visitors", "visitors6"]), {
      made: [],
      wanted: "wanted=(2001:db8:2:7::1)",
      ids: [70, 71],
    });
    const { made, wanted, ids } = await of(["visitors"]);
    assert.deepEqual([made, wanted, ids[0]], [["ipv6"], "wanted=(2001:db8:2:1::1)", 70]);
  });

  it("says which addresses of IPv6 visitors use, and nothing of the kind over IPv4 alone", async () => {
    const told: unknown[] = [];
    await recordProgram(
      () => {
        new LoadBalancerPair("edge", { ...args, ipv6: true }).virtualIpv6s?.apply((all) => told.push(all));
        told.push(new LoadBalancerPair("plain", args).virtualIpv6s);
      },
      { outputs },
    );
    assert.deepEqual(told, [undefined, ["2001:db8:2:1::1"]]);
  });
});
