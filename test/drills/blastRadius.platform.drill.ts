// Each store is stopped in turn: what still answers, and whether somebody is told. Writes the table of the failure model.
import assert from "node:assert/strict";
import { publish } from "../../bench/publish";
import { eventually, fromInternet, must, onMachine } from "../e2e/support/cloud";
import { curl, platformIsUp, url } from "../e2e/support/platform";
import { type Answered, type Radius, radiusTable } from "./blastRadius/table";
import { drillNumbers } from "./support/record";

const asked = 20;

/** What each path needs of the stores, by the sample application's own word. */
const needs: Readonly<Record<string, readonly string[]>> = {
  "/": [],
  "/whoami": [],
  "/api/whoami": [],
  "/api/items": ["PostgreSQL"],
  "/api/search?q=tree": ["Elasticsearch"],
  "/api/objects/none": ["object store"],
  "/admin/whoami": ["PostgreSQL", "Valkey"],
};

/** Only who is looked for and not there gets 404. */
const good = (path: string) => (path === "/api/objects/none" ? "404" : "200");

const stores: Readonly<Record<string, { readonly machine: string; readonly unit: string }>> = {
  PostgreSQL: { machine: "local-database1", unit: "postgresql@17-main.service" },
  Valkey: { machine: "local-database1", unit: "valkey-server.service" },
  Elasticsearch: { machine: "local-database1", unit: "elasticsearch.service" },
  "object store": { machine: "local-storage1", unit: "object-store.service" },
};

async function ask(path: string): Promise<Answered> {
  const once = `${curl()} -o /dev/null -w '%{http_code} %{time_total}\\n' '${url()}${path}'`;
  const { stdout } = await fromInternet(`for i in {1..${asked}}; do ${once} || true; done`, 300);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  const statuses: Record<string, number> = {};
  for (const [status = "none"] of lines) statuses[status] = (statuses[status] ?? 0) + 1;
  const times = lines.map(([, seconds]) => 1000 * Number(seconds)).sort((left, right) => left - right);
  return { path, statuses, medianMs: times[Math.floor(times.length / 2)] ?? 0 };
}

async function askAll(away: string): Promise<Radius> {
  const answers: Answered[] = [];
  for (const path of Object.keys(needs)) answers.push(await ask(path));
  return { away, answers };
}

const onlyStatus = ({ statuses }: Answered) => Object.keys(statuses).join(" and ");

function untilAllAnswer(): Promise<Radius> {
  return eventually("everything answers", 120, async () => {
    const radius = await askAll("none");
    return radius.answers.every((answer) => onlyStatus(answer) === good(answer.path)) ? radius : undefined;
  });
}

describe("drill: one store is away", function () {
  this.timeout("30m");
  const measured: Radius[] = [];

  before("the platform is up, and everything answers", async () => {
    await platformIsUp();
    measured.push(await untilAllAnswer());
  });
  after("what was measured is printed and written down", async () => {
    console.log(`\n${radiusTable(measured)}\n`);
    if (measured.length === Object.keys(stores).length + 1)
      await publish("blast-radius", radiusTable(measured), "docs/failure-model.md");
  });

  for (const [name, { machine, unit }] of Object.entries(stores)) {
    it(`S4-16: without ${name} everything answers that does not need it, and its machine says that it is away`, async () => {
      await must(machine, `systemctl stop ${unit}`);
      try {
        assert.notEqual((await onMachine(machine, `systemctl is-active --quiet ${unit}`)).exitCode, 0);
        const radius = await askAll(name);
        measured.push(radius);
        for (const answer of radius.answers) {
          const expected = needs[answer.path]?.includes(name) ? "503" : good(answer.path);
          assert.equal(onlyStatus(answer), expected, answer.path);
          drillNumbers({
            [`${name} ${answer.path}`]: `${onlyStatus(answer)}, ${Math.round(answer.medianMs)} ms`,
          });
        }
        const { exitCode } = await onMachine(machine, "platform-status");
        assert.notEqual(exitCode, 0, "platform-status says nothing");
      } finally {
        await must(machine, `systemctl start ${unit}`);
      }
      await untilAllAnswer();
    });
  }
});
