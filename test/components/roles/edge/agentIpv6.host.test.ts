import assert from "node:assert/strict";
import { firstAddress } from "../../../../components/roles/edge/addresses";
import { agentConfig } from "../../../../components/roles/edge/agent";
import { AgentProcess, type PeerAnswer } from "./support/agentProcess";
import { type Call, FakeApi } from "./support/fakeApi";
import { agentOptions, edge1, edge2 } from "./support/options";
import { pause, until } from "./support/until";

const backup: PeerAnswer = { vrrp: "BACKUP", serves: true };
const master: PeerAnswer = { vrrp: "MASTER", serves: true };

const isOfNetwork = ({ path }: Call) => path.startsWith("/floating_ips/70");

describe("floating IP agent with an IPv6 network beside the address", function () {
  this.timeout(60_000);
  let api: FakeApi;
  let agent: AgentProcess;

  beforeEach(async function () {
    if (process.platform !== "linux") this.skip();
    api = new FakeApi(agentOptions.apiToken);
    agent = new AgentProcess(await api.start());
    agent.ipv6 = true;
    api.peerAddress = "127.0.0.1";
  });
  afterEach(async () => {
    const printed = await agent.stop();
    await api.stop();
    assert.doesNotMatch(printed, /Traceback|round failed/);
  });

  const network = async () => (await agent.state()).ipv6 as { owner: number | null; verdict: string };
  const moves = () => api.made("POST", "/assign");

  it("takes both at once, though the API takes its time for each", async () => {
    agent.peerPrivate = master;
    await agent.start(false);
    await until(() => api.made("GET", "/floating_ips/70").length > 0);
    agent.peerPrivate = undefined;
    api.fault = ({ path }) => (path.endsWith("/assign") ? "late" : undefined);
    await agent.become(true);
    await until(() => api.owner === 1 && api.networkOwner === 1, 30_000);
    const [address, other] = moves();
    assert.ok(address !== undefined && other !== undefined);
    assert.deepEqual([isOfNetwork(address), isOfNetwork(other)].sort(), [false, true]);
    // The answer to the first comes 4 s after it: the second has not waited for it.
    assert.ok(Math.abs(address.at - other.at) < 2000, `${address.at - other.at} ms apart`);
    await until(async () => (await network()).owner === 1);
  });

  it("moves nothing while it is master and has both", async () => {
    api.owner = api.networkOwner = 1;
    agent.peerPrivate = backup;
    await agent.start(true);
    await until(async () => (await network())?.owner === 1);
    await pause(2000);
    assert.deepEqual(moves(), []);
  });

  it("brings back a network that somebody has moved by hand, twice within a minute and no more", async () => {
    api.owner = api.networkOwner = 1;
    agent.peerPrivate = backup;
    await agent.start(true);
    for (let times = 1; times <= 2; times++) {
      await until(async () => api.networkOwner === 1 && (await network())?.owner === 1);
      api.networkOwner = 2;
      await until(() => moves().length === times, 10_000);
    }
    await until(async () => api.networkOwner === 1);
    api.networkOwner = 2;
    await until(async () => (await network()).verdict === "brake", 10_000);
    assert.equal(moves().length, 2);
    assert.ok(moves().every(isOfNetwork), "the address was moved too");
  });

  it("leaves the network where the address is: with the peer that is master and serves, and with who is no master", async () => {
    agent.peerPrivate = agent.peerPublic = master;
    await agent.start(true);
    await until(async () => (await agent.state()).verdict === "partition");
    await pause(2000);
    await agent.become(false);
    api.owner = 1;
    await pause(2000);
    assert.deepEqual(moves(), []);
  });

  it("takes the address at once when the network's move is refused, and the network as soon as it may", async () => {
    let refused = 0;
    api.fault = (call) =>
      call.path.endsWith("/assign") && isOfNetwork(call) && refused++ < 3
        ? { status: 423, code: "locked" }
        : undefined;
    await agent.start(true);
    await until(() => api.owner === 1);
    await until(() => api.networkOwner === 1, 10_000);
    assert.ok(refused > 3);
  });

  it("releases a network first where the API moves only free ones", async () => {
    api.owner = 1;
    api.fault = (call) =>
      call.path.endsWith("/assign") && api.networkOwner !== null
        ? { status: 422, code: "floating_ip_assigned" }
        : undefined;
    agent.peerPrivate = backup;
    await agent.start(true);
    await until(() => api.networkOwner === 1, 10_000);
  });

  it("asks for the network at most 20 times a minute while the API answers 429", async () => {
    api.owner = api.networkOwner = 1;
    agent.peerPrivate = backup;
    await agent.start(true);
    await until(async () => (await network())?.owner === 1);
    api.fault = () => ({ status: 429, code: "rate_limit_exceeded" });
    await until(() => api.calls.filter(isOfNetwork).length > 0);
    const before = api.calls.filter(isOfNetwork).length;
    await pause(6500);
    const made = api.calls.filter(isOfNetwork).length - before;
    // The one that is under way, and then one in five seconds.
    assert.ok(made >= 1 && made <= 3, `${made} calls in 6.5 s`);
  });
});

describe("configuration of the floating IP agent", () => {
  it("names the network of its own address, and none where visitors come over IPv4 alone", () => {
    const config = (options: object) =>
      JSON.parse(agentConfig(edge1, edge2, firstAddress, { ...agentOptions, ...options }));
    assert.equal(config({ floatingIpv6Ids: [70, 80] }).floatingIpv6Id, 70);
    assert.ok(!("floatingIpv6Id" in config({ floatingIpv6Ids: [] })));
    assert.ok(!("floatingIpv6Id" in config({})));
  });
});
