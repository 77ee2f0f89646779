import assert from "node:assert/strict";
import { dataRoot, type ProgramStack, programsSetup } from "../../../../components/roles/container/setup";
import type { UserService } from "../../../../components/settings/userRole";
import { renderSetup } from "../../../../components/setup/render";
import type { MachineSetup } from "../../../../components/setup/types";
import { volumeMarkerIn } from "../../../../components/setup/volume";
import { shellcheck } from "../../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../database/support/machine";

const machine = {
  name: "erp1",
  hostname: "prod-erp1",
  role: "erp",
  privateIp: "10.0.20.11",
  isPublic: false,
  size: { vcpus: 2, memoryGb: 4, serverType: undefined },
};

/** What shells, systemd and configuration files give a meaning to. */
const troublesome = ` a 'b' "c" \\d $HOME \`id\` %i {e} # ; äß😀 \\"`;

const service: UserService = {
  exec: `/bin/bash -c 'env -0 >env; id -un >user; echo x 2>/dev/null >/etc/written; exec sleep infinity'`,
  restart: "always",
  ports: [],
  environment: { PLAIN: troublesome, EMPTY: "" },
  secrets: { KEY: "key" },
  memoryMb: 64,
};

const stack: ProgramStack = {
  containers: {},
  images: {},
  services: {
    worker: service,
    low: {
      ...service,
      exec: `/bin/bash -c 'grep ^CapEff /proc/self/status >caps; exec sleep infinity'`,
      user: "www-data",
      ports: [{ port: 80, protocol: "tcp", from: ["any"] }],
    },
  },
  stores: { cache: { REDIS_URL: "redis://planted" } },
  secrets: { key: `secret${troublesome}` },
};

/** The machine of the tests has no volume: a folder that is mounted stands for one. */
function withoutDevice({
  units = [],
  files = [],
  steps = [],
  checks = [],
  ...setup
}: MachineSetup): MachineSetup {
  return {
    ...setup,
    // Those of Debian's own that every real machine has.
    packages: [],
    units: units.filter(({ name }) => !name.endsWith(".mount")),
    files: files.filter(({ path }) => !path.endsWith(".mount")),
    steps: steps.filter(({ name }) => !/^file system|^marker/.test(name)),
    checks: checks.filter(({ name }) => !name.startsWith(dataRoot)),
  };
}

describe("programs of a role on their machine", function () {
  this.timeout(180_000);
  let booted: TestMachine;
  /** What a program wrote, once it has come to that. */
  const factOf = (folder: string, file: string) =>
    booted.succeed(
      `for _ in {1..100}; do [ ! -s ${folder}/${file} ] || break; sleep 0.1; done; tr '\\0' '\\n' <${folder}/${file}`,
    );
  /** Main process of a unit. */
  const processOf = async (unit: string) =>
    (await booted.succeed(`systemctl show -P MainPID ${unit}.service`)).trim();

  it("are a script that shellcheck has nothing against, with a volume and a container", async () => {
    const odoo = { image: "odoo:18", ports: [], environment: {}, secrets: {}, memoryMb: 512 };
    const containers = { odoo: { ...odoo, data: "/var/lib/odoo", dataUser: 101 } };
    const images = { odoo: "odoo@sha256:00" };
    const whole = programsSetup(machine, { ...stack, containers, images, volume: { id: 7, sizeGb: 10 } });
    assert.equal(await shellcheck(renderSetup("prod-erp1", whole), ["SC2016"]), "");
    const unit = whole.files.find(({ path }) => path.endsWith("/odoo.service"))?.content ?? "";
    assert.match(unit + JSON.stringify(whole.files), /--volume=\/srv\/data\/odoo:\/var\/lib\/odoo/);
    // It is mounted and never formatted.
    assert.doesNotMatch(renderSetup("prod-erp1", whole), /mkfs|mke2fs/);
  });

  describe("booted", () => {
    before(async function () {
      if (whyNoMachine() !== undefined) this.skip();
      booted = await bootMachine("programs", [machine.privateIp]);
    });
    after(() => booted?.stop());

    it("get their variables and secrets to the letter, and run as users of their own", async () => {
      await booted.apply(programsSetup(machine, stack));
      const lines = (await factOf("/var/lib/worker", "env")).split("\n");
      for (const line of [
        `PLAIN=${troublesome}`,
        "EMPTY=",
        `KEY=secret${troublesome}`,
        "REDIS_URL=redis://planted",
        "NODE_NAME=prod-erp1",
      ])
        assert.ok(lines.includes(line), `${line}\n${lines.join("\n")}`);
      assert.equal((await factOf("/var/lib/worker", "user")).trim(), "worker");
      assert.equal((await booted.succeed("stat -c %a /etc/platform/worker.secret.env")).trim(), "600");
    });

    it("write to their own folder only, and may listen on a low port when they name one", async () => {
      assert.equal((await booted.run("test -e /etc/written")).exitCode, 1);
      assert.match(await factOf("/var/lib/low", "caps"), /^CapEff:\t0000000000000400$/m);
    });

    it("stay as they are when nothing has changed, and come back when they end", async () => {
      const before = await processOf("worker");
      await booted.apply(programsSetup(machine, stack));
      assert.equal(await processOf("worker"), before);
      await booted.succeed(`kill -KILL ${before}
for _ in {1..100}; do
  now=$(systemctl show -P MainPID worker.service)
  if [ "$now" != 0 ] && [ "$now" != ${before} ]; then exit 0; fi
  sleep 0.2
done
exit 1`);
    });

    it("keep their data on the volume and do not start where it is not mounted", async () => {
      const onVolume = withoutDevice(programsSetup(machine, { ...stack, volume: { id: 7, sizeGb: 10 } }));
      await booted.succeed(
        `mkdir -p ${dataRoot} && mount -t tmpfs tmpfs ${dataRoot} && echo 7 >${volumeMarkerIn(dataRoot)}`,
      );
      await booted.apply(onVolume);
      assert.equal((await factOf(`${dataRoot}/worker`, "user")).trim(), "worker");
      // What the program makes of its folder stays.
      await booted.succeed(`chmod 0700 ${dataRoot}/worker`);
      await booted.apply(onVolume);
      assert.equal((await booted.succeed(`stat -c %U:%a ${dataRoot}/worker`)).trim(), "worker:700");
      await booted.succeed(`systemctl stop worker low && umount ${dataRoot}`);
      const { exitCode } = await booted.run("systemctl start worker");
      assert.notEqual(exitCode, 0);
    });
  });
});
