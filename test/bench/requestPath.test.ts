import assert from "node:assert/strict";
import { todaysSides, withoutEdgeLines } from "../../bench/requestPath/sides";
import { projectRoot } from "../../scripts/localStack";

describe("the bench of the request path", () => {
  const content = (files: readonly { readonly path: string; readonly content: string }[], name: string) =>
    files.find(({ path }) => path.endsWith(name))?.content ?? "";

  it("asks what the renderers of this build make: one node and one replica behind one load balancer", async () => {
    const [{ files, units }] = await todaysSides(projectRoot);
    assert.match(content(files, "haproxy.cfg"), /server app1 10\.0\.2\.11:8080 /);
    assert.doesNotMatch(content(files, "haproxy.cfg"), /10\.0\.2\.\d+:80\b/);
    assert.match(content(files, "traefik.yaml"), /"address": "10\.0\.2\.11:8080"/);
    const urls = [...content(files, "services.yaml").matchAll(/"url": "([^"]+)"/g)].map(([, url]) => url);
    assert.deepEqual([...new Set(urls)], ["http://172.20.1.1:3000"]);
    // As people have it who choose nothing.
    assert.match(content(files, "services.yaml"), /"platform-reads-web"/);
    assert.match(content(files, "traefik.env"), /^GOGC=/);
    assert.deepEqual(units, ["platform-container-log@traefik.socket", "traefik.service", "haproxy.service"]);
  });

  it("has sides that differ from it by one choice each, and says when there is no such choice any more", async () => {
    const [today] = await todaysSides(projectRoot);
    const quiet = withoutEdgeLines(today);
    const changed = quiet.files.filter((file, index) => file.content !== today.files[index]?.content);
    assert.deepEqual(
      changed.map(({ path }) => path),
      ["/etc/haproxy/haproxy.cfg"],
    );
    assert.match(content(quiet.files, "haproxy.cfg"), /silent if \{ status lt 499 \}/);
    const without = { ...today, files: today.files.filter(({ path }) => !path.endsWith("haproxy.cfg")) };
    assert.throws(() => withoutEdgeLines(without), /nothing renders/);
  });

  it("has one whose load balancer and node show each other certificates, and nothing else changed", async () => {
    const [today, encrypted] = await todaysSides(projectRoot);
    const before = new Map(today.files.map((file) => [file.path, file.content]));
    const other = encrypted.files
      .filter(({ path, content }) => before.get(path) !== content)
      .map(({ path }) => path)
      .filter((path) => !/tiers/.test(path));
    assert.deepEqual(other.sort(), [
      "/etc/bench/dynamic/services.yaml",
      "/etc/bench/traefik.yaml",
      "/etc/haproxy/haproxy.cfg",
      "/etc/systemd/system/traefik.service",
      "/usr/local/lib/platform-edge/await-machines",
    ]);
    assert.match(content(encrypted.files, "haproxy.cfg"), /server app1 10\.0\.2\.11:443 .* verify required /);
    assert.equal(encrypted.units[0], "platform-tiers-boot.service");
  });
});
