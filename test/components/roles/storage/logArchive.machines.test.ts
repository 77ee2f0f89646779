import assert from "node:assert/strict";
import { machineBase } from "../../../../components/machine/base";
import { requestLogSetup, requestLogUnit } from "../../../../components/roles/edge/requestLog";
import {
  journalRemoteConf,
  logArchiveSetup,
  logsScript,
  retentionScript,
} from "../../../../components/roles/storage/logArchive";
import { listenEarlySetup } from "../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../components/setup/merge";
import type { MachineSetup } from "../../../../components/setup/types";
import { keepRunning } from "../../../../components/setup/unit";
import { planned } from "../../../support/planned";
import { seedSettings } from "../../../support/settings";
import { shellcheck } from "../../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../database/support/machine";
import { mountTestVolume } from "./support/nativeStore";

const archive = logArchiveSetup({ privateIp: "10.0.4.11", retentionDays: 30, volumeGb: 100 });

/** The sender's part of what every machine has. */
function senderSetup(): MachineSetup {
  const topology = planned(seedSettings);
  const base = machineBase(topology.storage, topology.plan, seedSettings);
  const isSender = (name: string) => name.includes("journal-upload");
  return {
    packages: [],
    files: base.files.filter(({ path }) => isSender(path)),
    steps: [],
    units: base.units.filter(({ name }) => isSender(name)),
    checks: [],
  };
}

const requests = 3000;

/** A program that logs as HAProxy does, under its name: requests, of which one failed. */
function requestsSetup(): MachineSetup {
  const line = (level: number, text: string) => `echo "<${level}>192.0.2.9 ${text}"`;
  return {
    files: [
      ...requestLogSetup.files,
      keepRunning({ unit: "haproxy.service", ...requestLogUnit }),
      {
        path: "/etc/systemd/system/haproxy.service",
        content: "[Service]\nExecStart=/usr/local/sbin/requests\n",
      },
      {
        path: "/usr/local/sbin/requests",
        mode: "0755",
        content: `#!/bin/bash
${line(6, "id-first")}
systemctl start platform-request-log.socket
for ((number = 1; number <= ${requests}; number++)); do ${line(6, "id-$number.")}; done
${line(3, "failed id-bad")}
echo "on standard error" >&2
exec sleep infinity
`,
      },
    ],
  };
}

describe("logArchiveSetup", () => {
  it("renders scripts that shellcheck accepts", async function () {
    this.timeout(60_000);
    for (const script of [logsScript, retentionScript(30, 1_000_000_000)])
      assert.equal(await shellcheck(script), "");
  });

  for (const [volumeGb, limit] of [
    [10, "2000000000"],
    [2000, "400000000000"],
    [3, "600000000"],
  ] as const) {
    it(`takes at most a fifth of ${volumeGb} GB`, () => {
      const text = journalRemoteConf({ privateIp: "10.0.4.11", retentionDays: 1, volumeGb });
      assert.match(text, new RegExp(`^MaxUse=${limit}$`, "m"));
    });
  }
});

describe("S0-19: the log archive, for real", function () {
  this.timeout(300_000);
  let machine: TestMachine;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("prod-storage1", ["10.0.4.11"]);
    await machine.succeed(mountTestVolume);
    await machine.apply(mergeSetups(listenEarlySetup, archive, senderSetup(), requestsSetup()));
  });
  after(() => machine?.stop());

  /** Waits until the search finds something and answers it. */
  const search = (options: string) =>
    machine.succeed(
      `for attempt in $(seq 100); do found=$(platform-logs ${options} || true); [ -z "$found" ] || break; sleep 0.1; done; echo "$found"`,
    );

  it("S3-24: finds a line by host, text and program", async () => {
    await machine.succeed("logger -t shop 'order 4711 was paid'");
    assert.match(await search('--grep 4711 --host "$(hostname)"'), / shop\[\d+\]: order 4711 was paid/);
    assert.match(await search("--unit shop --since '1 hour ago'"), /order 4711/);
    await machine.succeed("systemd-run --quiet --wait --unit=web-1 echo 'request 4714 was served'");
    assert.match(await search('--unit web-1 --host "$(hostname)" --grep 4714'), /request 4714 was served/);
    assert.equal((await machine.run("platform-logs --unit web-1 --host nobody")).output, "");
    assert.equal((await machine.run("platform-logs --grep 4711 --host nobody")).output, "");
  });

  it("has every request of a load balancer by its id alone, though they lie by the hundred in one entry", async () => {
    await machine.succeed("perl -c /usr/local/sbin/platform-request-log && systemctl start haproxy");
    assert.match(
      await search("--unit haproxy --grep 'ID-BAD|id-bad'"),
      /^\S+ \S+ haproxy\[\d+\]: 192\.0\.2\.9 failed id-bad$/,
    );
    await search(`--unit haproxy --grep 'id-${requests}\\.'`);
    const lines = await search("--unit haproxy --since '1 hour ago'");
    for (const id of ["first", "1\\.", "1500\\.", `${requests}\\.`]) {
      const pattern = new RegExp(`^\\S+ \\S+ haproxy\\[\\d+\\]: 192\\.0\\.2\\.9 id-${id}$`, "gm");
      assert.equal(lines.match(pattern)?.length, 1, id);
      assert.match(await search(`--host "$(hostname)" --grep 'ID-${id}|id-${id}'`), /^[^\n]+ id-\S+$/);
    }
    assert.equal(lines.match(/ id-\d+\.$/gm)?.length, requests);
    const entries = await machine.succeed("journalctl -q -u haproxy -o json --no-pager | wc -l");
    assert.ok(Number(entries) < requests / 20, `${entries} entries`);
  });

  it("has what failed at a load balancer as an error, and what its program says besides", async () => {
    const errors = await machine.succeed("journalctl -q -u haproxy -p err -o cat --no-pager");
    assert.equal(errors.trim(), "192.0.2.9 failed id-bad");
    assert.match(await search("--unit haproxy --grep 'on standard error'"), /on standard error/);
  });

  it("keeps what was written while it was down", async () => {
    await machine.succeed("systemctl stop systemd-journal-remote.socket systemd-journal-remote.service");
    await machine.succeed("logger -t shop 'order 4712 came meanwhile'");
    await machine.succeed("systemctl start systemd-journal-remote.socket systemd-journal-remote.service");
    assert.match(await search("--grep 4712"), /order 4712 came meanwhile/);
  });

  it("removes what is older than the retention and goes on receiving", async () => {
    await machine.succeed("platform-log-retention");
    const archived = await machine.succeed("cd /srv/storage/logs && ls remote-*@*.journal");
    await machine.succeed(
      "cd /srv/storage/logs && touch -d '40 days ago' remote-*@*.journal && platform-log-retention",
    );
    for (const file of archived.trim().split("\n")) {
      assert.equal((await machine.run(`test -e /srv/storage/logs/${file}`)).exitCode, 1, file);
    }
    await machine.succeed("logger -t shop 'order 4713 after retention'");
    assert.match(await search("--grep 4713"), /order 4713/);
    assert.equal((await machine.run("platform-logs --grep 4711")).output, "");
  });

  it("takes the set-up's entry on a machine that runs for long, in whatever file it comes to lie", async () => {
    const old = `printf '__REALTIME_TIMESTAMP=%s\\n__MONOTONIC_TIMESTAMP=2000000\\n_BOOT_ID=%s\\n_HOSTNAME=%s\\nMESSAGE=long ago\\n\\n' "$(date -d '20 minutes ago' +%s%6N)" "$(tr -d - </proc/sys/kernel/random/boot_id)" "$(hostname)"`;
    await machine.succeed(
      `${old} | curl -fsS -H 'Content-Type: application/vnd.fdo.journal' -H 'Expect:' --data-binary @- http://10.0.4.11:19532/upload`,
    );
    await machine.succeed("platform-log-retention");
    for (const { command } of archive.checks) await machine.succeed(command);
  });

  it("S3: is limited to its share of the volume", async () => {
    const merged = await machine.succeed("systemd-analyze cat-config systemd/journal-remote.conf");
    assert.match(merged, /^MaxUse=20000000000$/m);
  });

  it("never takes more than its share with files of days that are younger than the retention", async () => {
    const limit = 40 * 1024 * 1024;
    const script = retentionScript(3650, limit);
    // Ten days of 8 MiB, and what is being written: twice what it may take.
    await machine.succeed(`cd /srv/storage/logs
platform-log-retention
for day in {1..9}; do
  name=remote-10.0.2.11@2026010\${day}T000700Z.journal
  head -c 8M /dev/urandom >$name && touch -d "\${day} days ago" $name
done
logger -t shop 'order 4715 while it is full'`);
    // A file that is begun after the limit was kept takes its 8 MiB at once: the next hour's run sees it.
    assert.match(await search("--grep 4715"), /order 4715/);
    await machine.succeed(`cat >/run/retention <<'END_OF_SCRIPT'
${script}
END_OF_SCRIPT
bash /run/retention`);
    const kept = await machine.succeed(
      "cd /srv/storage/logs && du --summarize --block-size=1 . && ls remote-10.0.2.11@*",
    );
    const [used, ...names] = kept.trim().split("\n");
    assert.ok(Number.parseInt(used ?? "", 10) <= limit, kept);
    // Those of the fewest days ago are the newest, and the most that fit.
    assert.ok(names.includes("remote-10.0.2.11@20260101T000700Z.journal"), kept);
    assert.ok(!names.includes("remote-10.0.2.11@20260109T000700Z.journal"), kept);
    assert.match(await search("--grep 4715"), /order 4715/);
    await machine.succeed("rm -f /srv/storage/logs/remote-10.0.2.11@*");
  });

  it("fails with its usage on unknown options", async () => {
    for (const command of ["platform-logs --colour", "platform-logs --host"]) {
      assert.equal((await machine.run(command)).exitCode, 64);
    }
  });

  it("listens on the private address only", async () => {
    const listening = await machine.succeed("ss -Hltn | awk '{print $4}' | grep 19532");
    assert.equal(listening.trim(), "10.0.4.11:19532");
  });
});
