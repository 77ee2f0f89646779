import assert from "node:assert/strict";
import { planPlatform } from "../../../components/presets";
import { renderMermaid } from "../../../components/views/diagram";
import { seedSettings } from "../../support/settings";

describe("describe --mermaid", () => {
  const text = renderMermaid(planPlatform(seedSettings));

  it("S2-43, S4-27: draws every machine in its role, and every flow between roles with its ports", () => {
    for (const line of [
      "graph TB",
      '  subgraph n_app["Application Nodes"]',
      '    n_machine_app2["app2<br/>10.0.2.12"]',
      '  n_internet(("internet"))',
      '  n_internet -->|"80/tcp, 443/tcp"| n_edge',
      '  n_app -->|"5432/tcp, 6379/tcp, 9200/tcp"| n_database',
      '  n_storage -->|"5432/tcp"| n_database',
    ]) {
      assert.ok(text.split("\n").includes(line), `${line}\n${text}`);
    }
  });

  it("mentions no node that it does not draw, and has no arrow from a role to itself", () => {
    const drawn = new Set([...text.matchAll(/^ *(?:subgraph )?(n_\w+)[[(]/gm)].map(([, id]) => id));
    const arrows = [...text.matchAll(/^ {2}(n_\w+) -->\|"[^"]+"\| (n_\w+)$/gm)];
    assert.ok(arrows.length >= 5);
    for (const [, from, to] of arrows) {
      assert.ok(drawn.has(from) && drawn.has(to), `${from} ${to}`);
      assert.notEqual(from, to);
    }
    assert.equal((text.match(/^ {2}subgraph /gm) ?? []).length, (text.match(/^ {2}end$/gm) ?? []).length);
  });
});
