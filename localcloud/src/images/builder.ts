import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { cacheDir, type Progress } from "../../../toolchain/cacheDir";
import { ensureHostPackages } from "../linux/hostPackages";
import { parseReference } from "./reference";

export interface BuildRequest {
  /** Docker Hub reference that the image gets. */
  readonly reference: string;
  /** Folder with everything that the container file copies. */
  readonly context: string;
  readonly containerfile: string;
  readonly arguments?: Readonly<Record<string, string>>;
  /** `/host:/container:ro` while `RUN` steps run; not part of the image. */
  readonly volumes?: readonly string[];
}

export interface Builder {
  /** Builds and pushes; answers the digest. @throws with the last lines of a failed build */
  build(request: BuildRequest, progress: Progress): Promise<string>;
  /** Copies an image from Docker Hub; answers the digest. */
  pull(reference: string): Promise<string>;
}

/** Where official images are copied from. */
export interface Hub {
  readonly host: string;
  /** False only for a registry on loopback. */
  readonly tls: boolean;
}

const dockerHub: Hub = { host: "docker.io", tls: true };

/**
 * buildah and skopeo against the registry on `host`, which also is their source of base images. One at a
 * time: the caller holds the lock of the images folder.
 */
export async function createBuilder(host: string, hub: Hub = dockerHub): Promise<Builder> {
  await ensureHostPackages(["buildah", "skopeo", "uidmap"]);
  const folder = cacheDir("images");
  await mkdir(folder, { recursive: true });
  const environment = {
    CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
    CONTAINERS_STORAGE_CONF: join(folder, "storage.conf"),
  };
  // A copy must come from the hub itself, not from the local registry that stands in for it.
  const direct = { CONTAINERS_REGISTRIES_CONF: join(folder, "registries-direct.conf") };
  await writeFile(direct.CONTAINERS_REGISTRIES_CONF, "");
  await writeFile(environment.CONTAINERS_REGISTRIES_CONF, mirror(host));
  await writeFile(environment.CONTAINERS_STORAGE_CONF, storageConfiguration(folder));
  const policy = join(folder, "policy.json");
  await writeFile(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  const run = runner(environment);
  // A build that was killed could not remove the container that it worked in, which stays mounted.
  await run("buildah", ["rm", "--all"]);
  return {
    build: (request, progress) => buildAndPush(run, host, policy, request, progress),
    pull: (reference) => pullAndPush(runner({ ...environment, ...direct }), policy, hub, host, reference),
  };
}

type Run = (command: string, args: readonly string[], onLine?: (line: string) => void) => Promise<string>;

async function buildAndPush(
  run: Run,
  host: string,
  policy: string,
  request: BuildRequest,
  progress: Progress,
): Promise<string> {
  const { repository, tag } = parseReference(request.reference);
  const name = `docker.io/${repository}:${tag}`;
  const buildArguments = Object.entries(request.arguments ?? {}).map(([key, value]) => `${key}=${value}`);
  await run(
    "buildah",
    [
      ...["bud", "--isolation", "chroot", "--signature-policy", policy],
      // Docker's own format: the OCI one has no health check.
      ...["--format", "docker", "--layers", "--force-rm", "--pull-always", "--timestamp", "0"],
      ...buildArguments.flatMap((argument) => ["--build-arg", argument]),
      ...(request.volumes ?? []).flatMap((volume) => ["--volume", volume]),
      ...["--file", request.containerfile, "--tag", name, request.context],
    ],
    (line) => {
      if (/^(\[\d+\/\d+\] )?STEP /.test(line)) progress(`${request.reference}: ${line}`);
    },
  );
  const digestFile = join(cacheDir("images"), "digest");
  await run("buildah", [
    ...["push", "--quiet", "--tls-verify=false", "--signature-policy", policy, "--digestfile", digestFile],
    ...[name, `docker://${host}/${repository}:${tag}`],
  ]);
  const digest = (await readFile(digestFile, "utf8")).trim();
  await rm(digestFile);
  return digest;
}

async function pullAndPush(
  run: Run,
  policy: string,
  hub: Hub,
  host: string,
  reference: string,
): Promise<string> {
  const { repository, tag } = parseReference(reference);
  const name = `${repository}:${tag}`;
  const platform = ["--policy", policy, "--override-os", "linux", "--override-arch", "amd64"];
  await run("skopeo", [
    ...[...platform, "copy", "--quiet", `--src-tls-verify=${hub.tls}`, "--dest-tls-verify=false"],
    ...[`docker://${hub.host}/${name}`, `docker://${host}/${name}`],
  ]);
  const inspect = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}"];
  return (await run("skopeo", [...platform, ...inspect, `docker://${host}/${name}`])).trim();
}

function runner(environment: Readonly<Record<string, string>>): Run {
  return async (command, args, onLine) => {
    // The kernel ends the build with this process, so that an interrupted run leaves nothing behind.
    const child = execa("setpriv", ["--pdeathsig", "TERM", command, ...args], {
      env: environment,
      all: true,
      reject: false,
      maxBuffer: 20_000_000,
    });
    if (onLine !== undefined && child.all !== undefined) {
      createInterface({ input: child.all }).on("line", onLine);
    }
    const result = await child;
    if (result.failed) {
      const last = (result.all ?? "").split("\n").slice(-15).join("\n");
      throw new Error(`${command} ${args[0]} failed with status ${result.exitCode}:\n${last}`);
    }
    return result.stdout;
  };
}

/** Base images come from the local registry first, so that closed networks build as open ones do. */
function mirror(host: string): string {
  return `unqualified-search-registries = ["docker.io"]
short-name-mode = "disabled"

[[registry]]
prefix = "docker.io"
location = "docker.io"

[[registry.mirror]]
location = "${host}"
insecure = true
`;
}

function storageConfiguration(folder: string): string {
  return `[storage]
driver = "overlay"
graphroot = "${join(folder, "storage")}"
runroot = "${join(folder, "run")}"
`;
}
