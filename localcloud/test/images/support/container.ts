import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../../../toolchain/cacheDir";
import { withLock } from "../../../../toolchain/lock";
import { defaultStorage } from "../../../src/images/ensureImages";
import { parseReference } from "../../../src/images/reference";
import { startRegistry } from "../../../src/images/registry";

/** What an image tells Docker about running it. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workingDirectory: string;
  readonly ports: readonly string[];
  readonly healthCheck: readonly string[];
}

/** The file system of an image from the registry, mounted and writable. */
export interface MountedImage {
  readonly root: string;
  readonly config: ImageConfig;
  remove(): Promise<void>;
}

export interface RunningContainer {
  readonly pid: number;
  /** Everything that it has printed. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit status, or null after a signal. */
  readonly exited: Promise<number | null>;
}

const storageConfiguration = cacheDir("images", "test-storage.conf");
const environment = { CONTAINERS_STORAGE_CONF: storageConfiguration };

/** Pulls from the stored images, as a machine would, and mounts the result. */
export async function mountImage(reference: string): Promise<MountedImage> {
  const { repository, tag } = parseReference(reference);
  await writeStorageConfiguration();
  const container = await withLock(
    cacheDir("images", "build.lock"),
    async () => {
      const registry = await startRegistry(defaultStorage());
      try {
        const from = `docker://${registry.host}/${repository}:${tag}`;
        return await buildah("from", "--quiet", "--pull-always", "--tls-verify=false", from);
      } finally {
        await registry.stop();
      }
    },
    () => {},
  );
  const inspected = JSON.parse(await buildah("inspect", "--type", "container", container)) as Inspected;
  const root = await buildah("mount", container);
  const remove = async () => {
    await buildah("umount", container);
    await buildah("rm", container);
  };
  return { root, config: imageConfig(inspected.Docker.config), remove };
}

/**
 * Runs the entry point of the image as its user, in its root, on the host's network. A container without
 * namespaces of its own is enough to see whether an image starts.
 */
export function runImage(
  { root, config }: MountedImage,
  settings: Readonly<Record<string, string>>,
  command: readonly string[] = config.command,
): RunningContainer {
  const [user, group] = userOf(config.user);
  // bash, because dash drops environment variables with a dot in their name.
  const prepare = `mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && root="$1" && directory="$2" && shift 2 &&
exec chroot "$root" bash -c 'cd "$1" && shift && exec "$@"' bash "$directory" "$@"`;
  const child = execa(
    "unshare",
    [
      ...["--mount", "bash", "-c", prepare, "bash", root, config.workingDirectory || "/"],
      ...["setpriv", `--reuid=${user}`, `--regid=${group}`, "--clear-groups", "--pdeathsig=KILL"],
      ...[...config.entrypoint, ...command],
    ],
    {
      env: { ...config.environment, ...settings },
      extendEnv: false,
      reject: false,
      all: true,
      buffer: false,
    },
  );
  let text = "";
  child.all?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  if (child.pid === undefined) throw new Error("unshare did not start");
  const exited = once(child, "exit").then(([code]) => code as number | null);
  return { pid: child.pid, output: () => text, signal: (name) => void child.kill(name), exited };
}

async function buildah(...args: string[]): Promise<string> {
  return (await execa("buildah", args, { env: environment })).stdout.trim();
}

async function writeStorageConfiguration(): Promise<void> {
  const folder = cacheDir("images");
  const text = `[storage]\ndriver = "overlay"\ngraphroot = "${join(folder, "storage")}"\nrunroot = "${join(folder, "run")}"\n`;
  await writeFile(storageConfiguration, text);
}

interface Inspected {
  readonly Docker: { readonly config: DockerConfig };
}

interface DockerConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly ExposedPorts?: Readonly<Record<string, unknown>>;
  readonly Healthcheck?: { readonly Test?: readonly string[] };
}

function imageConfig(config: DockerConfig): ImageConfig {
  const pairs = (config.Env ?? []).map((line) => [
    line.slice(0, line.indexOf("=")),
    line.slice(line.indexOf("=") + 1),
  ]);
  return {
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    environment: Object.fromEntries(pairs) as Record<string, string>,
    user: config.User ?? "",
    workingDirectory: config.WorkingDir ?? "",
    ports: Object.keys(config.ExposedPorts ?? {}),
    healthCheck: config.Healthcheck?.Test ?? [],
  };
}

/** The images of this project name users by number, or by one of two names. */
function userOf(user: string): [string, string] {
  const numbers: Record<string, string> = { "": "0", root: "0", node: "1000" };
  const [name = "", group] = user.split(":");
  const id = numbers[name] ?? name;
  return [id, group ?? id];
}
