import assert from "node:assert/strict";
import { Platform } from "../../../../components/platform";
import { usualWebSettings } from "../../../../components/roles/web/settings";
import type { PlatformSettings } from "../../../../components/stack/settings";
import { type Registration, recordProgram, recordRegistrations } from "../../../support/mocks";
import { seedSettings } from "../../../support/settings";

const settings: PlatformSettings = {
  ...seedSettings,
  network: { ...seedSettings.network, subnets: { ...seedSettings.network.subnets, web: "10.0.5.0/24" } },
  web: usualWebSettings,
};

/** What each web server is told to forget. @param image digest of every image */
async function purges(image: string, own: PlatformSettings = settings) {
  let registrations: readonly Registration[] = [];
  const resources = await recordProgram(
    () => {
      registrations = recordRegistrations();
      new Platform("prod", { settings: own, apiToken: "planted-token".padEnd(64, "0") });
    },
    {
      outputs: (type, name) => {
        if (type.endsWith(":RandomPassword")) return { result: `planted-${name}` };
        if (type.endsWith(":RandomBytes")) return { base64: Buffer.alloc(32, 7).toString("base64") };
        if (type.endsWith(":FloatingIp")) return { ipAddress: "198.51.100.20" };
        return type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};
      },
      call: () => ({ sha256Digest: `sha256:${image.repeat(64)}` }),
    },
  );
  const found = resources.filter(({ name }) => name.endsWith("-purge"));
  return { commands: found.map(({ name, inputs }) => [name, inputs.create]), registrations };
}

/** Names of the resources that a property of a resource waits for. */
function waitsFor(registrations: readonly Registration[], name: string, property: string): readonly string[] {
  const request = registrations.find((one) => one.getName() === name);
  const found: string[] = [];
  request?.getPropertydependenciesMap().forEach((waited, name) => {
    if (name === property) found.push(...waited.getUrnsList().map((urn) => urn.split("::").at(-1) ?? urn));
  });
  return found;
}

describe("what web servers keep when a release comes", function () {
  this.timeout(60_000);
  it("is forgotten on each of them when an image or what a service is told is another one, and not otherwise", async () => {
    const { commands } = await purges("1");
    assert.deepEqual(
      commands.map(([name]) => name),
      ["prod-web-web1-purge", "prod-web-web2-purge"],
    );
    assert.match(String(commands[0]?.[1]), /^\/usr\/local\/sbin\/platform-purge --release [0-9a-f]{16}$/);
    assert.equal(commands[0]?.[1], commands[1]?.[1]);
    assert.deepEqual((await purges("1")).commands, commands);
    assert.notDeepEqual((await purges("2")).commands, commands);
    const { web } = settings.app.services;
    assert.ok(web !== undefined);
    const services = { ...settings.app.services, web: { ...web, environment: { THEME: "dark" } } };
    const told = await purges("1", { ...settings, app: { ...settings.app, services } });
    assert.notDeepEqual(told.commands, commands);
    const larger = await purges("1", { ...settings, app: { ...settings.app, vcpus: 8, memoryGb: 16 } });
    assert.deepEqual(larger.commands, commands);
  });

  it("is forgotten after all application nodes run it, and after the machine's own set-up", async () => {
    const { registrations } = await purges("1");
    const before = waitsFor(registrations, "prod-web-web2-purge", "create");
    for (const name of ["prod-app-app1-setup", "prod-app-app2-setup", "prod-web-web2-setup"])
      assert.ok(before.includes(name), `${name} in ${before.join(", ")}`);
  });
});
