// One service logs 20,000 lines a second for half a minute: what the others log reaches the archive whole.
import assert from "node:assert/strict";
import { machineBase } from "../../components/machine/base";
import { logArchiveSetup, logLimitBytes } from "../../components/roles/storage/logArchive";
import { listenEarlySetup } from "../../components/setup/listenEarly";
import { mergeSetups } from "../../components/setup/merge";
import type { MachineSetup } from "../../components/setup/types";
import { type TestMachine, whyNoMachine } from "../components/roles/database/support/machine";
import { mountTestVolume } from "../components/roles/storage/support/nativeStore";
import { bootDocker, scriptContainers } from "../components/setup/support/containers";
import { planned } from "../support/planned";
import { seedSettings } from "../support/settings";
import { drillNumbers } from "./support/record";

const volumeGb = 10;
/** Bursts of 2000 lines, ten in a second. */
const bursts = Number(process.env.DRILL_BURSTS ?? 300);
const flooded = bursts * 2000;
const steadyLines = 800;
const steady = ["api-1", "web-1", "worker-1"];

const flood = `for ((burst = 0; burst < ${bursts}; burst++)); do printf "flood $burst %s\\n" {1..2000}; sleep 0.095; done; sleep 15; echo the flood is over; sleep 1000`;
const lines = `for ((line = 0; line < ${steadyLines}; line++)); do echo "line $line of $HOSTNAME"; sleep 0.05; done; echo done; sleep 1000`;

/** The sender's part of what every machine has. */
function sender(): MachineSetup {
  const topology = planned(seedSettings);
  const base = machineBase(topology.storage, topology.plan, seedSettings);
  const isSender = ({ path = "", name = "" }: { readonly path?: string; readonly name?: string }) =>
    `${path}${name}`.includes("journal-upload");
  return {
    packages: [],
    files: base.files.filter(isSender),
    steps: [],
    units: base.units.filter(isSender),
    checks: [],
  };
}

describe(`drill: one service logs ${flooded} lines as fast as 20,000 a second`, function () {
  this.timeout(600_000);
  let machine: TestMachine;
  const count = async (search: string) =>
    Number(
      await machine.succeed(
        `journalctl --directory=/srv/storage/logs -q -o cat --no-pager ${search} | wc -l`,
      ),
    );
  const bytes = async (folder: string) =>
    Number(await machine.succeed(`du --summarize --total --block-size=1 ${folder} | tail -n 1 | cut -f1`));

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootDocker("prod-app1");
    await machine.succeed(`ip address add 10.0.4.11/32 dev lo\n${mountTestVolume}`);
    const archive = logArchiveSetup({ privateIp: "10.0.4.11", retentionDays: 30, volumeGb });
    const containers = steady.map((name) => ({ name, script: lines }));
    const services = scriptContainers(...containers, { name: "flood-1", script: flood });
    await machine.apply(mergeSetups(listenEarlySetup, archive, sender(), services));
  });
  after(() => machine?.stop());

  it("ends, and the archive has what came after it", async () => {
    await machine.succeed(
      `for try in {1..1200}; do ! journalctl --directory=/srv/storage/logs -q -t flood-1 -g '^the flood is over' --no-pager | grep -q . || exit 0; sleep 0.25; done; exit 1`,
    );
  });

  for (const name of steady) {
    it(`cost ${name} no line`, async () => {
      await machine.succeed(
        `for try in {1..400}; do ! journalctl --directory=/srv/storage/logs -q -t ${name} -g '^done$' --no-pager | grep -q . || exit 0; sleep 0.25; done; exit 1`,
      );
      assert.equal(await count(`-t ${name} -g '^line [0-9]+ of ${name}$'`), steadyLines);
    });
  }

  it("was limited, and every line of it is in the archive or counted as dropped", async () => {
    const kept = await count("-t flood-1 -g '^flood '");
    const told = await machine.succeed(
      "journalctl --directory=/srv/storage/logs -q -o cat --no-pager -t systemd-journald -g 'Suppressed .*flood-1'",
    );
    const dropped = [...told.matchAll(/Suppressed (\d+) messages/g)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    drillNumbers({ flooded, kept, dropped });
    assert.equal(kept + dropped, flooded, told);
    assert.ok(kept < flooded / 2, `${kept} lines were kept`);
  });

  it("filled no disk", async () => {
    const [archive, journal] = [await bytes("/srv/storage/logs"), await bytes("/var/log/journal")];
    drillNumbers({ archiveMb: Math.round(archive / 1e6), journalMb: Math.round(journal / 1e6) });
    assert.ok(archive < logLimitBytes(volumeGb), `${archive} bytes`);
    assert.ok(journal < 1e9, `${journal} bytes`);
  });
});
