// A local cloud with machines whose daemon dies under a running engine, and how to tell that nothing is wrong after.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import { execa } from "execa";
import { readStatus } from "../../localcloud/src/control/socket";
import { leftovers } from "../../localcloud/src/linuxHost/remove";
import { findInit } from "../../localcloud/src/machines/boot";
import { localCloudSettings } from "../../localcloud/src/settings/cloud";
import { namesOf } from "../../localcloud/src/settings/names";
import { ownLab } from "../../localcloud/test/machines/lab";
import { type CloudClient, cloudClient } from "../../scripts/cloudClient";
import { repair } from "../../scripts/repair";
import { type AnswerProxy, startAnswerProxy } from "../support/answerProxy";
import { eventually } from "../support/eventually";
import { hcloudStack } from "../support/hcloudStack";
import { crashProgram, namedKinds } from "./crashProgram";

interface Row {
  readonly id: number;
  readonly name: string;
}

const root = join(__dirname, "../..");

export class CrashLab {
  readonly environment = ownLab("crash", 11);
  readonly settings = localCloudSettings(this.environment);
  private readonly cloud: CloudClient;

  private constructor(
    readonly stack: Stack,
    /** Between the engine and the daemon. */
    readonly proxy: AnswerProxy,
    private readonly folder: string,
  ) {
    this.cloud = cloudClient(
      `http://127.0.0.1:${this.settings.apiPort}/v1`,
      this.settings.tokens.local ?? "",
    );
  }

  static async start(): Promise<CrashLab> {
    const settings = localCloudSettings(ownLab("crash", 11));
    await command(ownLab("crash", 11), "up");
    const proxy = await startAnswerProxy(settings.apiPort);
    const folder = await mkdtemp(join(tmpdir(), "localcloud-crash-"));
    const stack = await hcloudStack({
      ...{ stackName: "crash", projectName: "crash", program: crashProgram(1), folder },
      endpoint: `http://127.0.0.1:${proxy.port}/v1`,
      token: settings.tokens.local ?? "",
      pollInterval: "100ms",
    });
    return new CrashLab(stack, proxy, folder);
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await command(this.environment, "down");
    assert.deepEqual(await leftovers(this.settings), []);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Kills the daemon and starts another one. @returns whether there was one */
  async killDaemon(): Promise<boolean> {
    const status = await readStatus(this.settings);
    if (status === undefined) return false;
    process.kill(status.pid, "SIGKILL");
    await command(this.environment, "up");
    return true;
  }

  /** What an operator does after an `up` that failed. @returns what it told */
  async repair(): Promise<string[]> {
    await this.allActionsEnd();
    const lines: string[] = [];
    await repair(this.stack, { cloud: this.cloud, hetzner: this.cloud }, (line) => lines.push(line));
    return lines;
  }

  async rowsOf(kind: string): Promise<readonly Row[]> {
    const answer = (await this.cloud("GET", `/${kind}?per_page=50`)) as Record<string, Row[]>;
    return answer[kind] ?? [];
  }

  async allActionsEnd(): Promise<void> {
    const running = async () =>
      ((await this.cloud("GET", "/servers/actions?status=running")) as { actions: object[] }).actions;
    await eventually(async () => (await running()).length === 0, "every action ends", { limitMs: 180_000 });
  }

  /** The first version of the program once more, and nothing to do after that. */
  async assertConverges(): Promise<void> {
    await this.allActionsEnd();
    await this.stack.refresh();
    this.stack.workspace.program = crashProgram(1);
    await this.stack.up();
    await this.stack.up({ expectNoChanges: true });
    await this.stack.refresh({ expectNoChanges: true });
  }

  async assertNothingLostOrDoubled(): Promise<void> {
    const servers = await this.rowsOf("servers");
    assert.equal(servers.length, 3);
    for (const { id, name } of servers) {
      assert.ok((await findInit(this.settings, id)) !== undefined, `${name} runs`);
    }
    const folders = await readdir(this.settings.paths.machines);
    assert.deepEqual(folders.sort(), servers.map(({ id }) => String(id)).sort());
    const { stdout } = await execa("ip", ["netns", "list"]);
    const namespaces = stdout.split("\n").map((line) => line.split(" ")[0] ?? "");
    const machines = namespaces.filter(
      (name) => /-m\d+$/.test(name) && name.startsWith(`${this.settings.name}-`),
    );
    assert.deepEqual(machines.sort(), servers.map(({ id }) => namesOf(this.settings).machine(id)).sort());
    const volumes = (await this.rowsOf("volumes")).map(({ id }) => id);
    const files = (await readdir(this.settings.paths.volumes)).map((file) => Number.parseInt(file, 10));
    assert.deepEqual([...new Set(files)].sort(), volumes.sort());
    const addresses = (await this.rowsOf("primary_ips")).map((row) => (row as Row & { ip: string }).ip);
    assert.equal(new Set(addresses).size, addresses.length);
    const processes = await execa(
      "pgrep",
      ["--count", "--full", `^(/usr/bin/)?systemd-nspawn .*${this.settings.paths.machines}/`],
      {
        reject: false,
      },
    );
    assert.equal(Number(processes.stdout), servers.length, "one supervisor for each machine");
  }

  async assertDestroys(): Promise<void> {
    await this.stack.destroy();
    for (const kind of namedKinds) assert.deepEqual(await this.rowsOf(kind), [], kind);
    assert.deepEqual(await readdir(this.settings.paths.machines), []);
  }
}

async function command(env: Record<string, string>, ...args: string[]): Promise<void> {
  const result = await execa(
    process.execPath,
    ["--import", "tsx", join(root, "localcloud/src/cli/main.ts"), ...args],
    {
      cwd: root,
      env,
      reject: false,
    },
  );
  assert.equal(result.exitCode, 0, result.stderr);
}
