import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { ensureImages } from "../../src/images/ensureImages";
import { type RunningElasticsearch, startElasticsearch } from "./support/elasticsearch";

describe("elasticsearch image", function () {
  this.timeout(900_000);
  let elasticsearch: RunningElasticsearch;

  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    await ensureImages(() => {}, { images: ["elasticsearch"] });
    elasticsearch = await startElasticsearch();
  });
  after(() => elasticsearch?.stop());

  it("refuses who has no password or a wrong one", async () => {
    assert.equal((await elasticsearch.call("/", { credentials: null })).status, 401);
    assert.equal((await elasticsearch.call("/", { credentials: "elastic:wrong" })).status, 401);
  });

  it("says name and version at its root, as clients expect", async () => {
    const { status, body } = await elasticsearch.call("/");
    assert.equal(status, 200);
    const { version, tagline } = body as { version: { number: string }; tagline: string };
    assert.equal(version.number, "8.19.21");
    assert.equal(tagline, "You Know, for Search");
  });

  it("indexes and finds a document", async () => {
    const body = { name: "blue bicycle" };
    const stored = await elasticsearch.call("/things/_doc/1?refresh=true", { method: "PUT", body });
    assert.equal(stored.status, 201);
    const found = await elasticsearch.call("/things/_search?q=name:bicycle");
    assert.equal((found.body as { hits: { total: { value: number } } }).hits.total.value, 1);
  });

  it("keeps a role and a user, who may do what the role says and no more", async () => {
    const put = (path: string, body: object) => elasticsearch.call(path, { method: "PUT", body });
    const role = { cluster: ["monitor"], indices: [{ names: ["shop-*"], privileges: ["all"] }] };
    assert.equal((await put("/_security/role/shop", role)).status, 200);
    const user = { password: "shop-secret-1", roles: ["shop"], email: "shop@example.com" };
    assert.equal((await put("/_security/user/shop", user)).status, 200);
    const as = { method: "PUT", body: { a: 1 }, credentials: "shop:shop-secret-1" };
    assert.equal((await elasticsearch.call("/shop-1/_doc/1", as)).status, 201);
    assert.equal((await elasticsearch.call("/other/_doc/1", as)).status, 403);
  });

  it("runs as user 1000 and never shows the password", async () => {
    assert.ok(!elasticsearch.container.output().includes(elasticsearch.password));
    const { body } = await elasticsearch.call("/_nodes/jvm");
    const [node] = Object.values((body as { nodes: Record<string, { jvm: { pid: number } }> }).nodes);
    assert.equal((await stat(`/proc/${node?.jvm.pid}`)).uid, 1000);
    const commandLine = await readFile(`/proc/${node?.jvm.pid}/cmdline`, "utf8");
    assert.ok(!commandLine.includes(elasticsearch.password));
  });

  it("logs JSON lines to its output", () => {
    const line = elasticsearch.container
      .output()
      .split("\n")
      .find((text) => text.startsWith("{"));
    assert.equal(JSON.parse(line ?? "{}")["event.dataset"], "elasticsearch.server");
  });
});
