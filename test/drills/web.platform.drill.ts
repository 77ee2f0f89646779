// Web servers come between under load, answer from cache and object store, forget on a release, and leave again.
import assert from "node:assert/strict";
import { fromInternet, must, servers } from "../e2e/support/cloud";
import { describeLoad, startLoad } from "../e2e/support/load";
import { curl, platformIsUp, up, url } from "../e2e/support/platform";
import { drillNumbers } from "./support/record";

const size = { vcpus: 2, memoryGb: 4 };
const docs = { pathPrefix: "/docs", source: "objectStore" };
const withWeb = (count: number, more: object = {}) => ({ web: { count, ...size, ...more } });

/** Head and body of an answer, as one text with lower-case names. */
async function page(path: string): Promise<string> {
  const { stdout } = await fromInternet(`${curl()} -i ${url()}${path}`);
  return stdout.replaceAll(/^[A-Za-z-]+(?=:)/gm, (name) => name.toLowerCase());
}
const cacheOf = async (path: string) => /^x-cache: (\S+)/m.exec(await page(path))?.[1];

const web = async () =>
  (await servers()).map(({ name }) => name).filter((name) => name.startsWith("local-web"));

/** Requests that each web server has logged of a path, since the drill began. */
async function servedBy(name: string, path: string): Promise<number> {
  const count = `journalctl --since=-1h -t nginx_docs -t nginx_web -t nginx_api --no-pager | grep -c ' ${path}' || true`;
  return Number(await must(name, count));
}

const generations = async () =>
  Promise.all((await web()).map((name) => must(name, "cat /var/lib/platform-web/generation.map")));

/** An `up` while visitors ask for what nobody keeps. */
async function underLoad(what: string, changes: Readonly<Record<string, unknown>>) {
  const load = startLoad(`${url()}/api/whoami`, 4, 900);
  const deployment = await up(changes);
  const result = await load.stop();
  console.log(`      ${what}: ${describeLoad(result)}`);
  drillNumbers({ [what]: describeLoad(result).split("\n")[0] ?? "" });
  assert.ok(result.requests > 200, "there was no load");
  return { deployment, result };
}

describe("drill: web servers", function () {
  this.timeout("40m");
  before("the platform is up without them", platformIsUp);
  after("it is so again", () => up());

  it("S4-20: from none to two under load, and no request fails", async () => {
    const { result } = await underLoad("from none to two", withWeb(2));
    assert.equal(result.failed, 0, describeLoad(result));
    assert.deepEqual((await web()).sort(), ["local-web1", "local-web2"]);
    const again = await up(withWeb(2));
    assert.deepEqual(Object.keys(again.changes), ["same"]);
  });

  it("answer a page that they keep, each after the application has answered it once", async () => {
    const seen = [];
    for (let visit = 0; visit < 6; visit++) seen.push(await cacheOf("/admin/whoami?drill"));
    assert.ok(seen.includes("MISS") && seen.at(-1) === "HIT", seen.join(", "));
  });

  it("S2-31: answer with a release of the object store, published once", async () => {
    await up(withWeb(2, { sites: { docs } }));
    await must(
      "local-web1",
      "mkdir -p /tmp/site/docs && echo drilled >/tmp/site/docs/index.html && tar -cz -C /tmp/site . | platform-release publish docs v1",
    );
    await up(withWeb(2, { sites: { docs: { ...docs, release: "v1" } } }));
    for (let visit = 0; visit < 4; visit++) assert.match(await page("/docs/"), /drilled/);
  });

  it("S1-48: one more takes its share of static traffic, with files that nobody carried to it", async () => {
    const more = { accessLog: { requests: "all" }, sites: { docs: { ...docs, release: "v1" } } };
    const { result } = await underLoad("from two to three", withWeb(3, more));
    assert.equal(result.failed, 0, describeLoad(result));
    const load = startLoad(`${url()}/docs/`, 8, 600);
    const files = await new Promise((resolve) => setTimeout(resolve, 8000)).then(() => load.stop());
    const shares = await Promise.all((await web()).map((name) => servedBy(name, "/docs/")));
    console.log(`      ${files.requests} static requests, logged by the servers: ${shares.join(", ")}`);
    drillNumbers({ "static requests of three servers": shares.join(", ") });
    assert.equal(files.failed, 0);
    assert.equal(shares.length, 3);
    assert.ok(Math.min(...shares) * 3 > 0.5 * shares.reduce((sum, one) => sum + one, 0), shares.join(", "));
  });

  it("forget what they keep, all of them, when a service is another one, and not otherwise", async () => {
    const more = { accessLog: { requests: "all" }, sites: { docs: { ...docs, release: "v1" } } };
    const before = await generations();
    assert.equal(new Set(before).size, 1, before.join(", "));
    await page("/admin/whoami?purged");
    const environment = { APP_MODE: "web", GREETING: "drill" };
    await up({ ...withWeb(3, more), "app.services.web.environment": environment });
    const after = await generations();
    assert.equal(new Set(after).size, 1, after.join(", "));
    assert.notEqual(after[0], before[0]);
  });

  it("leave again under load: what that costs, and that nothing fails afterwards", async () => {
    await underLoad("from three to none", {});
    assert.deepEqual(await web(), []);
    const load = startLoad(`${url()}/api/whoami`, 4, 600);
    const rest = await new Promise((resolve) => setTimeout(resolve, 3000)).then(() => load.stop());
    assert.equal(rest.failed, 0, describeLoad(rest));
  });
});
