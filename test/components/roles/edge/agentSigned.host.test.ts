import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentProcess, type PeerAnswer } from "./support/agentProcess";
import { FakeApi } from "./support/fakeApi";
import { agentOptions, edge1, edge2 } from "./support/options";
import { signature } from "./support/standInPeer";
import { pause, until } from "./support/until";

const master = { vrrp: "MASTER", serves: true };
const nonce = "00112233445566778899aabbccddeeff";

/** Of a peer that is master and serves, seen by a master without the address. */
const unbelievable: [string, PeerAnswer][] = [
  [
    "is not signed, as an attacker's or that of a peer of an older version",
    { ...master, signed: "not at all" },
  ],
  ["is signed with another key", { ...master, signed: "with another key" }],
  ["was recorded and is sent again", { ...master, signed: "recorded" }],
  ["is the agent's own, sent back to it", { ...master, signed: "as the asker" }],
  ["was changed on the way", { ...master, signed: "for another state" }],
  ["is no HTTP at all", "garbage"],
  ["never ends", "a trickle"],
  ["leads elsewhere", "a redirect"],
];

describe("floating IP agent, whose peer's answers cross a network that others can write to", function () {
  this.timeout(60_000);
  let api: FakeApi;
  let agent: AgentProcess;

  beforeEach(async function () {
    if (process.platform !== "linux") this.skip();
    api = new FakeApi(agentOptions.apiToken);
    agent = new AgentProcess(await api.start());
    api.peerAddress = "127.0.0.1";
  });
  afterEach(async () => {
    const printed = await agent.stop();
    await api.stop();
    for (const secret of [agentOptions.apiToken, agentOptions.pairKey, agentOptions.statePass]) {
      assert.ok(!printed.includes(secret), "a secret was printed");
    }
    assert.doesNotMatch(printed, /Traceback|round failed|Exception in thread/);
  });

  for (const [name, answer] of unbelievable) {
    it(`takes the address from a dead owner although an answer says "MASTER, serves" that ${name}`, async () => {
      agent.peerPrivate = undefined;
      agent.peerPublic = answer;
      await agent.start(true);
      await until(() => api.owner === 1, 20_000);
    });
  }

  it("leaves the address where it is while one side is signed, whatever the other one says", async () => {
    agent.peerPrivate = { ...master, signed: "with another key" };
    agent.peerPublic = master;
    await agent.start(true);
    await until(async () => (await agent.state()).verdict === "partition");
    await pause(1500);
    assert.equal(api.made("POST", "/assign").length, 0);
    const { peer } = (await agent.state()) as { peer: Record<string, { problem: string }> };
    assert.equal(peer.private?.problem, "wrong signature");
    assert.equal(peer.public?.problem, "");
  });

  it("believes the peer again once its answers are signed: after the set-up of both, nothing needs to restart", async () => {
    agent.peerPrivate = agent.peerPublic = { ...master, signed: "not at all" };
    await agent.start(false);
    await until(async () => problemOf(await agent.state()) === "not signed");
    agent.peerPrivate = agent.peerPublic = master;
    await until(async () => problemOf(await agent.state()) === "");
    await agent.become(true);
    await until(async () => (await agent.state()).verdict === "partition");
    await pause(1000);
    assert.equal(api.made("POST", "/assign").length, 0);
  });

  it("asks a peer of the release before as that one knows it, and shows no secret any more once it is new", async () => {
    agent.peerPublic = { ...master, former: true };
    await agent.start(true);
    await until(async () => (await agent.state()).verdict === "partition");
    assert.equal(agent.asked["x-platform-key"], agentOptions.statePass);
    agent.peerPublic = master;
    await until(() => agent.asked["x-platform-question"] !== undefined);
    await pause(1500);
    assert.equal(agent.asked["x-platform-key"], undefined);
    assert.ok(!JSON.stringify(agent.asked).includes(agentOptions.statePass));
    assert.equal((await agent.state()).verdict, "partition");
    assert.equal(api.made("POST", "/assign").length, 0);
  });

  it("signs what it answers for the question and with its name, and sends no signature that nobody asked for", async () => {
    await agent.start(true);
    await until(() => api.owner === 1);
    const answer = await agent.ask(nonce);
    const content = await answer.text();
    assert.equal(
      answer.headers.get("X-Platform-Signature"),
      signature(agentOptions.pairKey, edge1.hostname, nonce, content),
    );
    for (const strange of ["", "short", `${nonce}0`, nonce.toUpperCase()]) {
      assert.equal((await agent.ask(strange)).headers.get("X-Platform-Signature"), null, strange);
    }
  });

  it("tells a peer of an older version what that one needs, or two masters would fight during an up", async () => {
    await agent.start(true);
    await until(() => api.owner === 1);
    const state = JSON.parse(await agent.served());
    assert.equal(state.vrrp, "MASTER");
    assert.equal(typeof state.serves, "boolean");
  });

  it("says that it serves although its load balancer takes 1.2 s to say so: a slow site is no dead one", async () => {
    const health = createServer((_, response) => void setTimeout(() => response.end(), 1200));
    await new Promise<void>((resolve) => health.listen(0, "127.0.0.1", resolve));
    agent.healthUrl = `http://127.0.0.1:${(health.address() as AddressInfo).port}/healthz`;
    await agent.start(false);
    try {
      await until(async () => JSON.parse(await agent.served()).serves === true);
      const began = Date.now();
      assert.equal(JSON.parse(await agent.served()).serves, true);
      assert.ok(Date.now() - began < 1000, "the peer, which waits for one second, had to wait for it");
    } finally {
      health.closeAllConnections();
      health.close();
    }
    await until(async () => JSON.parse(await agent.served()).serves === false);
  });

  const owners: [string, number, number][] = [
    ["the new one has the address: it stays there", 1, 0],
    ["the other one has it: it moves once, to the new one", 2, 1],
  ];
  for (const [name, owner, moves] of owners) {
    it(`does not fight with a peer of an older version while both are masters, during an up. When ${name}`, async () => {
      const health = createServer((_, response) => response.end());
      await new Promise<void>((resolve) => health.listen(0, "127.0.0.1", resolve));
      const former = new AgentProcess(agent.endpoint, [edge2, edge1]);
      former.former = true;
      agent.peerAgent = former;
      former.peerAgent = agent;
      former.healthUrl =
        agent.healthUrl = `http://127.0.0.1:${(health.address() as AddressInfo).port}/healthz`;
      api.owner = owner;
      try {
        // An owner that does not answer yet is a dead one to the other: who owns the address is there before.
        await agent.start(true);
        if (owner === 1) await until(async () => JSON.parse(await agent.served()).serves === true);
        await former.start(true);
        await until(async () => api.owner === 1 && (await former.state()).verdict === "partition");
        await pause(3000);
        assert.equal(api.made("POST", "/assign").length, moves);
        assert.equal((await former.state()).verdict, "partition");
      } finally {
        await former.stop();
        health.close();
      }
    });
  }

  function problemOf(state: Record<string, unknown>): string | undefined {
    return (state.peer as Record<string, { problem?: string }>).public?.problem;
  }
});
