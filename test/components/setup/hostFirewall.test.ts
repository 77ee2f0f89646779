import assert from "node:assert/strict";
import { execa } from "execa";
import { hostFirewall } from "../../../components/setup/hostFirewall";
import { planTopology } from "../../../components/topology";
import { ensureHostPackages } from "../../../localcloud/hostPackages";
import { seedSettings } from "../../support/settings";

const topology = planTopology(seedSettings);

describe("hostFirewall", () => {
  for (const machine of topology.machines) {
    it(`renders a ruleset for ${machine.name} that nft accepts`, async function () {
      if (process.getuid?.() !== 0) this.skip();
      await ensureHostPackages(["nftables"]);
      const ruleset = hostFirewall(machine, topology, seedSettings);
      const judged = await execa("unshare", ["--net", "nft", "--check", "--file", "-"], {
        input: ruleset,
        reject: false,
      });
      assert.equal(judged.stderr, "");
      assert.equal(judged.exitCode, 0);
    });
  }

  it("lets only app nodes and the storage node reach PostgreSQL", () => {
    const rules = hostFirewall(topology.database, topology, seedSettings)
      .split("\n")
      .filter((line) => line.includes("dport 5432"));
    const sources = rules.flatMap(
      (line) => /saddr \{ ([^}]*) \}/.exec(line)?.[1]?.split(", ") ?? ["anybody"],
    );
    assert.deepEqual(sources.sort(), ["10.0.2.11", "10.0.2.12", "10.0.4.11"]);
  });

  it("opens SSH on a load balancer to the admin ranges and the pair itself", () => {
    const [lb1] = topology.loadBalancers;
    const rules = hostFirewall(lb1, topology, seedSettings)
      .split("\n")
      .filter((line) => line.includes("dport 22"));
    assert.deepEqual(
      rules.map((line) => /saddr \{ ([^}]*) \}/.exec(line)?.[1]),
      ["198.51.100.1/32", "10.0.1.11, 10.0.1.12"],
    );
  });

  it("opens SSH to IPv6 admin ranges in their own family", async function () {
    if (process.getuid?.() !== 0) this.skip();
    const [lb1] = topology.loadBalancers;
    const settings = { ...seedSettings, adminRanges: ["198.51.100.1/32", "2001:db8:5::/48"] };
    const ruleset = hostFirewall(lb1, topology, settings);
    assert.match(ruleset, /ip6 saddr \{ 2001:db8:5::\/48 \} tcp dport 22 accept/);
    const judged = await execa("unshare", ["--net", "nft", "--check", "--file", "-"], {
      input: ruleset,
      reject: false,
    });
    assert.equal(judged.stderr, "");
  });

  it("drops what no flow names", () => {
    assert.match(
      hostFirewall(topology.storage, topology, seedSettings),
      /hook input priority 0; policy drop;/,
    );
  });
});
