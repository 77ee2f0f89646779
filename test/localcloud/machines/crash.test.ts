import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { execa } from "execa";
import { readStatus } from "../../../localcloud/control/socket";
import { findInit } from "../../../localcloud/machines/boot";
import { leftovers } from "../../../localcloud/machines/remove";
import { namesOf } from "../../../localcloud/network/names";
import { localCloudSettings } from "../../../localcloud/settings";
import { cloudClient } from "../../../scripts/cloudClient";
import { ensurePulumiHome } from "../../../toolchain/pulumiHome";
import { crashProgram, namedKinds } from "./crashProgram";
import { ownLab, whyNoMachines } from "./lab";
import { randomFrom } from "./random";

/** How often the daemon is killed; the whole proof takes 50 and about a quarter of an hour. */
const points = Number(process.env.CRASH_POINTS ?? 6);
const seed = Number(process.env.CRASH_SEED ?? 4);

interface Row {
  readonly id: number;
  readonly name: string;
  readonly private_net?: readonly { readonly network: number }[];
}

describe(`local cloud killed ${points} times under a running pulumi up`, function () {
  this.timeout((5 + points) * 60_000);
  const environment = ownLab("crash", 11);
  const settings = localCloudSettings(environment);
  const endpoint = `http://127.0.0.1:${settings.apiPort}/v1`;
  const cloud = cloudClient(endpoint, settings.tokens.local ?? "");
  const random = randomFrom(seed);
  const root = join(__dirname, "../../..");
  let folder: string;
  let stack: Stack;
  let kills = 0;
  let lostAnswers = 0;

  const command = async (...args: string[]) => {
    const result = await execa(
      process.execPath,
      ["--import", "tsx", join(root, "localcloud/cli.ts"), ...args],
      { cwd: root, env: environment, reject: false },
    );
    assert.equal(result.exitCode, 0, result.stderr);
  };

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    const home = await ensurePulumiHome((line) => console.error(line));
    await command("up");
    folder = await mkdtemp(join(tmpdir(), "localcloud-crash-"));
    stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "crash", projectName: "crash", program: crashProgram(1) },
      {
        workDir: folder,
        pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(home.bin)) }),
        envVars: {
          ...home.env,
          PULUMI_BACKEND_URL: `file://${folder}`,
          PULUMI_CONFIG_PASSPHRASE: "test",
          HCLOUD_ENDPOINT: endpoint,
          HETZNER_ENDPOINT: endpoint,
        },
      },
    );
    await stack.setAllConfig({
      "hcloud:endpoint": { value: endpoint },
      "hcloud:token": { value: settings.tokens.local ?? "", secret: true },
      "hcloud:pollInterval": { value: "100ms" },
      "hcloud:pollFunction": { value: "constant" },
    });
  });

  after(async () => {
    if (whyNoMachines() !== undefined) return;
    await command("down");
    assert.deepEqual(await leftovers(settings), []);
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const rowsOf = async (kind: string): Promise<readonly Row[]> => {
    const answer = (await cloud("GET", `/${kind}?per_page=50`)) as Record<string, Row[]>;
    return answer[kind] ?? [];
  };

  /** Runs the engine while the daemon dies at random moments, as often as the count allows. */
  const underFire = async (work: () => Promise<unknown>): Promise<boolean> => {
    let ended = false;
    const run = work().then(
      () => true,
      () => false,
    );
    const watched = run.finally(() => {
      ended = true;
    });
    while (!ended && kills < points) {
      await Promise.race([watched, setTimeout(200 + random() * 4_000)]);
      if (ended) break;
      const status = await readStatus(settings);
      if (status === undefined) continue;
      process.kill(status.pid, "SIGKILL");
      kills++;
      await command("up");
    }
    return run;
  };

  /**
   * A create whose answer was lost exists in the cloud and not in the state, at Hetzner too. An operator removes
   * it by its name. Of an attachment the provider would take over what it finds, with addresses of an older wish.
   */
  const removeUnknown = async () => {
    await allActionsEnd();
    const exported = await stack.exportStack();
    const resources = (exported.deployment.resources ?? []) as { id?: string }[];
    const known = new Set(resources.map(({ id }) => id));
    for (const kind of namedKinds) {
      for (const { id } of await rowsOf(kind)) {
        if (known.has(String(id))) continue;
        lostAnswers++;
        await cloud("DELETE", `/${kind}/${id}`);
      }
    }
    await allActionsEnd();
    for (const { id, private_net: nets = [] } of await rowsOf("servers")) {
      for (const { network } of nets) {
        if (known.has(`${id}-${network}`)) continue;
        lostAnswers++;
        await cloud("POST", `/servers/${id}/actions/detach_from_network`, { network });
      }
    }
    await allActionsEnd();
  };

  const allActionsEnd = async () => {
    for (const deadline = Date.now() + 120_000; ; ) {
      const running = (await cloud("GET", "/servers/actions?status=running")) as { actions: object[] };
      if (running.actions.length === 0) return;
      assert.ok(Date.now() < deadline, `actions without end: ${JSON.stringify(running.actions)}`);
      await setTimeout(100);
    }
  };

  it("ends every action, and the same program converges", async () => {
    for (let round = 1; kills < points; round++) {
      stack.workspace.program = crashProgram((round % 2) + 1);
      const succeeded = await underFire(() => stack.up());
      if (!succeeded) await removeUnknown();
    }
    console.log(`      ${kills} kills, ${lostAnswers} creates whose answer was lost, seed ${seed}`);
    await allActionsEnd();
    await stack.refresh();
    stack.workspace.program = crashProgram(1);
    await stack.up();
    await stack.up({ expectNoChanges: true });
    await stack.refresh({ expectNoChanges: true });
  });

  it("has lost and doubled no machine, address or volume", async () => {
    const servers = await rowsOf("servers");
    assert.equal(servers.length, 3);
    for (const { id, name } of servers) {
      assert.ok((await findInit(settings, id)) !== undefined, `${name} runs`);
    }
    const folders = await readdir(settings.paths.machines);
    assert.deepEqual(folders.sort(), servers.map(({ id }) => String(id)).sort());
    const { stdout } = await execa("ip", ["netns", "list"]);
    const namespaces = stdout.split("\n").map((line) => line.split(" ")[0] ?? "");
    const machines = namespaces.filter((name) => /-m\d+$/.test(name) && name.startsWith(`${settings.name}-`));
    assert.deepEqual(machines.sort(), servers.map(({ id }) => namesOf(settings).machine(id)).sort());
    const volumes = (await rowsOf("volumes")).map(({ id }) => id);
    const files = (await readdir(settings.paths.volumes)).map((file) => Number.parseInt(file, 10));
    assert.deepEqual([...new Set(files)].sort(), volumes.sort());
    const addresses = (await rowsOf("primary_ips")).map((row) => (row as Row & { ip: string }).ip);
    assert.equal(new Set(addresses).size, addresses.length);
    const processes = await execa(
      "pgrep",
      ["--count", "--full", `^(/usr/bin/)?systemd-nspawn .*${settings.paths.machines}/`],
      {
        reject: false,
      },
    );
    assert.equal(Number(processes.stdout), servers.length, "one supervisor for each machine");
  });

  it("destroys everything after that", async () => {
    await stack.destroy();
    for (const kind of namedKinds) assert.deepEqual(await rowsOf(kind), [], kind);
    assert.deepEqual(await readdir(settings.paths.machines), []);
  });
});
