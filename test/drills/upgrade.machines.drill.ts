// A platform of a former commit becomes today's in place, under load; destroys the local platform first and last.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Stack } from "@pulumi/pulumi/automation";
import { execa } from "execa";
import { down } from "../../localcloud/src/daemon/down";
import { up as localCloudUp, whyNoLocalCloud } from "../../localcloud/src/daemon/up";
import { ensureImages } from "../../localcloud/src/images/ensureImages";

import { localCloudSettings } from "../../localcloud/src/settings/cloud";
import { type Deployment, deploy } from "../../scripts/deployment";
import { localStack, localStackName, projectRoot, pulumiEnvironment } from "../../scripts/localStack";
import { ensureLocalZone } from "../../scripts/localUp";
import { repairStack } from "../../scripts/repairStack";
import { eventually, fromInternet, must, servers } from "../e2e/support/cloud";
import { describeLoad, startLoad } from "../e2e/support/load";
import { beforeTheRoles, checkOut, type FormerProgram } from "../program/support/formerProgram";
import { drillNumbers } from "./support/record";

/** UPGRADE_FROM=COMMIT npm run drill -- upgrade */
const commit = process.env.UPGRADE_FROM ?? beforeTheRoles;
/** Longest time in which no visitor gets an answer: the edge changes one machine after the other. */
const longestGapMs = 30_000;
const printed = (line: string) => process.stderr.write(`    ${line}\n`);

/** What must be the same thing afterwards: by Hetzner's id, and by its value where a resource is a value. */
const lasting = /:(Server|Volume|FloatingIp|Network|NetworkSubnet|RandomPassword|RandomBytes)$/;

interface StateResource {
  readonly type: string;
  readonly urn: string;
  readonly id?: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Name by identity: `Server 17`, or `RandomPassword` and what its value is known by. */
async function lastingResources(): Promise<ReadonlyMap<string, string>> {
  const { env, pulumi } = await pulumiEnvironment(localCloudSettings());
  const command = ["stack", "export", "--show-secrets", "--stack", localStackName];
  const { stdout } = await execa(pulumi, command, { cwd: projectRoot, env });
  const { deployment } = JSON.parse(stdout) as { deployment: { resources: readonly StateResource[] } };
  const kept = deployment.resources.filter(({ type }) => lasting.test(type));
  return new Map(kept.map((resource) => [identity(resource), resource.urn.split("::").at(-1) ?? ""]));
}

function identity({ type, id, outputs = {} }: StateResource): string {
  const kind = type.split(":").at(-1);
  if (!type.startsWith("random:")) return `${kind} ${id}`;
  const value = JSON.stringify(outputs.result ?? outputs.base64);
  return `${kind} ${createHash("sha256").update(value).digest("hex").slice(0, 12)}`;
}

/** Host names change with the roles; addresses in the private network do not. */
function machineAt({ outputs }: Deployment, privateIp: string): string {
  const machines = outputs.machines as readonly { readonly name: string; readonly privateIp: string }[];
  const found = machines.find((machine) => machine.privateIp === privateIp);
  assert.ok(found !== undefined, `no machine has ${privateIp}`);
  return found.name;
}

const database = (deployment: Deployment) => machineAt(deployment, "10.0.3.11");
const storage = (deployment: Deployment) => machineAt(deployment, "10.0.4.11");

const sql = (machine: string, text: string, name = "app") =>
  must(machine, `runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d ${name}`, 120, text);

/** Both programs answer over HTTP under this name: today's has no certificate before an ACME server gives it one. */
const site = "http://platform.test";
const addressOf = ({ outputs }: Deployment) => new URL(String(outputs.endpoint)).hostname;
const curl = (deployment: Deployment) =>
  `curl -sS --max-time 10 --resolve platform.test:80:${addressOf(deployment)}`;

describe(`upgrade of a platform that the program of ${commit} made`, function () {
  this.timeout("2h");
  let former: FormerProgram | undefined;
  let [isReady, hadCloud] = [false, false];
  let held: ReadonlyMap<string, string>;
  let first: Deployment;
  let second: Deployment;
  let backup = "";
  const open = (workDir?: string): Promise<Stack> => localStack(printed, workDir);

  before("the platform is up as that commit made it, with data in its stores", async function () {
    if (whyNoLocalCloud() !== undefined) this.skip();
    hadCloud = (await servers().catch(() => [])).length > 0;
    await ensureImages(printed);
    await localCloudUp(printed);
    const left = await open();
    // A drill that was stopped may have left its lock, and resources on their way.
    await repairStack(left, printed);
    await left.destroy({ color: "never", onOutput: () => {} });
    former = await checkOut(commit);
    first = await deploy(await open(former.folder), printed);
    isReady = true;
    await sql(
      database(first),
      "set role app; create table upgrade_drill (v text); insert into upgrade_drill values ('kept');",
    );
    const put = `${curl(first)} -f -X PUT -H 'content-type: text/plain' --data kept`;
    assert.equal((await fromInternet(`${put} ${site}/api/objects/upgrade.txt`)).exitCode, 0);
    await must(database(first), "logger -t upgrade 'marker of the former name'");
    await must(storage(first), "systemctl start platform-backup.service", 600);
    backup = await must(storage(first), "cat /srv/storage/backups/last-success");
    held = await lastingResources();
    assert.ok(held.size >= 20, `${held.size} resources that last`);
  });

  after(async () => {
    await former?.remove();
    if (!isReady) return;
    await (await open()).destroy({ color: "never", onOutput: () => {} });
    if (!hadCloud) await down(printed);
  });

  it("goes through while visitors get answers", async () => {
    await ensureLocalZone();
    const load = startLoad(`${site}/api/whoami`, 4, 3_600, undefined, { address: addressOf(first) });
    second = await open()
      .then((stack) => deploy(stack, printed))
      .finally(() => load.stop());
    const visitors = await load.result;
    console.log(`      upgrade: ${describeLoad(visitors)}; ${JSON.stringify(second.changes)}`);
    drillNumbers({
      requests: visitors.requests,
      failed: visitors.failed,
      longestGapMs: visitors.longestGapMs,
      seconds: Math.round((second.end - second.start) / 1000),
    });
    assert.ok(visitors.longestGapMs < longestGapMs, describeLoad(visitors));
  });

  it("replaces and deletes no server, volume, address, network, subnet and no password", async () => {
    const after = await lastingResources();
    const lost = [...held].filter(([id]) => !after.has(id)).map(([id, name]) => `${id} ${name}`);
    assert.deepEqual(lost, []);
    assert.equal(after.size, held.size, "something was made a second time");
    const operations = second.spans
      .filter(({ urn }) => lasting.test(urn.split("::")[2] ?? ""))
      .map(({ urn, operation }) => `${operation} ${urn.split("::").at(-1)}`);
    assert.deepEqual(
      operations.filter((line) => !line.startsWith("update ")),
      [],
    );
  });

  it("calls the machines as they are called now, in the cloud and on themselves", async () => {
    const machines = second.outputs.machines as readonly { readonly name: string }[];
    const names = machines.map(({ name }) => name).sort();
    assert.deepEqual((await servers()).map(({ name }) => name).sort(), names);
    for (const name of names) assert.equal(await must(name, "hostnamectl --static"), name);
  });

  it("leaves rows, objects and backups where they were", async () => {
    assert.equal(await sql(database(second), "select v from upgrade_drill"), "kept");
    const object = await fromInternet(`${curl(second)} -f ${site}/api/objects/upgrade.txt`);
    assert.equal(object.stdout, "kept");
    const machine = storage(second);
    assert.match(await must(machine, "platform-restore --list"), new RegExp(backup));
    await must(machine, `platform-restore --backup ${backup} --target-database upgrade_drill`, 600);
    assert.equal(await sql(database(second), "select v from upgrade_drill", "upgrade_drill"), "kept");
    await must(machine, "systemctl start platform-backup.service", 600);
    assert.notEqual(await must(machine, "cat /srv/storage/backups/last-success"), backup);
  });

  it("finds what machines logged under their former names", async () => {
    await must(database(second), "logger -t upgrade 'marker of the new name'");
    for (const [marker, host] of [
      ["the new name", database(second)],
      ["the former name", database(first)],
    ] as const) {
      await eventually(`the line of ${marker} is found`, 60, async () => {
        const lines = await must(
          storage(second),
          `platform-logs --since '3 hours ago' --grep 'marker of ${marker}'`,
        );
        return lines.includes(host) || undefined;
      });
    }
  });

  it("serves every path of the application", async () => {
    for (const path of ["/", "/admin", "/api/whoami", "/whoami"]) {
      await eventually(`200 at ${path}`, 60, async () => {
        const asked = `${curl(second)} -o /dev/null -w '%{http_code}' ${site}${path}`;
        return (await fromInternet(asked)).stdout === "200" || undefined;
      });
    }
  });

  it("is over: another up changes nothing", async () => {
    const third = await deploy(await open(), printed);
    assert.deepEqual(Object.keys(third.changes), ["same"]);
  });
});
