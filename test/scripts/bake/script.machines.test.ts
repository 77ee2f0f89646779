import assert from "node:assert/strict";
import { renderSetup, setupCommand } from "../../../components/setup/render";
import { awaitStock, bakeScript, refuseKeys } from "../../../scripts/bake/script";
import { packagePart } from "../../../scripts/bake/software";
import { bootMachine, type TestMachine, whyNoMachine } from "../../components/roles/database/support/machine";

/** What a machine has of its own, or what somebody left on it. */
const planted = [
  "/etc/ssh/ssh_host_ed25519_key",
  "/root/.ssh/authorized_keys",
  "/root/.bash_history",
  "/var/log/planted.log",
  "/var/log/apt/history.log",
  "/var/lib/cloud/instance/user-data.txt",
  "/var/lib/systemd/random-seed",
  "/var/lib/docker/engine-id",
  "/var/lib/rabbitmq/.erlang.cookie",
  "/etc/ssl/private/ssl-cert-snakeoil.key",
  "/etc/platform/secrets/issued.pem",
  "/etc/platform/edge/issued",
  "/etc/platform/edge/issued.map",
  "/var/lib/platform-certificate/bundle.json",
  "/var/lib/platform-certificate/certbot/config/accounts/ca/directory/1/private_key.json",
  "/etc/letsencrypt/accounts/ca/directory/1/private_key.json",
  "/etc/letsencrypt/live/site/privkey.pem",
  "/tmp/planted",
  "/var/tmp/planted",
];

describe("a machine that becomes an image", function () {
  this.timeout("5m");
  let machine: TestMachine;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("bake", []);
    const script = renderSetup("prod-database1", {
      packages: ["jq", "valkey-server"],
      units: [{ name: "valkey-server.service", reads: ["/etc/valkey/valkey.conf"] }],
    });
    const software = { role: "database", images: [], ...packagePart(script) };
    const plant = planted.map((path) => `mkdir -p $(dirname ${path}); echo PLANTED-MARKER >>${path}`);
    // Nothing is installed here: apt has no sources, and cloud-init is Debian's elsewhere.
    await machine.succeed(`${plant.join("\n")}
rm -rf /etc/apt/sources.list*; printf '#!/bin/sh\\n' >/usr/local/bin/cloud-init; chmod 0755 /usr/local/bin/cloud-init
cp /etc/machine-id /run/id-before
bash <<'END_OF_CONTACT'
${awaitStock}
END_OF_CONTACT
systemctl enable --quiet valkey-server.service
bash -c '${setupCommand.replaceAll("'", "'\\''")}' <<'END_OF_BAKE'
${bakeScript(software, { registryMirror: undefined })}
END_OF_BAKE`);
  });
  after(() => machine?.stop());

  it("keeps nothing of its own: keys, ids, logs, histories, seeds", async () => {
    const left = await machine.succeed(
      `for path in ${planted.join(" ")} /etc/ssh/ssh_host_rsa_key; do [ ! -e "$path" ] || echo "$path"; done`,
    );
    assert.equal(left, "");
    const marked = "grep -rlF PLANTED-MARKER /etc /root /home /var /usr/local /opt /srv || true";
    assert.equal(await machine.succeed(marked), "");
    assert.equal(await machine.succeed("cat /etc/machine-id"), "", "empty, so that it is no first boot");
    const id = "grep -rlFf /run/id-before /etc /var || true";
    assert.equal(await machine.succeed(id), "");
  });

  it("is refused while anybody's private key lies on it, whatever the file is called", async () => {
    const look = `stage() { :; }\n${refuseKeys}`;
    await machine.succeed(look);
    await machine.succeed("openssl genpkey -algorithm ed25519 -out /srv/forgotten");
    const { exitCode, output } = await machine.run(look);
    assert.equal(exitCode, 1);
    assert.match(output, /would be on every machine of this image: \/srv\/forgotten/);
    await machine.succeed("rm /srv/forgotten");
  });

  it("has services off that its set-up configures first", async () => {
    const { output } = await machine.run("systemctl is-enabled valkey-server.service");
    assert.match(output, /disabled/);
  });

  it("remembers what it is for the first set-up", async () => {
    assert.match(await machine.succeed("cat /var/lib/platform/baked"), /^[0-9a-f]{24}$/);
  });
});
