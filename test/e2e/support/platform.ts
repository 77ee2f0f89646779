import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parseDocument } from "yaml";
import { localCloudSettings } from "../../../localcloud/src/settings/cloud";
import { type Deployment, deploy } from "../../../scripts/deployment";
import { localStack, localStackName, projectRoot, pulumiEnvironment } from "../../../scripts/localStack";

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
 * `pulumi up` of the local stack, with changes to its configuration when some are given.
 *
 * @param secrets values that are set as `pulumi config set --secret` does
 */
export async function up(
  changes: Readonly<Record<string, unknown>> = {},
  secrets: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  const progress =
    process.env.CI === undefined ? (line: string) => process.stderr.write(`    ${line}\n`) : () => {};
  lastDeployment = await withConfiguration(changes, async (file) => {
    const stack = await localStack();
    for (const [key, value] of Object.entries(secrets)) await setSecret(file, key, value);
    return deploy(stack, progress, file);
  });
  return lastDeployment;
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

/** Address that visitors use, as the last `up` answered it. */
export function url(): string {
  if (lastDeployment === undefined) throw new Error("the platform is not up");
  return String(lastDeployment.outputs.url);
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
