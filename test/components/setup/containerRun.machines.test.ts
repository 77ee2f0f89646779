import assert from "node:assert/strict";
import { containerRunSetup } from "../../../components/setup/containerRun";
import { shellcheck } from "../../support/shellcheck";
import { type TestMachine, whyNoMachine } from "../roles/database/support/machine";
import { bootDocker, scriptContainers } from "./support/containers";

/** Does what it is told by a file. */
const obedient = `while :; do if [ -s /dev/shm/order ]; then order=$(cat /dev/shm/order); : >/dev/shm/order; eval "$order"; fi; sleep 0.1; done`;

const countTo = (count: number, word: string) => Array.from({ length: count }, (_, i) => `${word} ${i}`);

describe("a container as a unit, with the real Docker", function () {
  this.timeout(180_000);
  let machine: TestMachine;
  const web = (secret: string) => scriptContainers({ name: "web-1", script: obedient, secret });
  const order = (command: string) =>
    machine.succeed(
      `docker exec -i web-1 /bin/bash -c 'while [ -s /dev/shm/order ]; do sleep 0.05; done; cat >/dev/shm/order' <<'END'\n${command}\nEND`,
    );
  const identity = async () =>
    (await machine.succeed("docker inspect -f '{{.Id}} {{.State.StartedAt}}' web-1")).trim();
  /** Waits until the search finds something and answers its lines. */
  const logged = async (search: string) => {
    const found = await machine.succeed(
      `for try in {1..150}; do found=$(journalctl -q -o cat --no-pager ${search} || true); [ -z "$found" ] || break; sleep 0.1; done; printf '%s\\n' "$found"`,
    );
    return found.trimEnd().split("\n");
  };
  const until = (condition: string) =>
    machine.succeed(`for try in {1..150}; do if ${condition}; then exit 0; fi; sleep 0.1; done; exit 1`);

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootDocker("prod-app1");
    await machine.apply(web("first"));
    await until("docker exec web-1 /bin/bash -c :");
  });
  after(() => machine?.stop());

  it("has scripts that shellcheck accepts, and a reader that Perl accepts", async function () {
    this.timeout(60_000);
    for (const { content } of containerRunSetup.files) {
      if (content.startsWith("#!/bin/bash")) assert.equal(await shellcheck(content), "");
    }
    await machine.succeed("perl -c /usr/local/sbin/platform-container-log");
  });

  it("logs under the name of its unit, each line as it was written, without an attached client", async () => {
    const lines = [
      '{"level":"info","msg":"@[1]: odd"}',
      "  two leading spaces",
      "ü € and \ttab",
      "<3>urgent",
    ];
    await order(`cat <<X\n${lines.join("\n")}\nX`);
    await order("echo from standard error >&2");
    await logged("-u web-1 -g 'standard error'");
    const found = await logged("-u web-1 SYSLOG_IDENTIFIER=web-1");
    assert.deepEqual(found, [...lines.slice(0, 3), "urgent", "from standard error"]);
    assert.deepEqual(await logged("-t web-1 -p err"), ["urgent"]);
    assert.equal((await machine.run("pgrep -af 'docker (run|attach|logs)'")).output, "");
  });

  it("B6: goes on while Docker crashes and while it restarts, and no line is lost", async () => {
    const before = await identity();
    const unit = "systemctl show -p ExecMainStartTimestamp -p ActiveEnterTimestamp web-1.service";
    const started = await machine.succeed(unit);
    await order("for ((i = 0; i < 100; i++)); do echo crash $i; sleep 0.1; done");
    await logged("-t web-1 -g 'crash 3$'");
    await machine.succeed("kill -KILL $(pidof dockerd)");
    await logged("-t web-1 -g 'crash 40$'");
    await machine.succeed("systemctl restart docker.service");
    await logged("-t web-1 -g 'crash 99$'");
    assert.deepEqual(await logged("-t web-1 -g '^crash'"), countTo(100, "crash"));
    assert.equal(await identity(), before);
    assert.equal(await machine.succeed(unit), started);
  });

  it("is followed, not replaced, when what follows it is killed", async () => {
    const before = await identity();
    const main = "systemctl show -p MainPID --value web-1.service";
    const pid = (await machine.succeed(main)).trim();
    await machine.succeed(`kill -KILL ${pid}`);
    await until(`pid=$(${main}) && [ "$pid" != 0 ] && [ "$pid" != ${pid} ] && pgrep -f 'docker wait web-1'`);
    assert.equal(await identity(), before);
  });

  it("says why it ended, and starts again", async () => {
    const before = await identity();
    await order("echo fatal: no database; exit 3");
    await until(
      `[ "$(docker inspect -f '{{.Id}} {{.State.StartedAt}}' web-1 2>/dev/null)" != '${before}' ] && docker exec web-1 /bin/bash -c :`,
    );
    assert.deepEqual(await logged("-u web-1 -g 'fatal: no'"), ["fatal: no database"]);
    assert.match((await logged("-u web-1 -g status=")).join("\n"), /status=3/);
  });

  it("is another one when a secret changes, and none is left when the unit stops", async () => {
    const before = await identity();
    await machine.apply(web("second"));
    await until("docker exec web-1 /bin/bash -c :");
    assert.notEqual(await identity(), before);
    assert.match(await machine.succeed("docker inspect -f '{{.Config.Env}}' web-1"), /SECRET=second/);
    await machine.succeed("systemctl stop web-1.service");
    await until('[ -z "$(docker ps -aq)" ]');
  });

  it("that floods is limited, told of by number, and costs its neighbour no line", async () => {
    const flood =
      "for ((i = 0; i < 60000; i++)); do echo flood $i; done; sleep 2; echo after the flood; sleep 1000";
    const steady = "for ((i = 0; i < 200; i++)); do echo steady $i; sleep 0.01; done; sleep 1000";
    // Numbers of this test's scale.
    await machine.succeed(`mkdir -p /etc/systemd/system/platform-container-log@.service.d
printf '[Service]\\nLogRateLimitIntervalSec=1s\\nLogRateLimitBurst=100\\n' >/etc/systemd/system/platform-container-log@.service.d/test.conf
systemctl daemon-reload`);
    await machine.apply(
      scriptContainers({ name: "flood-1", script: flood }, { name: "steady-1", script: steady }),
    );
    await logged("-t flood-1 -g '^after the flood'");
    await logged("-t steady-1 -g '^steady 199'");
    assert.deepEqual(await logged("-t steady-1"), countTo(200, "steady"));
    const kept = (await logged("-t flood-1 -g '^flood'")).length;
    const told = (await logged("-t systemd-journald -g 'Suppressed .*flood-1'")).join("\n");
    const dropped = [...told.matchAll(/Suppressed (\d+) messages/g)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    assert.ok(kept < 30_000, `${kept} lines were kept`);
    assert.equal(kept + dropped, 60_000, told);
  });
});
