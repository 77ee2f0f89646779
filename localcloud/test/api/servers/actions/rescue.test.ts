import assert from "node:assert/strict";
import { hold } from "../../hold";
import { assertHashOf } from "../../rootPasswordHash";
import { sshKey, TestCloud } from "../../testCloud";

describe("local cloud API: rescue system", () => {
  let cloud: TestCloud;
  let id: number;
  let path: string;
  let now: number;
  const enabled = async () => (await cloud.get(`/servers/${id}`)).server.rescue_enabled;
  const enable = async (body?: unknown) => {
    const answer = await cloud.ok("POST", `${path}/enable_rescue`, body);
    await cloud.succeeds(answer.action);
    return answer;
  };

  beforeEach(async () => {
    now = Date.parse("2026-01-01T12:00:00Z");
    cloud = await TestCloud.start({ clock: () => new Date(now) });
    id = (await cloud.server("a")).id;
    path = `/servers/${id}/actions`;
  });
  afterEach(() => cloud.stop());

  it("starts with the next boot, as the provider asks for it: enable_rescue, then reset", async () => {
    const { ssh_key } = await cloud.ok("POST", "/ssh_keys", { name: "me", public_key: sshKey });
    const answer = await enable({ type: "linux64", ssh_keys: [ssh_key.id] });
    assert.equal(answer.action.command, "enable_rescue");
    assert.equal(await enabled(), true);
    assert.equal(cloud.host.alive.get(id)?.rescue, undefined, "it does not reboot by itself");
    await cloud.act(`${path}/reset`);
    const rescue = cloud.host.alive.get(id)?.rescue;
    assert.deepEqual(rescue?.sshKeys, [sshKey]);
    assertHashOf(answer.root_password, rescue?.rootPasswordHash);
    assert.equal(await enabled(), false, "the first boot ends it");
    await cloud.act(`${path}/reset`);
    assert.equal(cloud.host.alive.get(id)?.rescue, undefined, "the second boot is a normal one");
  });

  it("keeps the password nowhere", async () => {
    const { root_password: password } = await enable();
    assert.ok(password.length >= 20);
    const stored = JSON.stringify([cloud.store.list("server"), cloud.store.list("action"), cloud.log]);
    assert.ok(!stored.includes(password));
  });

  it("waits while the server runs: a poweron of a running server boots nothing", async () => {
    await enable();
    await cloud.act(`${path}/poweron`);
    assert.equal(await enabled(), true);
    await cloud.act(`${path}/poweroff`);
    assert.equal(await enabled(), true);
    await cloud.act(`${path}/poweron`);
    assert.notEqual(cloud.host.alive.get(id)?.rescue, undefined);
    assert.equal(await enabled(), false);
  });

  it("is used up by a reboot from inside, which the machine room knows about", async () => {
    await enable();
    assert.notEqual(cloud.host.world?.servers[0]?.rescue, undefined);
    await cloud.act(`${path}/reboot`);
    assert.equal(await enabled(), false);
  });

  it("can be disabled, and disabling it twice succeeds", async () => {
    await enable();
    await cloud.act(`${path}/disable_rescue`);
    await cloud.act(`${path}/disable_rescue`);
    assert.equal(await enabled(), false);
    assert.equal(cloud.host.world?.servers[0]?.rescue, undefined);
    await cloud.act(`${path}/reset`);
    assert.equal(cloud.host.alive.get(id)?.rescue, undefined);
  });

  it("ends after 60 minutes without a boot", async () => {
    await enable();
    now += 59 * 60_000;
    (await cloud.api.background).clock.tick();
    assert.equal(await enabled(), true);
    now += 60_000;
    (await cloud.api.background).clock.tick();
    assert.equal(await enabled(), false);
    await cloud.act(`${path}/reset`);
    assert.equal(cloud.host.alive.get(id)?.rescue, undefined);
  });

  it("is booted by a local cloud that starts again, once", async () => {
    await enable();
    cloud.host.alive.clear();
    await cloud.restart();
    await cloud.api.runner.resume();
    assert.notEqual(cloud.host.alive.get(id)?.rescue, undefined);
    assert.equal(await enabled(), false);
  });

  it("holds the server's lock", async () => {
    const release = hold(cloud, "reconcileNetwork");
    const { action } = await cloud.ok("POST", `${path}/enable_rescue`);
    await cloud.fails("locked", "POST", `${path}/reset`);
    release();
    await cloud.succeeds(action);
  });
});
