import assert from "node:assert/strict";
import { execa } from "execa";
import { projectRoot } from "../../scripts/localStack";
import { listeningPorts, must, servers } from "./support/cloud";

describe("views", function () {
  this.timeout("3m");

  it("S0-25: estimate prints a line for every machine of production, and a sum within its budget", async () => {
    const estimate = await execa("npm", ["run", "-s", "estimate", "--", "prod"], { cwd: projectRoot });
    for (const item of ["app1, app2", "storage1", "floating IPv4", "volume, per GB"])
      assert.ok(estimate.stdout.includes(item), `${item}: ${estimate.stdout}`);
    const { sum = "", budget = "" } =
      /^(?<sum>[\d.]+) EUR per month .* within budgetEur (?<budget>[\d.]+)$/m.exec(estimate.stdout)?.groups ??
      {};
    assert.ok(Number(sum) > 0 && Number(sum) <= Number(budget), estimate.stdout);
  });

  it("S0-30: describe names every machine that runs, with its address", async () => {
    const tree = await execa("npm", ["run", "-s", "describe", "--", "local"], { cwd: projectRoot });
    for (const { name } of await servers()) {
      assert.ok(tree.stdout.includes(name), `${name} is not in the tree`);
      const addresses = await must(name, "ip -o -4 addr show to 10.0.0.0/16");
      const address = /inet (10\.0\.[0-9.]+)/.exec(addresses)?.[1] ?? "none";
      assert.ok(tree.stdout.includes(address), `${address} of ${name} is not in the tree`);
    }
  });

  it("S0-30: describe tells of each machine what it really is and runs", async () => {
    const tree = await execa("npm", ["run", "-s", "describe", "--", "local"], { cwd: projectRoot });
    // An entry of a machine begins with a hyphen at the edge, and what is said of it is indented.
    const entries = tree.stdout.split(/\n(?=\S)/);
    const all = await servers();
    assert.equal(entries.filter((entry) => /^- .*\(\S+\)\n/.test(entry)).length, all.length);
    for (const { name, server_type: type, public_net: own } of all) {
      const entry = entries.find((text) => text.includes(`(${name})`)) ?? assert.fail(`no entry of ${name}`);
      assert.ok(entry.includes(`server type ${type.name}`), `${type.name}: ${entry}`);
      assert.equal(entry.includes("and a public IPv4"), own.ipv4 !== null, entry);
      const open = (await listeningPorts(name)).filter((port) => port !== 22);
      const told = [...entry.matchAll(/(\d+)\/tcp from/g)].map(([, port]) => Number(port));
      assert.deepEqual(
        open.filter((port) => !told.includes(port)),
        [],
        `${name} listens on ports that the tree does not tell: ${entry}`,
      );
    }
    for (const node of ["local-app1", "local-app2"]) {
      const entry = entries.find((text) => text.includes(`(${node})`)) ?? "";
      const names = (await must(node, "docker ps --format '{{.Names}}'")).split("\n");
      const running = new Map<string, number>();
      for (const [, service = ""] of names.map((name) => /^(.+)-\d+$/.exec(name) ?? []))
        running.set(service, (running.get(service) ?? 0) + 1);
      const told = [...entry.matchAll(/- (\S+) with (\d+) replicas?/g)];
      assert.deepEqual(
        Object.fromEntries(told.map(([, service, count]) => [service, Number(count)])),
        Object.fromEntries([...running].filter(([service]) => service !== "")),
        node,
      );
    }
    const disk = await must("local-storage1", "lsblk -bdno SIZE $(findmnt -no SOURCE /srv/storage)");
    const volume = entries.find((text) => text.includes("(local-storage1)"));
    assert.ok(volume?.includes(`${Math.round(Number(disk) / 2 ** 30)} GB volume`), `${disk}: ${volume}`);
  });
});
