import assert from "node:assert/strict";
import { eventually, fromInternet, listeningPorts, must, onMachine } from "./support/cloud";
import { curl, platformIsUp, url } from "./support/platform";

const machines = [
  "local-edge1",
  "local-edge2",
  "local-app1",
  "local-app2",
  "local-database1",
  "local-storage1",
];

describe("storage node", function () {
  this.timeout("10m");
  before("the platform is up", platformIsUp);

  it("S0-15: nothing but storage, backups and the log archive runs on the storage node", async () => {
    const containers = await must("local-storage1", "docker ps --format '{{.Names}}'");
    assert.equal(containers, "object-store");
    // SSH, object store and log archive.
    assert.deepEqual(await listeningPorts("local-storage1"), [22, 9000, 19532]);
  });

  it("S0-16: the volume has the configured capacity and is mounted", async () => {
    const gigabytes = Number(
      await must("local-storage1", "df --output=size -B 1000000000 /srv/storage | tail -1"),
    );
    assert.ok(gigabytes >= 2000 * 0.93, `${gigabytes} GB`);
    assert.match(await must("local-storage1", "findmnt -no SOURCE,FSTYPE /srv/storage"), /ext4/);
  });

  it("S0-17: the app tier puts, gets, replaces and deletes objects, and versions stay", async () => {
    const object = `${url()}/api/objects/e2e.txt`;
    const put = (text: string) =>
      fromInternet(`${curl()} -f -X PUT -H 'content-type: text/plain' --data '${text}' ${object}`);
    assert.equal((await put("first")).exitCode, 0);
    assert.equal((await put("second")).exitCode, 0);
    assert.equal((await fromInternet(`${curl()} -f ${object}`)).stdout, "second");
    assert.equal((await fromInternet(`${curl()} -f -X DELETE ${object}`)).exitCode, 0);
    const gone = await fromInternet(`${curl()} -o /dev/null -w '%{http_code}' ${object}`);
    assert.equal(gone.stdout, "404");
    const versions = await must(
      "local-storage1",
      "rclone --config=/etc/platform/backup/rclone.conf lsf --recursive --s3-versions objects:app | grep -c e2e-v || true",
    );
    assert.ok(Number(versions) >= 2, `${versions} versions of a deleted object`);
  });

  it("S0-18: the backup service dumps to the storage node, verified", async () => {
    await must("local-storage1", "systemctl start platform-backup.service", 300);
    const last = await must("local-storage1", "cat /srv/storage/backups/last-success");
    await must(
      "local-storage1",
      `cd /srv/storage/backups/${last} && sha256sum --check --quiet --strict SHA256SUMS`,
    );
    const next = await must(
      "local-storage1",
      "systemctl show -p NextElapseUSecRealtime --value platform-backup.timer",
    );
    assert.match(next, /02:00:00/);
  });

  it("S0-23: a dump runs on the storage node at low priority; the database node only answers a session", async () => {
    const sql = (query: string) =>
      must("local-database1", `runuser -u postgres -- psql -XAtd app <<'SQL'\n${query}\nSQL`);
    // A table that is locked holds the dump, so that it can be looked at.
    await must(
      "local-database1",
      `runuser -u postgres -- psql -XqAtd app -c 'begin; lock table items; select pg_sleep(300)' >/dev/null 2>&1 &
until runuser -u postgres -- psql -XAtc "select 1 from pg_locks where mode = 'AccessExclusiveLock' and granted and relation is not null" | grep -q 1; do sleep 0.1; done`,
    );
    try {
      await must("local-storage1", "systemctl start --no-block platform-backup.service");
      const session = await eventually("pg_dump has a session", 60, async () => {
        const query = "select distinct client_addr from pg_stat_activity where application_name = 'pg_dump';";
        return (await sql(query)) || undefined;
      });
      assert.equal(session, "10.0.4.11");
      const dumping = "pgrep -x pg_dump || true";
      assert.equal(await must("local-database1", dumping), "", "pg_dump must not run on the database node");
      const [process] = (await must("local-storage1", dumping)).split("\n");
      assert.match(process ?? "", /^\d+$/, "pg_dump runs on the storage node");
      const priority = await must("local-storage1", `ps -o ni= -p ${process}; ionice -p ${process}`);
      assert.deepEqual(priority.split("\n"), ["10", "idle"]);
    } finally {
      await sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(300)%' and pid <> pg_backend_pid();",
      );
    }
    await must("local-storage1", "systemctl start platform-backup.service", 300);
  });

  it("S0-28: a backup is restored into a database of its own and holds the same rows", async () => {
    await must("local-storage1", "platform-restore --target-database restored_e2e", 300);
    const content = (database: string) =>
      must(
        "local-database1",
        `runuser -u postgres -- psql -XAtd ${database} -c "select count(*), md5(string_agg(items::text, ',' order by id)) from items"`,
      );
    assert.match(await content("app"), /^[1-9]\d*\|[0-9a-f]{32}$/);
    assert.equal(await content("restored_e2e"), await content("app"));
    await must("local-database1", "runuser -u postgres -- psql -XAtc 'drop database restored_e2e'");
  });

  it("S0-19: a log line of every machine is found in the archive", async () => {
    for (const machine of machines) await must(machine, `logger -t e2e 'marker of ${machine}'`);
    for (const machine of machines) {
      await eventually(`the line of ${machine} is in the archive`, 60, async () => {
        const found = await onMachine(
          "local-storage1",
          `platform-logs --since '10 minutes ago' --grep 'marker of ${machine}'`,
        );
        return found.stdout.includes(`marker of ${machine}`) || undefined;
      });
    }
  });

  /** The id of a request that somebody made with this word in its address, as the load balancers logged it. */
  const idOf = (word: string) =>
    eventually(`a load balancer's line of ${word} is in the archive`, 60, async () => {
      const { stdout } = await onMachine("local-storage1", `platform-logs --unit haproxy --grep '${word}'`);
      return / ([0-9a-f-]{36})$/m.exec(stdout)?.[1];
    });

  const admin = (verb: string) => () =>
    Promise.all(["local-app1", "local-app2"].map((node) => must(node, `systemctl ${verb} admin-1.service`)));
  for (const { what, request, status, path, programs, breaks, mends } of [
    {
      what: "takes more than a second",
      request: () => `head -c 65536 /dev/zero | ${curl()} --limit-rate 40K -X PUT --data-binary @-`,
      path: "/api/objects/slow.bin",
      status: "20[01]",
      programs: ["haproxy", "traefik", "api-[12]"],
    },
    {
      what: "fails in the service",
      request: () => `${curl()} -X PUT --data x`,
      path: "/api/objects/failed.txt",
      status: "503",
      programs: ["haproxy", "traefik", "api-[12]"],
      breaks: () => must("local-storage1", "docker pause object-store"),
      mends: () => must("local-storage1", "docker unpause object-store"),
    },
    {
      what: "finds no replica",
      request: () => `${curl()} -X POST --data x`,
      path: "/admin/whoami",
      status: "50[23]",
      programs: ["haproxy", "traefik"],
      breaks: admin("stop"),
      // A replica that has started is not ready yet, and what comes next expects a platform that is whole.
      mends: async () => {
        await admin("start")();
        for (const node of ["local-app1", "local-app2"])
          await eventually(`the replicas of ${node} are ready`, 60, async () => {
            const { exitCode } = await onMachine(node, "platform-status --json");
            return exitCode === 0 || undefined;
          });
      },
    },
  ] as const) {
    it(`a request that ${what} is found by its id on every machine that it passed`, async () => {
      const word = `word-${Date.now()}`;
      try {
        await breaks?.();
        const asking = `${request()} -H 'content-type: text/plain' -o /dev/null -w '%{http_code}' --max-time 30`;
        const { stdout } = await fromInternet(`${asking} '${url()}${path}?${word}'`);
        assert.match(stdout, new RegExp(`^${status}$`));
      } finally {
        await mends?.();
      }
      const id = await idOf(word);
      for (const program of programs) {
        await eventually(`the line of ${program} is in the archive`, 60, async () => {
          const { stdout: lines } = await onMachine("local-storage1", `platform-logs --grep '${id}'`);
          return (
            new RegExp(`^\\S+ local-(?:edge|app)\\d ${program}\\[\\d+\\]: .*${id}`, "m").test(lines) ||
            undefined
          );
        });
      }
    });
  }

  for (const [machine, command, expected] of [
    ["local-database1", "platform-status", /^postgresql .*primary/m],
    ["local-edge1", "platform-status", /^floating IP +up, /m],
    ["local-app1", "platform-status", /^replicas +up, (\d+) of \1 ready/m],
    ["local-storage1", "platform-backup", /^backup \d{8}T\d{6}Z: \d+ bytes/m],
    ["local-storage1", "platform-status", /^backup +up, success/m],
    ["local-storage1", "platform-restore --list", /^\d{8}T\d{6}Z$/m],
    [
      "local-storage1",
      "platform-restore --target-database one_command",
      /^restored \d{8}T\d{6}Z into one_command/m,
    ],
    ["local-database1", "platform-promote", /^\S+ is the primary already .*: nothing to promote$/m],
  ] as const) {
    it(`S0-29: one command on ${machine}: ${command}`, async () => {
      const { stdout, stderr, exitCode } = await onMachine(machine, command, 300);
      await must(
        "local-database1",
        "runuser -u postgres -- psql -qXAtc 'drop database if exists one_command'",
      );
      assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
      assert.match(stdout, expected);
    });
  }

  it("S0-29: status fails when something is down, and says what", async () => {
    await must(
      "local-storage1",
      "systemctl stop systemd-journal-remote.socket systemd-journal-remote.service",
    );
    try {
      const { stdout, exitCode } = await onMachine("local-storage1", "platform-status");
      assert.equal(exitCode, 1);
      assert.match(stdout, /^log archive +DOWN/m);
    } finally {
      await must("local-storage1", "systemctl start systemd-journal-remote.socket");
    }
  });
});
