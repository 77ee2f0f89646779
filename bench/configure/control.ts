// Where the peers run: in a Debian 13 of their own, the root that the machines are made of, with its Python and its
// OpenSSH, so that neither is the host's. It shares the host's network and processors.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { ensureBaseImage } from "../../localcloud/src/machines/image";
import { cacheDir, type Progress } from "../../toolchain/cacheDir";
import { withLock } from "../../toolchain/lock";
import { type Command, type Measured, measured } from "./measured";

/** The Debian 13 that commands of peers run in. */
export interface ControlRoot {
  readonly image: string;
  /** Python's packages; at `/opt` inside. */
  readonly packages: string;
  /** What a run reads and writes; at `/srv` inside. */
  readonly work: string;
}

const requirements = join(__dirname, "peers", "requirements.txt");

/** Installs what is pinned there by version and checksum, for the Python of the image. */
export async function ensureControlRoot(work: string, progress: Progress): Promise<ControlRoot> {
  const image = await ensureBaseImage(progress);
  const hash = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex")
    .slice(0, 12);
  const packages = cacheDir("bench", `configure-${hash}`);
  await withLock(cacheDir("bench", "configure.lock"), async () => {
    if (existsSync(packages)) return;
    progress("installing ansible-core, Mitogen and pyinfra (once)");
    const partial = `${packages}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    const python = [
      "--python-version=3.13",
      "--implementation=cp",
      "--abi=cp313",
      "--abi=abi3",
      "--abi=none",
    ];
    const platforms = ["manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014"].map(
      (name) => `--platform=${name}_x86_64`,
    );
    await execa("python3", [
      ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"],
      // The host's Python installs them and never runs them.
      "--ignore-requires-python",
      ...["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile", ...python, ...platforms],
      ...["--target", partial, "--requirement", requirements],
    ]);
    // By the Python that runs them: without it each start would compile them again.
    await inControlRoot({ image, packages: partial, work }, compileAll);
    await rename(partial, packages);
  });
  return { image, packages, work };
}

const compileAll: Command = {
  words: ["python3", "-m", "compileall", "-q", "-j0", "/opt"],
  cwd: "/",
  env: {},
};

/** Mounts are of a namespace of their own, and end with it. Root's home is the run's: it has key and known hosts. */
const enter = `root=$1 packages=$2 work=$3
shift 3
mount --bind "$root" /mnt && mount --bind "$work" /mnt/srv && mount --bind "$packages" /mnt/opt &&
  mount --bind "$work/home" /mnt/root && mount -t proc proc /mnt/proc && mount --rbind /dev /mnt/dev &&
  mount -t tmpfs none /mnt/tmp && mount -t tmpfs none /mnt/run || exit 1
set -- chroot /mnt "$@"
`;

/**
 * Runs a peer's command, with nothing of an earlier run alive.
 *
 * @throws when it fails
 */
export function inControlRoot({ image, packages, work }: ControlRoot, command: Command): Promise<Measured> {
  const env = {
    ...{ HOME: "/root", LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin", PYTHONPATH: "/opt" },
    ...command.env,
  };
  const words = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', command.cwd, ...command.words];
  return measured({ words: [image, packages, work, ...words], cwd: "/", env }, enter);
}
