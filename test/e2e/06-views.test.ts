import assert from "node:assert/strict";
import { execa } from "execa";
import { projectRoot } from "../../scripts/localStack";
import { must, servers } from "./support/cloud";

describe("views", function () {
  this.timeout("3m");

  it("S0-25: estimate prints the lines and fails above the budget", async () => {
    const estimate = await execa("npm", ["run", "-s", "estimate", "--", "prod"], { cwd: projectRoot });
    assert.match(estimate.stdout, /EUR per month/);
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
});
