import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { updatePlace } from "../../../components/machine/base";
import type { MachinePlan } from "../../../components/plan/plan";
import { leavingApp } from "../../../components/roles/app/leaving";
import { leavingDatabase } from "../../../components/roles/database/leaving";
import { leavingEdge } from "../../../components/roles/edge/leaving";
import { leavingStorage } from "../../../components/roles/storage/leaving";
import { updatesSetup, updateTimes } from "../../../components/setup/updates";
import type { Leaving } from "../../../components/setup/upgradeScript";
import { planned } from "../../support/planned";
import { seedSettings } from "../../support/settings";
import { shellcheck } from "../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../roles/database/support/machine";
import { repositories, type TestPackage } from "./support/repository";

const topology = planned(seedSettings);
const placeOf = (machine: MachinePlan) => updatePlace(machine, topology.plan);
const leaving: Readonly<Record<string, (machine: MachinePlan) => Leaving>> = {
  edge: () => leavingEdge(topology.edge[1]),
  app: (node) => leavingApp(node, topology.app),
  database: () => leavingDatabase,
  storage: () => leavingStorage,
};
const command = (machine: MachinePlan) => {
  const options = { place: placeOf(machine), leaving: leaving[machine.role]?.(machine) ?? leavingDatabase };
  return updatesSetup(options).files.find(({ path }) => path.endsWith("/platform-upgrade"))?.content ?? "";
};

describe("security updates", () => {
  it("come to no two of 24 machines in the same hour, and to the load balancers hours apart", () => {
    const large = planned({ ...seedSettings, app: { ...seedSettings.app, count: 20 } }).plan;
    const hours = large.machines.map((machine) =>
      Number(updateTimes(updatePlace(machine, large)).upgrade.slice(6, 8)),
    );
    assert.equal(new Set(hours).size, large.machines.length);
    const [first = 0, second = 0] = hours;
    assert.ok(
      Math.min((second - first + 24) % 24, (first - second + 24) % 24) >= 4,
      `${first} and ${second}`,
    );
  });

  it("keep their hour when app nodes are added, and come an hour after the lists", () => {
    const larger = planned({ ...seedSettings, app: { ...seedSettings.app, count: 5 } }).plan;
    for (const machine of topology.plan.machines)
      assert.equal(updatePlace(machine, larger), placeOf(machine), machine.name);
    const { download, upgrade } = updateTimes(placeOf(topology.edge[0]));
    assert.deepEqual([download, upgrade], ["*-*-* 04:17:00 UTC", "*-*-* 05:17:00 UTC"]);
  });

  for (const machine of topology.plan.machines)
    it(`have a command on ${machine.name} that shellcheck accepts`, async function () {
      this.timeout(60_000);
      assert.equal(await shellcheck(command(machine)), "");
    });
});

describe("platform-upgrade", () => {
  /** The script with its locks in a folder of the test, and programs that change nothing in place of the system's. */
  const upgradeWhile = async (
    holding: string | undefined,
    machine: MachinePlan = topology.storage,
    curl = ":",
  ) => {
    const folder = await mkdtemp(join(tmpdir(), "upgrade-"));
    try {
      const program = (name: string, answer: string) =>
        writeFile(join(folder, name), `#!/bin/sh\necho "${name} $*" >>${folder}/calls\n${answer}\n`, {
          mode: 0o755,
        });
      await program("apt-get", ":");
      await program("curl", curl);
      // A oneshot service that runs is "activating", of which systemd says 3.
      await program("systemctl", '[ "$1" != is-active ] || exit 3');
      await writeFile(
        join(folder, "upgrade"),
        command(machine).replaceAll("/run/platform-", `${folder}/platform-`),
      );
      const upgrade = `PATH=${folder}:$PATH bash ${folder}/upgrade --yes 2>&1`;
      const held = `echo 'platform-restore, process 7' >${folder}/${holding}.holder; exec 8>>${folder}/${holding}; flock 8;`;
      const { stdout, exitCode } = await execa("bash", ["-c", `${holding ? held : ""} ${upgrade}`], {
        reject: false,
      });
      return { stdout, exitCode, calls: await readFile(join(folder, "calls"), "utf8") };
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  for (const lock of ["platform-database.lock", "platform-copies.lock"])
    it(`on the storage machine does not begin while a backup or restore holds ${lock}`, async () => {
      const { stdout, exitCode, calls } = await upgradeWhile(lock);
      assert.equal(exitCode, 75, stdout);
      assert.match(stdout, /a backup or restore runs \(platform-restore, process 7\)/);
      assert.doesNotMatch(calls, /upgrade/);
    });

  it("on the storage machine begins when none does", async () => {
    assert.match((await upgradeWhile(undefined)).calls, /apt-get .*upgrade/);
  });

  it("on an app node does not begin while no other node is ready, and keeps serving", async () => {
    const [node] = topology.app;
    const { stdout, exitCode, calls } = await upgradeWhile(undefined, node, "exit 22");
    assert.equal(exitCode, 1, stdout);
    assert.match(stdout, /no other node is ready \(prod-app2\), so this one stays/);
    assert.match(calls, /curl .*http:\/\/10\.0\.2\.12:80\/\.platform\/ready/);
    assert.doesNotMatch(calls, /systemctl stop|apt-get .*upgrade/);
  });

  it("on an app node begins when another one is ready, and on the only one", async () => {
    const node = topology.app[0] as MachinePlan;
    assert.match((await upgradeWhile(undefined, node)).calls, /systemctl stop traefik.*apt-get .*upgrade/s);
    assert.equal(leavingApp(node, [node]).admit, ":");
  });
});

const both = (name: string): readonly [TestPackage, TestPackage] => [
  { name, version: "1.0" },
  { name, version: "2.0" },
];
const [haproxy, openssl, postgresql, other, foreign] = [
  "haproxy",
  "platform-openssl",
  "postgresql-17-probe",
  "vim-probe",
  "foreign",
].map(both);

/** Two sources: what Debian's security archive says of itself, and somebody else's. */
function sources(version: 0 | 1): string {
  const of = (...packages: (readonly [TestPackage, TestPackage] | undefined)[]) =>
    packages.flatMap((pair) => pair?.[version] ?? []);
  const archive = (suite: string, label: string) => ({
    Origin: "Debian",
    Label: label,
    Suite: suite,
    Codename: suite,
  });
  return repositories(
    {
      folder: "/srv/security",
      packages: of(haproxy, openssl, postgresql),
      release: archive("trixie-security", "Debian-Security"),
    },
    { folder: "/srv/main", packages: of(other), release: archive("trixie", "Debian") },
    {
      folder: "/srv/foreign",
      packages: of(foreign),
      release: { Origin: "Somebody", Label: "Somebody", Codename: "trixie-security" },
    },
  );
}

describe("security updates on a booted Debian 13", function () {
  this.timeout(300_000);
  let machine: TestMachine;
  const names = "haproxy platform-openssl postgresql-17-probe vim-probe foreign";
  const versions = async () =>
    Object.fromEntries(
      (await machine.succeed(`dpkg-query -W -f '\${Package} \${Version}\\n' ${names}`))
        .trim()
        .split("\n")
        .map((line) => line.split(" ")),
    );

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("prod-database1", []);
    await machine.succeed(`${sources(0)}\napt-get -qq update && apt-get -qq -y install ${names}`);
    // As the local cloud's image has them.
    await machine.succeed("systemctl mask --now apt-daily.timer apt-daily-upgrade.timer 2>&1");
    await machine.apply(updatesSetup({ place: placeOf(topology.database), leaving: leavingDatabase }));
    await machine.succeed(sources(1));
  });
  after(() => machine?.stop());

  it("run at the machine's own hour and never at boot", async () => {
    const timers = await machine.succeed(
      "systemctl show --property=ActiveState,UnitFileState,TimersCalendar,Persistent,RandomizedDelayUSec apt-daily.timer apt-daily-upgrade.timer",
    );
    assert.equal(timers.match(/ActiveState=active/g)?.length, 2, timers);
    assert.equal(timers.match(/TimersCalendar=/g)?.length, 2, timers);
    const { download, upgrade } = updateTimes(placeOf(topology.database));
    assert.ok(
      timers.includes(`OnCalendar=${download} ;`) && timers.includes(`OnCalendar=${upgrade} ;`),
      timers,
    );
    assert.equal(timers.match(/Persistent=no/g)?.length, 2, timers);
  });

  it("are Debian's own security updates, and leave alone what visitors would notice", async () => {
    const dump = await machine.succeed("apt-config dump Unattended-Upgrade");
    assert.equal(dump.match(/Origins-Pattern:: "/g)?.length, 1, dump);
    await machine.succeed("/usr/lib/apt/apt.systemd.daily update && /usr/lib/apt/apt.systemd.daily install");
    assert.deepEqual(await versions(), {
      foreign: "1.0",
      haproxy: "1.0",
      "platform-openssl": "2.0",
      "postgresql-17-probe": "1.0",
      "vim-probe": "1.0",
    });
  });

  it("that are left alone are named, with what to do before", async () => {
    const state = JSON.parse(await machine.succeed("platform-upgrade --json"));
    assert.deepEqual(state.heldBack.sort(), ["haproxy", "postgresql-17-probe"]);
    assert.deepEqual(state.waiting.sort(), ["foreign", "haproxy", "postgresql-17-probe", "vim-probe"]);
    assert.equal(state.rebootRequired, false);
    assert.ok(state.lastAutomaticRun, JSON.stringify(state));
    const text = await machine.succeed("platform-upgrade");
    assert.match(text, /of these for you +haproxy postgresql-17-probe/);
    assert.match(text, /take a backup first/);
  });

  it("say when a reboot is needed, and which services run old libraries", async () => {
    await machine.succeed(`touch /run/reboot-required
mkdir -p /usr/lib/probe && cp /usr/lib/x86_64-linux-gnu/libz.so.1 /usr/lib/probe/
systemd-run --quiet --unit=old --setenv=LD_PRELOAD=/usr/lib/probe/libz.so.1 sleep 600
for try in {1..100}; do ! grep -q probe /proc/"$(systemctl show --property=MainPID --value old.service)"/maps || break; sleep 0.1; done
rm /usr/lib/probe/libz.so.1`);
    const state = JSON.parse(await machine.succeed("platform-upgrade --json"));
    assert.equal(state.rebootRequired, true);
    assert.deepEqual(state.staleServices, ["old.service"]);
    await machine.succeed("rm /run/reboot-required; systemctl stop old.service");
  });

  it("come by platform-upgrade --yes, with everything else that waits", async () => {
    const busy = await machine.run("exec 8>/run/platform-setup.lock; flock 8; platform-upgrade --yes");
    assert.equal(busy.exitCode, 75, busy.output);
    await machine.succeed("platform-upgrade --yes");
    assert.deepEqual([...new Set(Object.values(await versions()))], ["2.0"]);
    assert.deepEqual(JSON.parse(await machine.succeed("platform-upgrade --json")).waiting, []);
  });

  it("do not begin on a load balancer whose peer does not serve", async () => {
    const run = (prepare: string) =>
      machine.run(
        `cat >/run/upgrade <<'END_OF_SCRIPT'\n${command(topology.edge[0])}\nEND_OF_SCRIPT\n${prepare}\nbash /run/upgrade --yes 2>&1`,
      );
    const alone = await run(":");
    assert.equal(alone.exitCode, 1);
    assert.match(alone.output, /prod-edge2 does not serve, so this one stays/);
    assert.match((await run("bash /run/upgrade nonsense; exit $?")).output, /usage: platform-upgrade/);
  });
});
