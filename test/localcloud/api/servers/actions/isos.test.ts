import assert from "node:assert/strict";
import { type Json, TestCloud } from "../../testCloud";

const DEBIAN = { id: 113_366, name: "debian-12.5.0-amd64-netinst.iso" };
const WILDCARD = { id: 26_843, name: "virtio-win-0.1.248.iso" };

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
    await cloud.act(`${path}/attach_iso`, { iso: DEBIAN.name });
    assert.deepEqual(await iso(), (await cloud.get(`/isos/${DEBIAN.id}`)).iso);
    await cloud.act(`${path}/attach_iso`, { iso: WILDCARD.id });
    assert.equal((await iso()).name, WILDCARD.name);
    await cloud.act(`${path}/attach_iso`, { iso: String(DEBIAN.id) });
    assert.equal((await iso()).id, DEBIAN.id);
  });

  it("detaches, and succeeds as well when nothing is attached", async () => {
    await cloud.act(`${path}/attach_iso`, { iso: DEBIAN.name });
    await cloud.act(`${path}/detach_iso`);
    assert.equal(await iso(), null);
    const { action } = await cloud.ok("POST", `${path}/detach_iso`);
    assert.equal(action.status, "success");
  });

  it("keeps booting from its disk", async () => {
    await cloud.act(`${path}/attach_iso`, { iso: DEBIAN.name });
    await cloud.act(`${path}/reset`);
    assert.equal(cloud.host.alive.get(id)?.image, "debian-13");
    assert.equal((await iso()).name, DEBIAN.name);
  });

  it("lists an ISO for every architecture only when asked for", async () => {
    const names = async (query: string) =>
      (await cloud.get(`/isos?${query}`)).isos.map(({ name }: Json) => name);
    assert.deepEqual(await names("architecture=x86"), [DEBIAN.name]);
    assert.deepEqual(await names("architecture=x86&include_architecture_wildcard=true"), [
      WILDCARD.name,
      DEBIAN.name,
    ]);
    assert.deepEqual(await names("architecture=arm"), []);
  });
});
