import assert from "node:assert/strict";
import { api, eventually, fromInternet, must, serverNamed, servers } from "./support/cloud";
import { describeLoad, startLoad, wrk } from "./support/load";
import { platformIsUp, up, url, type WhoAmI } from "./support/platform";

async function power(name: string, action: "poweroff" | "poweron"): Promise<void> {
  const { id } = await serverNamed(name);
  await api(`/servers/${id}/actions/${action}`, "POST");
  const wanted = action === "poweroff" ? "off" : "running";
  await eventually(`${name} is ${wanted}`, 60, async () =>
    (await serverNamed(name)).status === wanted ? true : undefined,
  );
}

async function owner(): Promise<string> {
  const { floating_ips } = await api<{ floating_ips: { server: number | null }[] }>("/floating_ips");
  const [floatingIp] = floating_ips;
  return (await servers()).find((server) => server.id === floatingIp?.server)?.name ?? "nobody";
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

/** What HAProxy on both machines logged of bad answers and of its workers, for a drill that counted a failure. */
async function edgeLog(): Promise<string> {
  const bad = "grep -E ' 5[0-9][0-9] [0-9]+ - - |NOTICE|WARNING|ALERT' | tail -n 60";
  const logs = await Promise.all(
    ["local-lb1", "local-lb2"].map((name) =>
      must(
        name,
        `journalctl --unit haproxy --since=-10min --output=short-precise --no-pager | ${bad} || true`,
      ),
    ),
  );
  return logs.join("\n");
}

/** The pool of the load balancer that serves: how many app nodes are up. */
async function liveBackends(): Promise<number> {
  const table = await must(
    await owner(),
    "echo 'show stat' | socat - /run/haproxy/admin.sock | grep '^app,app'",
  );
  return table.split("\n").filter((line) => line.split(",")[17]?.startsWith("UP")).length;
}

describe("drills", function () {
  this.timeout("15m");
  before("the platform is up", platformIsUp);

  it("S0-20, S0-26: an app node dies under load; the failed requests are counted and a session survives", async () => {
    const jar = "/tmp/hetzner-platform-e2e-cookies";
    const visit = async () =>
      JSON.parse(
        (await fromInternet(`curl -sS --max-time 10 -c ${jar} -b ${jar} ${url()}/whoami`)).stdout,
      ) as WhoAmI;
    await fromInternet(`rm -f ${jar}`);
    await visit();
    const before = await visit();
    assert.equal(before.session?.visits, 2);

    const connections = 8;
    const heavy = wrk(`${url()}/api/whoami`, connections, 20);
    const load = startLoad(`${url()}/api/whoami`, connections, 20);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await power("local-app1", "poweroff");
    const result = await load.result;
    console.log(`      app node killed under load: ${describeLoad(result)}`);
    console.log(`      the same by wrk: ${await heavy}`);
    assert.equal((await serverNamed("local-app1")).status, "off", "the fault did not happen");
    assert.ok(
      (result.nodes["local-app2"] ?? 0) > (result.nodes["local-app1"] ?? 0),
      "the other node took over",
    );
    // The perfect zero is promised later; now at most what was open on the node, one request of each connection.
    assert.ok(result.failed <= connections, describeLoad(result));

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

  it("the load balancer that owns the address dies; the other one takes it over", async () => {
    const lost = await owner();
    const load = startLoad(`${url()}/api/whoami`, 4, 20);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await power(lost, "poweroff");
    const result = await load.result;
    console.log(`      ${lost} killed under load: ${describeLoad(result)}`);
    const now = await owner();
    assert.notEqual(now, lost);
    const answer = await fromInternet(`curl -sS --max-time 5 -o /dev/null -w '%{http_code}' ${url()}/whoami`);
    assert.equal(answer.stdout, "200");
    await power(lost, "poweron");
  });

  it("pulumi up leaves the address where the pair moved it", async () => {
    const now = await owner();
    await up();
    assert.equal(await owner(), now);
  });

  it("S0-21: app nodes go from 2 to 3 and back under load", async () => {
    if ((await appNodes()) !== 2) await up({ "app.count": 2 });
    for (const count of [3, 2]) {
      const load = startLoad(`${url()}/api/whoami`, 4, 600);
      const scaled = async () => {
        await up({ "app.count": count });
        await eventually(
          `${count} nodes serve`,
          60,
          async () => (await liveBackends()) === count || undefined,
        );
      };
      await scaled().finally(() => load.stop());
      const result = await load.result;
      console.log(`      to ${count} app nodes: ${describeLoad(result)}`);
      if (result.failed > 0) console.log(await edgeLog());
      assert.equal(await appNodes(), count);
      assert.equal(result.failed, 0, describeLoad(result));
    }
  });

  it("S0-1: nginx takes over as the engine of the edge, passes the same traffic, and hands back", async () => {
    for (const [engine, other] of [
      ["nginx", "haproxy"],
      ["haproxy", "nginx"],
    ] as const) {
      await up({ "edge.engine": engine });
      for (const name of ["local-lb1", "local-lb2"]) {
        assert.equal(
          await must(name, `systemctl is-active ${engine}; systemctl is-active ${other} || true`),
          "active\ninactive",
        );
      }
      await addressIsSettled();
      const result = await startLoad(`${url()}/api/whoami`, 8, "2000x").result;
      console.log(`      ${engine}: ${describeLoad(result)}`);
      assert.equal(result.failed, 0, describeLoad(result));
      assert.equal(Object.keys(result.nodes).length, 2, "both nodes serve");
    }
  });
});
