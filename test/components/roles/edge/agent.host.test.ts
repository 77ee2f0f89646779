import assert from "node:assert/strict";
import { execa } from "execa";
import { pairAddresses } from "../../../../components/roles/edge/addresses";
import { agentSetup } from "../../../../components/roles/edge/agent";
import { agentModules } from "../../../../components/roles/edge/agent/files";
import { AgentProcess, type PeerAnswer } from "./support/agentProcess";
import { FakeApi } from "./support/fakeApi";
import { agentOptions, edge1, edge2 } from "./support/options";
import { pause, until } from "./support/until";

const backup: PeerAnswer = { vrrp: "BACKUP", serves: true };
const master: PeerAnswer = { vrrp: "MASTER", serves: true };
const useless: PeerAnswer = { vrrp: "MASTER", serves: false };

describe("floating IP agent", function () {
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
    assert.ok(!printed.includes(agentOptions.apiToken), "the token was printed");
    assert.doesNotMatch(printed, /Traceback|round failed/);
  });

  it("leaves everything alone while it is not master, and still asks the API", async () => {
    agent.peerPrivate = master;
    await agent.start(false);
    await until(() => api.made("GET", "/floating_ips/7").length > 0);
    await pause(1500);
    assert.deepEqual(posts(api), []);
  });

  const beginnings: [string, PeerAnswer, boolean][] = [
    ["the peer is no master either", { vrrp: "BACKUP", serves: false }, true],
    ["the peer is not set up yet", undefined, true],
    ["the peer is master", master, false],
  ];
  for (const [name, peer, takes] of beginnings) {
    it(`as first machine without a master ${takes ? "takes" : "leaves"} an address that nobody has when ${name}`, async () => {
      api.owner = null;
      agent.peerPrivate = agent.peerPublic = peer;
      await agent.start(false);
      if (takes) return until(() => api.owner === 1);
      await until(() => api.made("GET", "/floating_ips/7").length > 0);
      await pause(1500);
      assert.deepEqual(posts(api), []);
    });
  }

  it("as second machine without a master leaves an address that nobody has", async () => {
    api.owner = null;
    agent = new AgentProcess(agent.endpoint, [edge2, edge1]);
    await agent.start(false);
    await until(() => api.made("GET", "/floating_ips/7").length > 0);
    await pause(1500);
    assert.deepEqual(posts(api), []);
  });

  it("leaves everything alone while it is master and owner", async () => {
    api.owner = 1;
    api.routes = [{ destination: "0.0.0.0/0", gateway: edge1.privateIp }];
    await agent.start(true);
    await until(() => api.made("GET", "/networks/9").length > 0);
    await pause(1500);
    assert.deepEqual(posts(api), []);
  });

  it("takes address and default route when keepalived makes it master", async () => {
    agent.peerPrivate = master;
    await agent.start(false);
    await until(() => api.made("GET", "/floating_ips/7").length > 0);
    agent.peerPrivate = undefined;
    await agent.become(true);
    const began = Date.now();
    await until(() => api.owner === 1);
    const took = Date.now() - began;
    // The event wakes the agent. How long it is to answer a plain question tells how busy the machine is.
    const asked = Date.now();
    await agent.served();
    const answered = Date.now() - asked;
    assert.ok(took < 2500 + 5 * answered, `took ${took} ms, a plain answer ${answered} ms`);
    await until(() => api.routes[0]?.gateway === edge1.privateIp);
    assert.deepEqual(api.made("POST", "/assign")[0]?.body, { server: 1 });
    assert.equal(api.made("POST", "/delete_route").length, 1);
  });

  const peers: [string, PeerAnswer, PeerAnswer, boolean][] = [
    ["the peer says BACKUP", backup, undefined, true],
    ["the peer says BACKUP over the public side alone", undefined, backup, true],
    ["the peer's agent is dead", "no agent", "no agent", true],
    ["the peer is master without backends", useless, undefined, true],
    ["the peer is silent on both sides", undefined, undefined, true],
    ["the peer says MASTER and serves", master, master, false],
    ["the peer says MASTER over the public side alone", undefined, master, false],
  ];
  for (const [name, privateSide, publicSide, takes] of peers) {
    it(`as master without the address ${takes ? "takes it" : "does not take it"} when ${name}`, async () => {
      agent.peerPrivate = privateSide;
      agent.peerPublic = publicSide;
      await agent.start(true);
      if (takes) return until(() => api.owner === 1);
      await until(async () => (await agent.state()).verdict === "partition");
      await pause(2000);
      assert.deepEqual(posts(api), []);
    });
  }

  it("takes the address when the partition ends and the peer steps down", async () => {
    agent.peerPublic = master;
    await agent.start(true);
    await until(async () => (await agent.state()).verdict === "partition");
    agent.peerPublic = backup;
    await until(() => api.owner === 1, 3000);
  });

  it("repairs an owner that somebody set by hand within its timer", async () => {
    api.owner = 1;
    agent.peerPrivate = backup;
    await agent.start(true);
    await until(() => api.made("GET", "/networks/9").length > 0);
    api.owner = 2;
    await until(() => api.owner === 1, 2500);
  });

  it("tells keepalived where the address is, so that two masters that hear each other agree on its owner", async () => {
    agent.peerPrivate = backup;
    await agent.start(true);
    await until(() => agent.owns());
    agent.peerPrivate = master;
    await until(async () => /"vrrp":"MASTER"/.test(JSON.stringify((await agent.state()).peer)));
    api.owner = 2;
    await until(async () => !(await agent.owns()));
  });
  it("has a timer of at most 8 seconds, and asks the API at each of its turns", () => {
    const constant = (name: string) =>
      Number(
        new RegExp(`^${name} = ([0-9.]+)$`, "m").exec(agentModules()["agent.py"] ?? "")?.[1] ?? Number.NaN,
      );
    assert.ok(constant("TIMER") <= 8);
    assert.ok(constant("OWNER_AGE_MASTER") < constant("TIMER"));
  });

  it("makes at most 30 calls a minute while the API answers 429, and goes on afterwards", async () => {
    await agent.start(true);
    await until(async () => api.owner === 1 && (await agent.state()).verdict === "rest");
    api.fault = () => ({ status: 429, code: "rate_limit_exceeded" });
    api.owner = 2;
    await agent.become(false);
    await agent.become(true);
    await until(() => api.calls.length > 0);
    const before = api.calls.length;
    const began = Date.now();
    await pause(10_000);
    const made = api.calls.length - before;
    const allowed = 1 + (30 * (Date.now() - began)) / 60_000;
    // At most 30 a minute is the promise; that it goes on asking needs no time limit.
    assert.ok(made <= allowed, `${made} calls in 10 s`);
    await until(() => api.calls.length - before >= 2);
    api.fault = () => undefined;
    await until(() => api.owner === 1, 5000);
  });

  it("releases the address first when the API moves only free ones", async () => {
    api.fault = (call) =>
      call.path.endsWith("/assign") && api.owner !== null
        ? { status: 422, code: "floating_ip_assigned" }
        : undefined;
    await agent.start(true);
    await until(() => api.owner === 1, 5000);
    assert.equal(api.made("POST", "/unassign").length, 1);
  });

  it("stops after two moves in a minute when somebody keeps taking the address back", async () => {
    agent.peerPrivate = backup;
    await agent.start(true);
    for (let moves = 1; moves <= 2; moves++) {
      await until(() => api.made("POST", "/assign").length === moves && api.owner === 1, 10_000);
      await pause(300);
      api.owner = 2;
    }
    await until(async () => (await agent.state()).verdict === "brake", 10_000);
    assert.equal(api.made("POST", "/assign").length, 2);
  });

  it("moves the default route even when a part of the move was lost", async () => {
    api.owner = 1;
    api.routes = [];
    await agent.start(true);
    await until(() => api.routes[0]?.gateway === edge1.privateIp);
    assert.equal(api.made("POST", "/delete_route").length, 0);
  });

  it("tells the peer its own state alone, or two peers would quote each other without end", async () => {
    agent.peerPrivate = backup;
    await agent.start(true);
    await until(async () => api.owner === 1 && (await agent.state()).verdict === "rest");
    const { private: side } = (await agent.state()).peer as Record<string, { state: unknown }>;
    assert.deepEqual(side?.state, { ...backup, judgesQuestions: true });
    assert.ok(!/"peer"/.test(await agent.served()), "the served state quotes the peer");
  });

  it("says when the API answered last, and goes on saying it while the API refuses", async () => {
    await agent.start(true);
    const answeredAt = async () => Number((await agent.state()).apiOkAt);
    await until(async () => Math.abs((await answeredAt()) - Date.now() / 1000) < 5);
    api.fault = () => ({ status: 401, code: "unauthorized" });
    await until(async () => /401/.test(String((await agent.state()).api)));
    const last = await answeredAt();
    await pause(2000);
    assert.equal(await answeredAt(), last);
  });

  it("never shows the token in its command line", async () => {
    await agent.start(true);
    await until(() => api.calls.length > 0);
    const shown = await execa("ps", ["-o", "args=", "-p", String(agent.pid)]);
    assert.ok(!shown.stdout.includes(agentOptions.apiToken));
  });

  function posts(of: FakeApi) {
    return of.calls.filter((call) => call.method === "POST");
  }
});

describe("floating IP agent's setup", () => {
  it("keeps token and key in files that root alone reads", () => {
    const setup = agentSetup(edge1, edge2, pairAddresses(), agentOptions);
    const holding = setup.files.filter((file) => /planted-/.test(file.content));
    assert.deepEqual(holding.map((file) => file.path).sort(), [
      "/etc/platform/secrets/floating-ip-agent.json",
      "/etc/platform/secrets/hetzner-api-token",
    ]);
    for (const file of holding) assert.equal(file.mode, "0600");
  });

  it("restarts the agent when a module changes", () => {
    const setup = agentSetup(edge1, edge2, pairAddresses(), agentOptions);
    const modules = setup.files.map((file) => file.path).filter((path) => path.endsWith(".py"));
    assert.equal(modules.length, Object.keys(agentModules()).length);
    for (const path of modules) assert.ok(setup.units[0]?.reads.includes(path), path);
  });
});
