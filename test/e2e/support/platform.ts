import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parseDocument } from "yaml";
import { localCloudSettings } from "../../../localcloud/src/settings/cloud";
import type { Deployment } from "../../../scripts/deployment";
import { untilServed, visitedOf } from "../../../scripts/localCertificate";
import { localStack, localStackName, projectRoot, pulumiEnvironment } from "../../../scripts/localStack";
import { deployLocal } from "../../../scripts/localUp";

/** What `/whoami` of the sample application answers. */
export interface WhoAmI {
  readonly node: string;
  readonly service: string;
  readonly replica: string;
  readonly values: Readonly<Record<"postgresql" | "redis" | "elasticsearch" | "objectStore", unknown>>;
  readonly session?: { readonly visits: number };
}

let lastDeployment: Deployment | undefined;

/**
 * `pulumi up` of the local stack, with changes to its configuration when some are given; visitors have its certificate
 * when it returns.
 *
 * @param secrets values that are set as `pulumi config set --secret` does
 */
export async function up(
  changes: Readonly<Record<string, unknown>> = {},
  secrets: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  const progress =
    process.env.CI === undefined ? (line: string) => process.stderr.write(`    ${line}\n`) : () => {};
  const deployment = await withConfiguration(changes, async (file) => {
    const stack = await localStack();
    for (const [key, value] of Object.entries(secrets)) await setSecret(file, key, value);
    return deployLocal(stack, progress, file);
  });
  const visited = visitedOf(deployment);
  if (visited !== undefined)
    await untilServed(visited, progress, secrets.certificate === undefined ? "issued" : "any");
  lastDeployment = deployment;
  return deployment;
}

async function setSecret(file: string, key: string, input: string): Promise<void> {
  const { env, pulumi } = await pulumiEnvironment(localCloudSettings());
  const set = ["config", "set", "--secret", `hetzner-platform:${key}`];
  await execa(pulumi, [...set, "--stack", localStackName, "--config-file", file], {
    cwd: projectRoot,
    env,
    input,
  });
}

/** Brings the platform up unless this test run has done so: any file of tests can run alone. */
export async function platformIsUp(): Promise<void> {
  if (lastDeployment === undefined) await up();
}

/** URL that visitors use, as the last `up` answered it. */
export function url(): string {
  return String(deployed().outputs.url);
}

/** The floating IP, to which the name of the URL leads. */
export function virtualIp(): string {
  return String(deployed().outputs.virtualIp);
}

/** The addresses of IPv6 beside it, where the last `up` made some. */
export function virtualIpv6s(): readonly string[] {
  return (deployed().outputs.virtualIpv6s ?? []) as readonly string[];
}

/** curl of a visitor who finds the platform's name in DNS, and believes the authority that its certificate is from. */
export function curl(address = virtualIp()): string {
  const { hostname } = new URL(url());
  const found = [80, 443].map((port) => `--resolve ${hostname}:${port}:${address}`).join(" ");
  return `curl -sS --max-time 10 --cacert ${localCloudSettings().paths.acmeRoots} ${found}`;
}

function deployed(): Deployment {
  if (lastDeployment === undefined) throw new Error("the platform is not up");
  return lastDeployment;
}

/**
 * A copy of the local stack's file with other values; `{ "app.count": 3 }` changes `hetzner-platform:app`.
 * The copy disappears with the work.
 */
async function withConfiguration<T>(
  changes: Readonly<Record<string, unknown>>,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const document = parseDocument(await readFile(join(projectRoot, "Pulumi.local.yaml"), "utf8"));
  for (const [path, value] of Object.entries(changes)) {
    const [key = "", ...rest] = path.split(".");
    document.setIn(["config", `hetzner-platform:${key}`, ...rest], value);
  }
  const folder = await mkdtemp(join(tmpdir(), "hetzner-platform-stack-"));
  try {
    const file = join(folder, "Pulumi.local.yaml");
    await writeFile(file, document.toString());
    return await work(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
