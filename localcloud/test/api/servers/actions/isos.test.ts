import assert from "node:assert/strict";
import { type Json, TestCloud } from "../../testCloud";

const debian = { id: 113_366, name: "debian-12.5.0-amd64-netinst.iso" };
const wildcard = { id: 26_843, name: "virtio-win-0.1.248.iso" };

describe("local cloud API: ISOs of servers", () => {
  let cloud: TestCloud;
  let id: number;
  let path: string;
  const iso = async () => (await cloud.get(`/servers/${id}`)).server.iso;

  beforeEach(async () => {
    cloud = await TestCloud.start();
    id = (await cloud.server("a")).id;
    path = `/servers/${id}/actions`;
  });
  afterEach(() => cloud.stop());

  it("attaches by name, by id and by id as text; a new one takes the place of the old", async () => {
    assert.equal(await iso(), null);
    await cloud.act(`${path}/attach_iso`, { iso: debian.name });
    assert.deepEqual(await iso(), (await cloud.get(`/isos/${debian.id}`)).iso);
    await cloud.act(`${path}/attach_iso`, { iso: wildcard.id });
    assert.equal((await iso()).name, wildcard.name);
    await cloud.act(`${path}/attach_iso`, { iso: String(debian.id) });
    assert.equal((await iso()).id, debian.id);
  });

  it("detaches, and succeeds as well when nothing is attached", async () => {
    await cloud.act(`${path}/attach_iso`, { iso: debian.name });
    await cloud.act(`${path}/detach_iso`);
    assert.equal(await iso(), null);
    const { action } = await cloud.ok("POST", `${path}/detach_iso`);
    assert.equal(action.status, "success");
  });

  it("keeps booting from its disk", async () => {
    await cloud.act(`${path}/attach_iso`, { iso: debian.name });
    await cloud.act(`${path}/reset`);
    assert.equal(cloud.host.alive.get(id)?.image, "debian-13");
    assert.equal((await iso()).name, debian.name);
  });

  it("says in the list that no ISO boots here", async () => {
    for (const { description } of (await cloud.get("/isos")).isos) {
      assert.match(description, / \(does not boot in the local cloud\)$/);
    }
  });

  it("knows the ISOs that other programs' tests attach, by their ids", async () => {
    for (const known of [8637, 8638]) {
      const { iso: found } = await cloud.get(`/isos/${known}`);
      await cloud.act(`${path}/attach_iso`, { iso: found.name });
      assert.equal((await iso()).id, known);
    }
  });

  it("lists an ISO for every architecture only when asked for", async () => {
    const names = async (query: string) =>
      (await cloud.get(`/isos?${query}`)).isos.map(({ name }: Json) => name);
    const x86 = await names("architecture=x86");
    assert.ok(x86.includes(debian.name) && !x86.includes(wildcard.name), String(x86));
    const both = await names("architecture=x86&include_architecture_wildcard=true");
    assert.deepEqual(new Set(both), new Set([...x86, wildcard.name]));
    assert.deepEqual(await names("architecture=arm"), []);
  });
});
