import assert from "node:assert/strict";
import { renderSetup } from "../../../../components/setup/render";
import { machineAuthority } from "../../../../components/setup/tiers/authority";
import { tierSetup } from "../../../../components/setup/tiers/identity";
import { shellcheck } from "../../../support/shellcheck";

const machine = (name: string, role: string, privateIp: string) => ({
  hostname: `prod-${name}`,
  role,
  privateIp,
});
const edge1 = machine("edge1", "edge", "10.0.1.11");
const app1 = machine("app1", "app", "10.0.2.11");
const app2 = machine("app2", "app", "10.0.2.12");
const seed = Buffer.alloc(32, 7).toString("base64");
const setup = tierSetup({
  machine: app1,
  servers: [app1, app2],
  clients: [edge1, app1, app2],
  programs: [{ unit: "traefik.service", take: "true" }, { unit: "nginx.service" }],
  seed,
});
const fileOf = (path: string) => setup.files.find((file) => file.path === path) ?? assert.fail(path);
const authority = (of: typeof app1) => machineAuthority(seed, of).certificate;

describe("tierSetup", () => {
  it("believes the machines that the flows name, and itself, each by its own authority", () => {
    assert.equal(fileOf("/etc/platform/tiers/servers.pem").content, authority(app1) + authority(app2));
    assert.equal(
      fileOf("/etc/platform/tiers/clients.pem").content,
      authority(app1) + authority(edge1) + authority(app2),
    );
    const single = setup.files.filter(({ path }) => path.startsWith("/etc/platform/tiers/machines/"));
    assert.deepEqual(
      single.map(({ path, content }) => [path, content]),
      [app1, app2].map((one) => [`/etc/platform/tiers/machines/${one.hostname}.pem`, authority(one)]),
    );
  });

  it("has the key of its own issuer in one file of root's, and no other key and no seed", () => {
    const key = machineAuthority(seed, app1).issuer.key;
    const holding = setup.files.filter(({ content }) => content.includes("PRIVATE KEY"));
    assert.deepEqual(
      holding.map(({ path, mode, content }) => [path, mode, content]),
      [["/etc/platform/secrets/tiers-issuer.key", "0600", key]],
    );
    const all = JSON.stringify(setup);
    assert.ok(!all.includes(seed));
    for (const other of [edge1, app2])
      assert.ok(!all.includes(machineAuthority(seed, other).issuer.certificate));
  });

  it("makes a certificate before the programs start, at each boot, and does not wait for them then", () => {
    const boot = fileOf("/etc/systemd/system/platform-tiers-boot.service").content;
    assert.match(boot, /^Before=traefik\.service nginx\.service$/m);
    assert.match(boot, /^ExecStart=\S+\/renew issue$/m);
    // A reload inside of a job that the program's own start waits for would never end.
    const renewal = fileOf("/etc/systemd/system/platform-tiers.service").content;
    assert.doesNotMatch(renewal, /^Before=/m);
    const [first] = setup.units;
    assert.deepEqual([first?.name, first?.stage], ["platform-tiers-boot.service", "beforeSteps"]);
  });

  it("gives scripts without findings of shellcheck", async () => {
    assert.equal(await shellcheck(fileOf("/usr/local/lib/platform-tiers/renew").content), "");
    assert.equal(await shellcheck(renderSetup("prod-app1", setup)), "");
  });
});
