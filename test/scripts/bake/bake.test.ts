import assert from "node:assert/strict";
import { TestCloud, TOKEN } from "../../../localcloud/test/api/testCloud";
import { bake, carryOut, planBake, pruneImages } from "../../../scripts/bake/bake";
import { bakedImagesOf, bakeLabels } from "../../../scripts/bake/images";
import { contentHash, type RoleSoftware } from "../../../scripts/bake/software";
import { createServer, removeTemporary, snapshotServer } from "../../../scripts/bake/temporaryServer";
import { type CloudClient, cloudClient } from "../../../scripts/cloudClient";

const app: RoleSoftware = {
  role: "app",
  script: "\nstage files\n\ninstall_packages 'jq'",
  packages: ["jq"],
  units: [],
  images: [],
};
const place = { environment: "prod", location: "nbg1", adminRanges: ["198.51.100.7/32"] };

describe("a bake at the API", function () {
  this.timeout(60_000);
  let running: TestCloud;
  let cloud: CloudClient;

  before(async () => {
    running = await TestCloud.start({ timeScale: 0.001 });
    const { port } = await running.api.listen({ host: "127.0.0.1", port: 0 });
    cloud = cloudClient(`http://127.0.0.1:${port}/v1`, TOKEN);
  });
  after(() => running?.stop());

  const temporary = async () => {
    const kinds = ["servers", "firewalls", "ssh_keys", "primary_ips"];
    const rows = await Promise.all(kinds.map(async (kind) => (await running.get(`/${kind}`))[kind]));
    return rows.flat().map(({ name }) => String(name));
  };

  /** As a bake that has run its script. */
  async function baked(content = contentHash(app)): Promise<number> {
    const server = await createServer(cloud, place, "app");
    const id = await snapshotServer(cloud, server, { ...bakeLabels("prod", "app"), content }, "prod app");
    await removeTemporary(cloud, "prod", "app");
    return id;
  }

  it("makes a server of debian-13 with the smallest disk that only administrators reach, and by SSH alone", async () => {
    const { id } = await createServer(cloud, place, "app");
    const { server } = await running.get(`/servers/${id}`);
    assert.deepEqual([server.server_type.name, server.image.name], ["cx23", "debian-13"]);
    const [{ rules, applied_to }] = (await running.get("/firewalls")).firewalls;
    assert.equal(applied_to[0].server.id, id);
    assert.deepEqual(
      rules.map(({ direction, protocol, port, source_ips }: Record<string, unknown>) => [
        direction,
        protocol,
        port,
        source_ips,
      ]),
      [["in", "tcp", "22", ["198.51.100.7/32"]]],
    );
    assert.deepEqual((await removeTemporary(cloud, "prod")).sort(), Array(3).fill("prod-bake-app"));
    assert.deepEqual(await temporary(), []);
  });

  it("copies the disk of a server that is off, with labels, and leaves nothing but the image", async () => {
    const id = await baked();
    const [image] = await bakedImagesOf(cloud, "prod");
    assert.deepEqual([image?.id, image?.disk_size, image?.labels.content], [id, 40, contentHash(app)]);
    assert.deepEqual(await temporary(), []);
  });

  it("does nothing the second time", async () => {
    const plan = await planBake(cloud, "prod", [app], false);
    assert.deepEqual(plan.wanted, []);
    const before = running.log.filter(({ method }) => method !== "GET").length;
    const order = { ...place, docker: { registryMirror: undefined }, signal: new AbortController().signal };
    assert.deepEqual(await carryOut(cloud, order, plan, () => {}), { app: plan.current.app?.id });
    assert.equal(running.log.filter(({ method }) => method !== "GET").length, before);
    assert.deepEqual((await planBake(cloud, "prod", [app], true)).wanted, [app], "unless it is told to");
  });

  it("keeps the last two images of a role", async () => {
    await baked("other");
    await baked();
    const all = await bakedImagesOf(cloud, "prod");
    assert.equal(all.length, 3);
    const removed = await pruneImages(cloud, "prod", ["app"], []);
    assert.deepEqual(
      removed.map(({ id }) => id),
      [all[2]?.id],
    );
    assert.deepEqual(
      (await bakedImagesOf(cloud, "prod")).map(({ id }) => id),
      [all[0]?.id, all[1]?.id],
    );
  });

  it("removes what it has begun when it is stopped", async () => {
    const stop = new AbortController();
    const order = { ...place, docker: { registryMirror: undefined }, signal: stop.signal };
    const running = bake(cloud, order, [app], (_role, line) => {
      if (line.startsWith("making a server")) setTimeout(() => stop.abort(new Error("stopped")), 50);
    });
    await assert.rejects(running, /stopped: what was begun is removed/);
    assert.deepEqual(await temporary(), []);
  });

  it("removes what a killed one has left, and nothing of other stacks", async () => {
    await createServer(cloud, place, "app");
    await createServer(cloud, { ...place, environment: "qa" }, "app");
    const said: string[] = [];
    const order = { ...place, docker: { registryMirror: undefined }, signal: AbortSignal.abort() };
    await assert.rejects(
      carryOut(cloud, order, { current: {}, wanted: [app] }, (_role, line) => said.push(line)),
      /stopped/,
    );
    assert.equal(
      said.filter((line) => line === "removed prod-bake-app, which another bake had left").length,
      3,
    );
    assert.deepEqual(
      [...new Set(await temporary())].filter((name) => name.includes("bake")),
      ["qa-bake-app"],
    );
  });
});
