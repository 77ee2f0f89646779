import assert from "node:assert/strict";
import { execa } from "execa";
import { isCalendarExpression, nextElapse } from "../../../components/settings/calendar";
import { isLabel } from "../../../components/settings/leaves";
import { renderSetup } from "../../../components/setup/render";
import { isTakenUnit } from "../../../components/setup/unitNames";
import { describePlatform } from "../../../components/views/description";
import { renderTree } from "../../../components/views/tree";
import { planned } from "../../support/planned";
import { bootMachine, type TestMachine, whyNoMachine } from "../roles/database/support/machine";
import { whyNoDebian13 } from "../roles/edge/support/debian13";
import { type Accepted, accepted } from "./support/accepted";
import { anyCalendar } from "./support/calendars";
import { judgedByPostgres, startPostgres } from "./support/databases";
import { distinct, judgedBySystemd, judgedInChroot, judgedInMachine, type Rendered } from "./support/judges";
import { type RenderedMachine, renderMachines } from "./support/machines";
import { random } from "./support/random";
import { judgedByTraefik } from "./support/traefik";
import { chosenSeeds, untried } from "./support/triedKeys";
import { anyValues } from "./support/values";

/**
 * Whatever the configuration accepts renders to files that the real programs accept. The gate judges the same cases
 * every time, the drill `anyConfiguration` many others.
 */
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const count = Number(process.env.PROPERTY_CASES ?? 24);

/** In the place of what a machine makes itself, where a configuration names it. */
const standInCertificates = `for path in $(grep -o '/etc/platform/tiers/[a-zA-Z0-9./-]*' "$1" | tr -d ';' | sort -u); do
  [ -e "$path" ] || { mkdir -p "$(dirname "$path")"; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=stand-in -keyout - -out - 2>/dev/null >"$path"; }
done`;

interface Case extends Accepted {
  readonly seed: number;
  readonly machines: readonly RenderedMachine[];
}

describe(`whatever the configuration accepts works, seeds ${firstSeed} to ${firstSeed + count - 1}`, function () {
  this.timeout(240_000 + count * 2000);
  const cases: Case[] = [];
  let files: Rendered[] = [];

  before(() => {
    for (const seed of chosenSeeds(firstSeed, count)) {
      const case_ = withSeed(seed, () => accepted(anyValues(random(seed))));
      const secrets = case_.values.secrets as Readonly<Record<string, string>>;
      const machines = withSeed(seed, () => renderMachines(case_.settings, secrets));
      cases.push({ ...case_, seed, machines });
    }
    files = cases.flatMap(({ seed, machines }) =>
      machines.flatMap(({ setup }) => setup.files.map((file) => ({ seed, file }))),
    );
  });

  it("tries every key that there is, and much that is refused", () => {
    assert.deepEqual(
      untried(cases.map(({ seed }) => seed)),
      [],
      "teach test/components/stack/support/values.ts these keys",
    );
    assert.ok(cases.reduce((sum, { refused }) => sum + refused, 0) > 2 * cases.length);
  });

  it("is described, and names its machines as the kernel and Hetzner allow", () => {
    for (const { seed, settings } of cases) {
      const topology = planned(settings);
      withSeed(seed, () => renderTree(describePlatform(settings, topology.plan)));
      for (const { hostname } of topology.plan.machines) {
        assert.match(hostname, /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, `seed ${seed}`);
      }
    }
  });

  it("hands every variable to its container in a line that Docker reads", () => {
    for (const { seed, file } of distinct(files, /^\/etc\/platform\/[^/]+\.env$/)) {
      const lines = file.content.split("\n").slice(0, -1);
      for (const line of lines) {
        assert.match(line, /^[A-Za-z_][A-Za-z0-9_]*=/, `seed ${seed}, ${file.path}`);
        assert.ok(Buffer.byteLength(line) < 65_536, `seed ${seed}, ${file.path}: ${line.length} characters`);
      }
    }
    for (const { seed, file } of distinct(files, /\.service$/)) {
      const hostname = /--hostname=(\S+)/.exec(file.content)?.[1] ?? "";
      assert.ok(hostname.length <= 63, `seed ${seed}: ${hostname}`);
    }
  });

  it("is a script that bash reads", async () => {
    for (const { seed, machines } of cases) {
      // One machine of each case: a script of a hundred variables is long.
      const machine = machines[seed % machines.length];
      assert.ok(machine);
      const input = renderSetup(machine.plan.hostname, machine.setup);
      const { stderr } = await execa("bash", ["-n"], { input, reject: false });
      assert.equal(stderr, "", `seed ${seed}, ${machine.plan.name}`);
    }
  });

  describe("judged by the programs of Debian 13", () => {
    before(function () {
      if (whyNoDebian13() !== undefined) this.skip();
    });

    for (const [program, pattern, command] of [
      ["HAProxy", /\/haproxy\.cfg$/, `${standInCertificates}; haproxy -c -q -f "$1"`],
      [
        "nginx",
        /\/nginx\.conf$/,
        // It binds to addresses that only the real machine has.
        `${standInCertificates}; echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind; nginx -t -q -c "$1"`,
      ],
      ["nftables", /\.nft$/, 'nft --check --file "$1"'],
    ] as const) {
      it(`${program} accepts it`, async () => {
        const rendered = distinct(files, pattern);
        assert.ok(rendered.length > 3, `${rendered.length} files`);
        assert.deepEqual(await judgedInChroot(rendered, command), []);
      });
    }
  });

  describe("judged by a machine", () => {
    let machine: TestMachine;
    before(async function () {
      if (whyNoMachine() !== undefined) this.skip();
      machine = await bootMachine("judge", ["10.0.3.11"]);
    });
    after(() => machine?.stop());

    it("systemd accepts every unit", async () => {
      assert.deepEqual(await judgedBySystemd(machine, files), []);
    });

    it("every unit that Debian has is a name that no container can have", async () => {
      const listed = await machine.succeed("systemctl list-unit-files --type=service --no-legend --plain");
      const names = listed.split("\n").flatMap((line) => /^([^@\s]+)\.service/.exec(line)?.[1] ?? []);
      assert.ok(names.length > 20);
      // Database and web servers have these from packages; a container of that name on another machine is welcome.
      const installed = ["nginx", "postgresql", "redis-server", "valkey-server"];
      const free = names.filter((name) => isLabel(name) && !isTakenUnit(name));
      assert.deepEqual(
        free.filter((name) => !installed.includes(name)),
        [],
      );
    });

    it("the backups' timer elapses", async () => {
      const timers = distinct(files, /platform-backup\.timer$/);
      assert.ok(timers.length > 3);
      const command = `spec=$(sed -n 's/^OnCalendar=//p' "$1"); next=$(TZ=UTC systemd-analyze calendar --iterations=1 "$spec" | sed -n 's/.*Next elapse: //p'); [ -n "$next" ] && [ "$next" != never ]`;
      assert.deepEqual(await judgedInMachine(machine, timers, command), []);
    });

    it("rclone, sshd and Docker's files are read", async () => {
      const read = async (pattern: RegExp, command: string) => {
        const rendered = distinct(files, pattern);
        assert.ok(rendered.length > 0, String(pattern));
        assert.deepEqual(await judgedInMachine(machine, rendered, command), []);
      };
      await read(/\/rclone\.conf$/, 'rclone --config="$1" config dump | jq -e . >/dev/null');
      await read(/\/sshd_config\.d\//, 'sshd -t -f "$1"');
      await read(/\/daemon\.json$/, 'jq -e . "$1" >/dev/null');
    });

    it("PostgreSQL makes every database and lets its application in", async () => {
      await startPostgres(machine);
      const names = new Set(cases.map(({ settings }) => settings.database.databaseName));
      assert.ok(names.size > 3);
      // Each takes a dozen sessions.
      assert.deepEqual(await judgedByPostgres(machine, [...names].slice(0, count / 6)), []);
    });

    it("Traefik enables every router", async () => {
      const rendered = distinct(files, /\/dynamic\/services\.yaml$/);
      assert.ok(rendered.length > 3);
      assert.deepEqual(await judgedByTraefik(machine, rendered), []);
    });

    it("systemd and the configuration agree about schedules", async () => {
      const expressions = Array.from({ length: count * 10 }, (_, index) =>
        anyCalendar(random(firstSeed * 1_000_003 + index)),
      );
      const utc = expressions.map((text) => (text.endsWith("UTC") ? text : `${text} UTC`));
      const now = new Date();
      const output = await machine.succeed(`while read -r spec; do
  if next=$(TZ=UTC LC_ALL=C systemd-analyze calendar --iterations=1 "$spec" 2>/dev/null); then
    sed -n 's/.*Next elapse: //p' <<<"$next"
  else
    echo refused
  fi
done <<'END'\n${utc.join("\n")}\nEND`);
      const theirs = output.trim().split("\n");
      assert.equal(theirs.length, expressions.length);
      const different = expressions.flatMap((expression, index) => {
        const judged = theirs[index] ?? "";
        return agrees(expression, judged, now) ? [] : [`${expression}: systemd says ${judged}`];
      });
      assert.deepEqual(different, []);
    });
  });
});

/** Judged a moment earlier or later, an expression of seconds elapses at another one. */
function agrees(expression: string, judged: string, now: Date): boolean {
  if (judged === "refused") return !isCalendarExpression(expression);
  const next = nextElapse(expression, now);
  if (judged === "never") return isCalendarExpression(expression) && next === undefined;
  const time = Date.parse(judged.replace(/^\w+ /, "").replace(" UTC", "Z").replace(" ", "T"));
  return (
    next !== undefined &&
    (Math.abs(next.getTime() - time) < 60_000 || nextElapse(expression, new Date(time - 1000)) !== undefined)
  );
}

function withSeed<T>(seed: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
