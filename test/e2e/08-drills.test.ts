import assert from "node:assert/strict";
import { assertHttps, certificateFor, certificateIn } from "./support/certificates";
import { api, eventually, fromInternet, must, serverNamed, servers } from "./support/cloud";
import { assertFailedOnlyWithin, describeLoad, failuresOfWrk, startLoad, wrk } from "./support/load";
import { curl, platformIsUp, up, url, type WhoAmI } from "./support/platform";

async function power(name: string, action: "poweroff" | "poweron"): Promise<void> {
  const { id } = await serverNamed(name);
  await api(`/servers/${id}/actions/${action}`, "POST");
  const wanted = action === "poweroff" ? "off" : "running";
  await eventually(`${name} is ${wanted}`, 60, async () =>
    (await serverNamed(name)).status === wanted ? true : undefined,
  );
}

async function floatingIp(): Promise<{ readonly ip: string; readonly server: number | null }> {
  const { floating_ips: all } = await api<{
    floating_ips: { type: string; ip: string; server: number | null }[];
  }>("/floating_ips");
  return all.find(({ type }) => type === "ipv4") ?? assert.fail("there is no floating IP");
}

/** Of the local stack. */
const domain = "platform.test";

async function owner(): Promise<string> {
  const { server: id } = await floatingIp();
  return (await servers()).find((server) => server.id === id)?.name ?? "nobody";
}

/**
 * Waits until the address has stayed where it is for longer than VRRP and agent take to move it: right after
 * both engines changed, a move that they caused may still be under way.
 */
async function addressIsSettled(): Promise<void> {
  let [last, since] = ["", Date.now()];
  await eventually("the address stays with one load balancer", 60, async () => {
    const now = await owner();
    if (now !== last) [last, since] = [now, Date.now()];
    return Date.now() - since > 10_000 ? true : undefined;
  });
}

const appNodes = async () => (await servers()).filter(({ name }) => name.startsWith("local-app")).length;

/** What another number of app nodes may not touch: the other servers, and the processes that own the visitors. */
async function lasting(): Promise<Record<string, string>> {
  const kept = (await servers()).filter(({ name }) => name !== "local-app3");
  const ids = kept.map(({ id, name }) => [name, String(id)] as const);
  const balancers = ["local-edge1", "local-edge2"].map(async (name) => {
    const pid = await must(name, "systemctl show -p MainPID --value haproxy");
    return [`haproxy of ${name}`, pid] as const;
  });
  return Object.fromEntries([...ids, ...(await Promise.all(balancers))]);
}

/** What HAProxy on both machines logged of bad answers and of its workers, for a drill that counted a failure. */
async function edgeLog(): Promise<string> {
  const bad = "grep -E ' 5[0-9][0-9] [0-9]+ - - |NOTICE|WARNING|ALERT' | tail -n 60";
  const logs = await Promise.all(
    ["local-edge1", "local-edge2"].map((name) =>
      must(
        name,
        `journalctl --unit haproxy --since=-10min --output=short-precise --no-pager | ${bad} || true`,
      ),
    ),
  );
  return logs.join("\n");
}

/** What the load balancers need to notice a dead node, with time for a busy machine: 3 s by the kernel's own limit. */
const healthWindowMs = 10_000;

/** The pool of a load balancer, by default the one that serves: how many app nodes are up. */
async function liveBackends(name?: string): Promise<number> {
  const table = await must(
    name ?? (await owner()),
    "echo 'show stat' | socat - /run/haproxy/admin.sock | grep '^app,app'",
  );
  return table.split("\n").filter((line) => line.split(",")[17]?.startsWith("UP")).length;
}

/** Nothing may fail once the load balancers know of the dead node: neither pages of all stores nor writes. */
async function killUnderLoad(dying: string, other: string): Promise<void> {
  const connections = 8;
  const heavy = wrk(`${url()}/api/whoami`, connections, 20);
  const load = startLoad(`${url()}/api/whoami`, connections, 20);
  // A page that asks all four stores, and writes, which nobody may repeat.
  const pages = startLoad(`${url()}/whoami`, 2, 20);
  const writes = startLoad(`${url()}/api/items`, 2, 20, { name: "drill" });
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const diedAtMs = Date.now();
  await power(dying, "poweroff");
  const result = await load.result;
  console.log(`      app node killed under load: ${describeLoad(result)}`);
  console.log(`      the same by wrk: ${await heavy}`);
  assert.equal((await serverNamed(dying)).status, "off", "the fault did not happen");
  assert.ok((result.nodes[other] ?? 0) > (result.nodes[dying] ?? 0), "the other node took over");
  // At most what was open on the node fails, one request of each connection.
  assertFailedOnlyWithin(result, diedAtMs, healthWindowMs, connections);
  // A write that the node took and did not answer fails, and so may the next one of its connection: nobody may
  // repeat it, and the node is known to be dead only after its checks.
  for (const [what, counted, most] of [
    ["pages", await pages.result, 2],
    ["writes", await writes.result, 4],
  ] as const) {
    console.log(`      ${what}: ${describeLoad(counted)}`);
    assertFailedOnlyWithin(counted, diedAtMs, healthWindowMs, most);
  }
  assert.ok(failuresOfWrk(await heavy) <= connections, await heavy);
}

describe("drills", function () {
  this.timeout("15m");
  before("the platform is up", platformIsUp);

  it("S0-20, S0-26, S1-9, S1-37: an app node dies under load; nothing fails once that is known, and a session of it survives", async () => {
    const jar = "/tmp/hetzner-platform-e2e-cookies";
    const visit = async () =>
      JSON.parse((await fromInternet(`${curl()} -c ${jar} -b ${jar} ${url()}/whoami`)).stdout) as WhoAmI;
    await eventually("a session that the node made which will die", 60, async () => {
      await fromInternet(`rm -f ${jar}`);
      const { node, session } = await visit();
      return (node === "local-app1" && session?.visits === 1) || undefined;
    });
    const before = await visit();
    assert.equal(before.session?.visits, 2);

    await killUnderLoad("local-app1", "local-app2");

    const after = await visit();
    assert.equal(after.node, "local-app2");
    assert.equal(after.session?.visits, 3, "the session lives in the cache, not on the node");
    await fromInternet(`rm -f ${jar}`);
  });

  it("a node that comes back serves again", async () => {
    await power("local-app1", "poweron");
    await eventually("both nodes are in the pool", 120, async () =>
      (await liveBackends()) === 2 ? true : undefined,
    );
  });

  for (const which of ["the first", "the other"]) {
    it(`S1-11, S1-45, S4-3: the load balancer that owns the address dies, ${which}; its peer serves within seconds`, async () => {
      const lost = await owner();
      const load = startLoad(`${url()}/api/whoami`, 4, 20);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const diedAtMs = Date.now();
      await power(lost, "poweroff");
      const result = await load.result;
      console.log(`      ${lost} killed under load: ${describeLoad(result)}`);
      assert.notEqual(await owner(), lost);
      // Requests that are open have to be given up by the visitor, 10 s each at most.
      const failed = result.failedAtMs.filter((at) => at < diedAtMs || at > diedAtMs + 13_000);
      assert.deepEqual(failed, [], describeLoad(result));
      assert.ok(result.longestGapMs < 10_000, describeLoad(result));
      await power(lost, "poweron");
      await eventually(
        `${lost} can take over again`,
        120,
        async () =>
          (await must(lost, "systemctl is-active keepalived haproxy")) === "active\nactive" || undefined,
      );
      await addressIsSettled();
    });
  }

  it("pulumi up leaves the address where the pair moved it", async () => {
    const now = await owner();
    await up();
    assert.equal(await owner(), now);
  });

  it("another configuration of Traefik reaches one app node after the other, and neither reads nor writes fail", async () => {
    const nodes = ["local-app1", "local-app2"];
    const started = () =>
      Promise.all(nodes.map((node) => must(node, "docker inspect -f '{{.State.StartedAt}}' traefik")));
    const before = await started();
    const loads = [
      startLoad(`${url()}/api/whoami`, 4, 600),
      startLoad(`${url()}/api/items`, 2, 600, { name: "drill" }),
    ];
    await up({ "app.accessLog.slowerThanMs": 900 }).finally(() => loads.map((load) => load.stop()));
    const after = await started();
    for (const [index, node] of nodes.entries()) assert.notEqual(after[index], before[index], node);
    for (const [index, what] of ["reads", "writes"].entries()) {
      const result = await loads[index]?.result;
      assert.ok(result !== undefined);
      console.log(`      ${what}: ${describeLoad(result)}`);
      // A replica that says on a busy machine that PostgreSQL was slow is no request that was lost on the way.
      const { "503 of a replica": answered = 0, ...lost } = result.failures;
      assert.deepEqual(lost, {}, `${describeLoad(result)}\n${await edgeLog()}`);
      assert.ok(answered <= result.requests / 200, describeLoad(result));
    }
  });

  it("S0-21, S1-3, S1-20, S1-42, S4-21: app nodes go from 2 to 3 and back under load; no other server and no HAProxy is another one", async () => {
    if ((await appNodes()) !== 2) await up({ "app.count": 2 });
    const before = await lasting();
    for (const count of [3, 2]) {
      const load = startLoad(`${url()}/api/whoami`, 4, 600);
      const scaled = async () => {
        await up({ "app.count": count });
        await eventually(`${count} nodes serve`, 60, async () => {
          const [first, second] = await Promise.all(["local-edge1", "local-edge2"].map(liveBackends));
          return (first === count && second === count) || undefined;
        });
      };
      await scaled().finally(() => load.stop());
      const result = await load.result;
      console.log(`      to ${count} app nodes: ${describeLoad(result)}`);
      if (result.failed > 0) console.log(await edgeLog());
      assert.equal(await appNodes(), count);
      assert.equal(result.failed, 0, describeLoad(result));
      assert.deepEqual(await lasting(), before);
    }
  });

  for (const { engine, other, brought } of [
    { engine: "nginx", other: "haproxy", brought: true },
    { engine: "haproxy", other: "nginx", brought: false },
  ]) {
    it(`S0-1: ${engine} becomes the engine of the edge and passes the same traffic, with ${brought ? "a certificate that was brought along" : "one by ACME again"}`, async () => {
      const certificate = brought ? await certificateFor(domain) : undefined;
      await up({ "edge.engine": engine }, certificate === undefined ? {} : { certificate });
      for (const name of ["local-edge1", "local-edge2"]) {
        assert.equal(
          await must(name, `systemctl is-active ${engine}; systemctl is-active ${other} || true`),
          "active\ninactive",
        );
      }
      await addressIsSettled();
      const trusted = certificate && certificateIn(certificate);
      if (trusted !== undefined) await assertHttps(domain, trusted);
      const result = await startLoad(
        `${url()}/api/whoami`,
        8,
        "2000x",
        undefined,
        trusted === undefined ? {} : { trusted },
      ).result;
      console.log(`      ${engine}: ${describeLoad(result)}`);
      assert.equal(result.failed, 0, describeLoad(result));
      assert.equal(Object.keys(result.nodes).length, 2, "both nodes serve");
    });
  }
});
