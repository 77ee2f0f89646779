import assert from "node:assert/strict";
import { pairAddresses } from "../../../../components/roles/edge/addresses";
import { agentConfig, agentSetup } from "../../../../components/roles/edge/agent";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { whyNoDebian13 } from "./support/debian13";
import { type Election, election } from "./support/election";
import { agentOptions, edge1, edge2, edgeOptions } from "./support/options";

const [first, second] = pairAddresses("activeActive");
assert.ok(first !== undefined && second !== undefined);

describe("two addresses of a pair", () => {
  it("share nothing that exists once for each", () => {
    const { index: _, ...own } = first;
    for (const [key, value] of Object.entries(own))
      assert.notEqual(value, second[key as keyof typeof second], key);
  });

  it("have an agent each, and the default route follows the first address alone", () => {
    const units = agentSetup(edge1, edge2, [first, second], agentOptions).units.map(({ name }) => name);
    assert.deepEqual(units, ["floating-ip-agent.service", "floating-ip-agent2.service"]);
    const configs = [first, second].map((address) =>
      JSON.parse(agentConfig(edge1, edge2, address, agentOptions)),
    );
    assert.deepEqual(
      configs.map(({ floatingIpId, networkId }) => [floatingIpId, networkId]),
      [
        [7, 9],
        [8, null],
      ],
    );
  });

  it("while nobody is master each load balancer takes the address that is its own", () => {
    const takes = (own: typeof edge1, other: typeof edge1) =>
      [first, second].map((address) => JSON.parse(agentConfig(own, other, address, agentOptions)).first);
    assert.deepEqual(takes(edge1, edge2), [true, false]);
    assert.deepEqual(takes(edge2, edge1), [false, true]);
  });

  it("have a page each for the peer, on both sides, and no other visitor reaches one", () => {
    const config = haproxyConfig({ ...edgeOptions, mode: "activeActive" });
    for (const { publicPage, privatePage, suffix, agentPort } of [first, second]) {
      assert.match(config, new RegExp(`use_backend agent${suffix} if \\{ path ${publicPage} \\}`));
      assert.match(config, new RegExp(`use_backend agent${suffix} if \\{ path ${privatePage} \\}`));
      assert.match(
        config,
        new RegExp(`backend agent${suffix}\\n.*\\n.*\\n  server agent 127.0.0.1:${agentPort} `),
      );
    }
    assert.match(config, new RegExp(`acl asks_state path ${first.publicPage} ${second.publicPage}\\n`));
  });
});

describe("two real keepalived with two addresses", function () {
  this.timeout(600_000);
  let told: Election;
  let output = "";

  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    ({ election: told, output } = await election());
  });

  const holders = (part: string) => [told[part]?.edge1, told[part]?.edge2];

  it("S1-6, S4-1: each is master of its own address while both are well", () => {
    assert.deepEqual(holders("both are well"), [[1], [2]], output);
  });

  it("S4-1: the one that is left is master of both, whichever stops, and gives back what is not its own", () => {
    assert.deepEqual(holders("edge2 stops"), [[1, 2], []], output);
    assert.deepEqual(holders("edge2 is back"), [[1], [2]], output);
    assert.deepEqual(holders("edge1 stops"), [[], [1, 2]], output);
    assert.deepEqual(holders("edge1 is back"), [[1], [2]], output);
  });

  it("are both master of both where they do not hear each other, which the agents judge, and of one afterwards", () => {
    assert.deepEqual(
      holders("they do not hear each other"),
      [
        [1, 2],
        [1, 2],
      ],
      output,
    );
    assert.deepEqual(holders("they hear each other again"), [[1], [2]], output);
  });

  it("wake both agents: what happens to either address stands in both pipes", () => {
    const counts = [...output.matchAll(/^FIFO (\S+) (\d+)$/gm)].map(([, path, count]) => [
      path,
      Number(count) > 0,
    ]);
    assert.deepEqual(counts, [
      ["/run/edge1/vrrp.fifo", true],
      ["/run/edge1/vrrp2.fifo", true],
      ["/run/edge2/vrrp.fifo", true],
      ["/run/edge2/vrrp2.fifo", true],
    ]);
  });
});
