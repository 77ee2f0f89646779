import assert from "node:assert/strict";
import { machineTiers } from "../../../components/machine/tiers";
import { machinesOf } from "../../../components/plan/plan";
import { Platform } from "../../../components/platform";
import { planPlatform } from "../../../components/presets";
import { EdgeEngine } from "../../../components/roles/edge/settings";
import { usualWebSettings } from "../../../components/roles/web/settings";
import { machineAuthority } from "../../../components/setup/tiers/authority";
import type { PlatformSettings } from "../../../components/stack/settings";
import { clearTextPaths, isSecretValue, recordProgram } from "../../support/mocks";
import { seedSettings } from "../../support/settings";

const seed = Buffer.alloc(32, 7).toString("base64");
const encrypted: PlatformSettings = { ...seedSettings, mutualTls: ["requests"] };

async function record(settings: PlatformSettings) {
  const apiToken = "planted-token".padEnd(64, "0");
  const resources = await recordProgram(() => void new Platform("prod", { settings, apiToken }), {
    outputs: (type, name) => {
      if (type.endsWith(":RandomPassword")) return { result: `planted-${name}` };
      if (type.endsWith(":RandomBytes")) return { base64: seed };
      if (type.endsWith(":FloatingIp")) return { ipAddress: "198.51.100.20" };
      return type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};
    },
    call: () => ({ sha256Digest: `sha256:${"1".repeat(64)}` }),
  });
  const script = (machine: string) => {
    const stdin = resources.find(({ name }) => name.endsWith(`-${machine}-setup`))?.inputs.stdin;
    assert.ok(isSecretValue(stdin), machine);
    return (stdin as { value: string }).value;
  };
  return { resources, script };
}

describe("machineTiers", () => {
  it("is nothing where machines show each other no certificates", () => {
    const plan = planPlatform(seedSettings);
    for (const machine of plan.machines) assert.deepEqual(machineTiers(machine, plan, undefined, []), {});
  });

  it("fails when the flows ask for certificates and nobody has made a seed", () => {
    const plan = planPlatform(encrypted);
    const [app1] = machinesOf(plan, "app");
    assert.ok(app1);
    assert.throws(() => machineTiers(app1, plan, undefined, []), /there is no authority/);
  });
});

describe("a platform whose machines show each other certificates", () => {
  it("has one more resource than one without, a secret of 32 bytes", async () => {
    const names = async (settings: PlatformSettings) =>
      (await record(settings)).resources.map(({ type, name }) => `${type} ${name}`);
    const before = await names(seedSettings);
    const more = (await names(encrypted)).filter((name) => !before.includes(name));
    assert.deepEqual(more, ["random:index/randomBytes:RandomBytes prod-tiers"]);
  });

  it("each machine gets the key of its own issuer, on standard input alone", async () => {
    const { resources } = await record(encrypted);
    const scripts = resources.flatMap(({ name, inputs: { stdin } }) =>
      isSecretValue(stdin) ? [[name, (stdin as { value: string }).value] as const] : [],
    );
    assert.ok(scripts.length >= 6);
    const holders = ["edge1", "edge2", "app1", "app2"];
    for (const machine of planPlatform(encrypted).machines) {
      const { key } = machineAuthority(seed, machine).issuer;
      const inside = scripts.filter(([, text]) => text.includes(key)).map(([name]) => name);
      const expected = holders.includes(machine.name) ? [`prod-${machine.role}-${machine.name}-setup`] : [];
      assert.deepEqual(inside, expected);
      const [, secret = ""] = key.split("\n");
      for (const { name, inputs } of resources) assert.deepEqual(clearTextPaths(inputs, secret), [], name);
    }
  });

  const ways: readonly (readonly [string, PlatformSettings, string])[] = [
    ["HAProxy", encrypted, "server app1 10.0.2.11:443 "],
    [
      "nginx",
      { ...encrypted, edge: { ...encrypted.edge, engine: EdgeEngine.Nginx } },
      "server 10.0.2.11:443 ",
    ],
    [
      "HAProxy and web servers",
      { ...encrypted, web: { ...usualWebSettings, count: 2 } },
      "server web1 10.0.",
    ],
  ];
  for (const [title, settings, line] of ways) {
    it(`is reached over 443 by ${title}, and nobody asks a node over plain HTTP`, async () => {
      const { script } = await record(settings);
      assert.ok(script("edge1").includes(line));
      assert.match(script("edge1"), /renew issue && /);
      assert.match(script("app1"), /"address": "10\.0\.2\.11:443"/);
      const machines = ["edge1", "app1", ...(settings.web ? ["web1"] : [])];
      for (const machine of machines) {
        // Of what is asked over plain HTTP no node is left.
        assert.doesNotMatch(script(machine), /http:\/\/10\.0\.(?:2|5)\.\d+(?::80)?\//, machine);
      }
    });
  }
});
