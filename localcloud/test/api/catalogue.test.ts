import assert from "node:assert/strict";
import { type Json, TestCloud } from "./testCloud";

describe("local cloud API: what can be ordered", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start();
  });
  after(() => cloud.stop());

  const list = async (kind: string) => (await cloud.get(`/${kind}?per_page=50`))[kind];

  for (const kind of ["datacenters", "server_types", "images", "isos", "locations", "load_balancer_types"]) {
    it(`${kind} are listed by id`, async () => {
      const ids = (await list(kind)).map(({ id }: Json) => id);
      assert.deepEqual(
        ids,
        [...ids].sort((a, b) => a - b),
      );
    });
  }

  it("images are listed by id with snapshots among them", async () => {
    const { id } = await cloud.server("pictured");
    const { action } = await cloud.ok("POST", `/servers/${id}/actions/create_image`, { type: "snapshot" });
    await cloud.succeeds(action);
    const images = await list("images");
    assert.ok(images.some(({ type }: Json) => type === "snapshot"));
    const ids = images.map((image: Json) => image.id);
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
    );
  });

  it("the list of server types begins with cpx11 and cpx21, which the United States still sell", async () => {
    const [first, second] = await list("server_types");
    assert.deepEqual([first.id, first.name, second.id, second.name], [22, "cpx11", 23, "cpx21"]);
    assert.deepEqual([first.deprecated, first.deprecation, first.description], [false, null, "CPX 11"]);
    await cloud.fails("invalid_input", "POST", "/servers", {
      name: "old",
      server_type: "cpx11",
      image: "debian-13",
      location: "fsn1",
    });
  });

  it("cpx22 is sold in four locations", async () => {
    const { server_types: found } = await cloud.get("/server_types?name=cpx22");
    assert.equal(found[0].id, 109);
    assert.deepEqual(
      found[0].locations.map(({ name }: Json) => name),
      ["fsn1", "nbg1", "hel1", "sin"],
    );
  });

  it("a retired type is found by id and name, is not listed, and cannot be ordered", async () => {
    const { server_type: byId } = await cloud.get("/server_types/1");
    assert.deepEqual([byId.name, byId.deprecated], ["cx11", true]);
    assert.ok(Date.parse(byId.deprecation.unavailable_after) < Date.now());
    assert.ok(byId.locations.every(({ available }: Json) => !available));
    assert.deepEqual((await cloud.get("/server_types?name=cx11")).server_types, [byId]);
    assert.ok((await list("server_types")).every(({ name }: Json) => name !== "cx11"));
    const order = { name: "old", image: "debian-13", location: "fsn1" };
    const error = await cloud.fails("invalid_input", "POST", "/servers", { ...order, server_type: 1 });
    assert.match(error.message, /server type 1 is deprecated/);
    const { id } = await cloud.server("young");
    await cloud.act(`/servers/${id}/actions/poweroff`);
    const change = { server_type: "cx11", upgrade_disk: false };
    await cloud.fails("invalid_server_type", "POST", `/servers/${id}/actions/change_type`, change);
  });

  it("what cannot boot here is unavailable in the lists", async () => {
    const images = await list("images");
    for (const { name, architecture, status, type } of images) {
      const boots = type === "snapshot" || (name === "debian-13" && architecture === "x86");
      assert.equal(status, boots ? "available" : "unavailable", `${name} ${architecture}`);
    }
    const types = await list("server_types");
    for (const { architecture, locations } of types) {
      for (const { available } of locations) assert.equal(available, architecture === "x86");
    }
    const arm = new Set(types.filter((type: Json) => type.architecture === "arm").map(({ id }: Json) => id));
    for (const { server_types: stock } of await list("datacenters")) {
      assert.ok(!stock.available.some((id: number) => arm.has(id)));
    }
  });
});
