import assert from "node:assert/strict";
import { todaysSide, withKeptConnections, withoutEdgeLines } from "../../bench/requestPath/sides";
import { projectRoot } from "../../scripts/localStack";

describe("the bench of the request path", () => {
  const content = (files: readonly { readonly path: string; readonly content: string }[], name: string) =>
    files.find(({ path }) => path.endsWith(name))?.content ?? "";

  it("asks what the renderers of this build make: one node and one replica behind one load balancer", async () => {
    const { files, units } = await todaysSide(projectRoot);
    assert.match(content(files, "haproxy.cfg"), /server app1 10\.0\.2\.11:8080 /);
    assert.doesNotMatch(content(files, "haproxy.cfg"), /10\.0\.2\.\d+:80\b/);
    assert.match(content(files, "traefik.yaml"), /"address": "10\.0\.2\.11:8080"/);
    const urls = [...content(files, "services.yaml").matchAll(/"url": "([^"]+)"/g)].map(([, url]) => url);
    assert.deepEqual([...new Set(urls)], ["http://172.20.1.1:3000"]);
    assert.deepEqual(units, ["platform-container-log@traefik.socket", "traefik.service", "haproxy.service"]);
  });

  it("has sides that differ from it by one choice each, and says when there is no such choice any more", async () => {
    const today = await todaysSide(projectRoot);
    const kept = withKeptConnections(today);
    const changed = kept.files.filter(({ content: text }, index) => text !== today.files[index]?.content);
    assert.deepEqual(
      changed.map(({ path }) => path),
      ["/etc/bench/dynamic/services.yaml"],
    );
    assert.throws(() => withKeptConnections(kept), /nothing renders/);
    assert.match(content(withoutEdgeLines(kept).files, "haproxy.cfg"), /silent if \{ status lt 499 \}/);
  });
});
