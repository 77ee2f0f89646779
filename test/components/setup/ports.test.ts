import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { haproxyConfig } from "../../../components/roles/edge/haproxy";
import { nginxConfig } from "../../../components/roles/edge/nginx";
import { webConfig } from "../../../components/roles/web/nginx";
import { ports } from "../../../components/setup/ports";
import { withAcme } from "../roles/edge/support/options";
import { webOptions } from "../roles/web/support/options";

/** Ports on which the program of a configuration listens. */
function listened(config: string): number[] {
  const lines = config.matchAll(/^\s*(?:bind|listen) (?:[\d.]*:)?(\d+)/gm);
  return [...new Set([...lines].map(([, port]) => Number(port)))].sort((a, b) => a - b);
}

/** Whoever answers visitors is the first on its machine: the others are then asked on other addresses. */
const shared: readonly number[] = [ports.http, ports.https];

describe("ports of all roles", () => {
  it("are distinct, so that one machine may have any of the roles together", () => {
    const all = Object.values(ports);
    assert.deepEqual(
      all.filter((port, index) => all.indexOf(port) !== index),
      [],
    );
  });

  it("stand in one table: no role has a number of its own", () => {
    const folder = join(__dirname, "../../../components");
    const sources = readdirSync(folder, { encoding: "utf8", recursive: true }).filter((path) =>
      path.endsWith(".ts"),
    );
    const own = sources.filter((path) =>
      /^export const \w+Port = \d/m.test(readFileSync(join(folder, path), "utf8")),
    );
    assert.deepEqual(own, []);
    assert.ok(sources.length > 100, "these are the sources");
  });

  for (const [engine, config] of [
    ["HAProxy", haproxyConfig(withAcme)],
    ["nginx", nginxConfig(withAcme)],
  ] as const) {
    it(`a load balancer with ${engine} and a web server could be one machine: no port is taken by both`, () => {
      const balancer = [...listened(config), ports.edgeAgent, ports.certificateHandover, ports.acmeChallenge];
      const web = listened(webConfig(webOptions));
      assert.ok(
        web.includes(ports.pageKeeping) && balancer.includes(ports.edgeHealth),
        `${web}; ${balancer}`,
      );
      assert.deepEqual(
        web.filter((port) => balancer.includes(port) && !shared.includes(port)),
        [],
      );
    });
  }
});
