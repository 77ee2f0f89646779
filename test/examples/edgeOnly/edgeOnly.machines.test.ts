import assert from "node:assert/strict";
import { ensureHostPackages } from "../../../localcloud/src/linux/hostPackages";
import { ipv6Works } from "../../../localcloud/src/network/forwarding";
import { ownLab, whyNoMachines } from "../../../localcloud/test/machines/lab";
import { eventually } from "../../support/eventually";
import { ExampleCloud } from "./exampleCloud";

describe("examples/edge-only on the local cloud", function () {
  this.timeout("15m");
  const cloud = new ExampleCloud(ownLab("edge", 6));
  let virtualIp = "";
  /** Of IPv6, where the host has it. */
  let virtualIpv6: string | undefined;

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    const hasIpv6 = await ipv6Works();
    if (hasIpv6) await ensureHostPackages(["nmap"]);
    await cloud.up({ "edge-only:ipv6": String(hasIpv6) });
    virtualIp = (await cloud.pulumi("stack", "output", "virtualIp")).trim();
    const output = async () => JSON.parse(await cloud.pulumi("stack", "output", "virtualIpv6s", "--json"));
    if (hasIpv6) [virtualIpv6] = (await output()) as readonly string[];
  });

  after(() => cloud.down());

  it("answers through the virtual IP, from both servers", async () => {
    const seen = new Set<string>();
    const both = async () => {
      const name = await cloud.visit(virtualIp);
      if (name !== undefined) seen.add(name);
      return seen.size === 2;
    };
    await eventually(both, "both servers answer", { limitMs: 180_000 });
    assert.deepEqual([...seen].sort(), ["shop-web1", "shop-web2"]);
  });

  it("answers visitors over IPv6, who find port 80 and nothing else, as there is no certificate", async function () {
    if (virtualIpv6 === undefined) this.skip();
    assert.match((await cloud.visit(virtualIpv6)) ?? "", /^shop-web[12]$/);
    const { servers } = await cloud.assignment();
    const own = servers.flatMap(({ name, public_net: { ipv6 } }) =>
      ipv6 === null || !name.includes("edge") ? [] : [ipv6.ip.replace("::/64", "::1")],
    );
    assert.equal(own.length, 2);
    const addresses = [virtualIpv6, ...own];
    // Most of a scan is waiting for answers that do not come.
    const scans = addresses.map(async (address) => {
      const ports = ["-p-", "--min-rate", "20000", "--max-retries", "1", "-oG", "-"];
      const scan = await cloud.fromInternet("nmap", "-6", "-Pn", "-n", "-T5", "--open", ...ports, address);
      const open = [...(scan ?? "").matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => port);
      assert.deepEqual(open, ["80"], `${address}: ${scan}`);
    });
    await Promise.all(scans);
  });

  it("answers again when the machine that had the address is off, over IPv6 too", async () => {
    const { servers, floatingIps } = await cloud.assignment();
    const master = servers.find(({ id }) => id === floatingIps[0]?.server);
    assert.ok(master !== undefined, "a machine has the address");
    assert.ok(floatingIps.every(({ server }) => server === master.id));
    await cloud.power(master.id, "poweroff");
    const others = async () =>
      (await cloud.assignment()).floatingIps.every(({ server }) => server !== master.id);
    await eventually(others, "the address moves", { limitMs: 60_000 });
    for (const address of [virtualIp, ...(virtualIpv6 === undefined ? [] : [virtualIpv6])]) {
      const answers = async () => (await cloud.visit(address)) !== undefined;
      await eventually(answers, `the other one answers at ${address}`, { limitMs: 30_000 });
    }
    await cloud.power(master.id, "poweron");
  });

  it("is up to date: a second up changes nothing", async () => {
    const said = await cloud.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    assert.match(said, /unchanged/);
  });
});
