import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { renderSetup } from "../../../../../components/setup/render";
import type { MachineSetup } from "../../../../../components/setup/types";
import { ensureHostPackages } from "../../../../../localcloud/src/linux/hostPackages";
import { enterArguments } from "../../../../../localcloud/src/machines/guest";
import { cacheDir } from "../../../../../toolchain/cacheDir";
import { withLock } from "../../../../../toolchain/lock";
import { joinGroups, removeGroups } from "./controlGroups";
import { dataRoot, type RootRecipe } from "./dataRoot";

const firstStage = ["ca-certificates", "curl", "dbus", "iproute2", "procps", "systemd", "systemd-sysv"];

/** Why this host cannot boot a Debian 13 machine, or undefined when it can. */
export function whyNoMachine(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  return process.getuid?.() === 0 ? undefined : "needs root, to boot a Debian 13 machine";
}

/** Root file system with the packages; built once in about two minutes, never written to afterwards. */
async function machineRoot({ name, packages, install, input }: RootRecipe): Promise<string> {
  const recipe = [...firstStage, ...packages, install, input].join("\n");
  const root = cacheDir(`debian13-${name}-${createHash("sha256").update(recipe).digest("hex").slice(0, 8)}`);
  await mkdir(cacheDir(), { recursive: true });
  await withLock(
    `${root}.lock`,
    async () => {
      if (existsSync(root)) return;
      await ensureHostPackages(["debootstrap", "systemd-container"]);
      const partial = await mkdtemp(`${root}-`);
      // It becomes the machine's root folder, which every user must be able to enter.
      await chmod(partial, 0o755);
      try {
        await execa("debootstrap", [
          "--variant=minbase",
          `--include=${firstStage.join(",")}`,
          "trixie",
          partial,
        ]);
        // Creating the database cluster needs /proc and shared memory, which a bare chroot lacks.
        const inside = ["--quiet", "--register=no", "--keep-unit", "--pipe", "--directory", partial];
        await execa("systemd-nspawn", [...inside, "/bin/bash", "-c", install], {
          input,
          env: cleanEnvironment,
          extendEnv: false,
        });
        await rename(partial, root);
      } finally {
        await rm(partial, { recursive: true, force: true });
      }
    },
    () => {},
  );
  return root;
}

const cleanEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C.UTF-8",
};

export interface CommandResult {
  readonly exitCode: number;
  /** Standard output and error. */
  readonly output: string;
}

/** A booted Debian 13 with systemd and a loopback of its own. */
export interface TestMachine {
  /** Process of its init as the host sees it, for nsenter. */
  readonly init: number;
  /** Runs bash in the machine. */
  run(script: string): Promise<CommandResult>;
  /** As `run`, and throws when the script fails. */
  succeed(script: string): Promise<string>;
  /** Runs the real setup script. Answers what it says to the operator. */
  apply(setup: MachineSetup): Promise<string>;
  /** Puts a program of the host into the machine. */
  install(hostPath: string, path: string): Promise<void>;
  /** Power cut; nothing of the machine is left. */
  stop(): Promise<void>;
}

/**
 * Boots a machine whose loopback has these addresses. Mounts and processes live in namespaces that end with
 * the test process, however it ends.
 *
 * @param recipe @default - what database and storage nodes install
 */
export async function bootMachine(
  hostname: string,
  addresses: readonly string[],
  recipe: RootRecipe = dataRoot,
): Promise<TestMachine> {
  await ensureHostPackages(["systemd-container"]);
  const lower = await machineRoot(recipe);
  const folder = await mkdtemp(join(tmpdir(), `platform-test-${hostname}-`));
  for (const name of ["upper", "work", "root"]) await mkdir(join(folder, name));
  const supervisor = startNspawn(lower, folder, hostname);
  const init = await findInit(supervisor, folder);
  const machine = handle(init, supervisor, folder);
  // Before systemd listens it cannot be asked how far it is.
  await machine.succeed(
    "for try in {1..300}; do [ ! -S /run/systemd/private ] || exit 0; sleep 0.1; done; exit 1",
  );
  await machine.run("systemctl is-system-running --wait");
  await machine.succeed(addresses.map((address) => `ip address add ${address}/32 dev lo`).join("\n") || ":");
  return machine;
}

function startNspawn(lower: string, folder: string, hostname: string): ChildProcess {
  const script = `set -e
${joinGroups('"${2##*/}"')}
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
exec systemd-nspawn --quiet --directory "$2/root" --register=no --keep-unit --private-network --boot \\
  --machine="$3" --hostname="$3" --console=pipe --link-journal=no --resolv-conf=off --timezone=off --capability=all \\
  --system-call-filter="add_key keyctl bpf"`;
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const command = ["bash", "-c", script, "machine", lower, folder, hostname];
  const console = openSync(join(folder, "console"), "a");
  // Whatever ends this test process ends the machine, its mounts and its network.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", ...namespaces, ...command], {
    stdio: ["ignore", console, console],
    env: {
      ...cleanEnvironment,
      SYSTEMD_NSPAWN_LOCK: "0",
      SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
      SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network",
    },
  });
  closeSync(console);
  // A test file whose set-up failed has no machine to stop, and must end all the same.
  child.unref();
  return child;
}

/** unshare -> nspawn -> init. */
async function findInit(supervisor: ChildProcess, folder: string): Promise<number> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const nspawn = await onlyChild(supervisor.pid ?? 0);
    const init = nspawn === undefined ? undefined : await onlyChild(nspawn);
    const name = init === undefined ? "" : await readFile(`/proc/${init}/comm`, "utf8").catch(() => "");
    if (init !== undefined && name.trim() === "systemd") return init;
    if (supervisor.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the machine did not boot: ${await readFile(join(folder, "console"), "utf8")}`);
}

async function onlyChild(pid: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const [first] = children.trim().split(" ").filter(Boolean);
  return first === undefined ? undefined : Number(first);
}

async function runInside(init: number, input: string): Promise<CommandResult> {
  const result = await execa("nsenter", enterArguments(init, ["/bin/bash", "-s"]), {
    input,
    reject: false,
    all: true,
    env: cleanEnvironment,
    extendEnv: false,
    timeout: 300_000,
  });
  return { exitCode: result.exitCode ?? -1, output: result.all ?? "" };
}

function handle(init: number, supervisor: ChildProcess, folder: string): TestMachine {
  const run = (input: string) => runInside(init, input);
  const succeed = async (script: string): Promise<string> => {
    const { exitCode, output } = await run(`set -euo pipefail\n${script}`);
    if (exitCode !== 0) throw new Error(`exit status ${exitCode} of\n${script}\n${output}`);
    return output;
  };
  return {
    init,
    run,
    succeed,
    apply: async (setup) => {
      const script = renderSetup("test", setup);
      const { exitCode, output } = await run(
        `cat >/run/setup.sh <<'END_OF_SETUP'\n${script}\nEND_OF_SETUP\nbash /run/setup.sh\n`,
      );
      if (exitCode !== 0) throw new Error(`the setup failed with ${exitCode}:\n${output}`);
      return output;
    },
    install: async (hostPath, path) => {
      await copyFile(hostPath, `/proc/${init}/root${path}`);
    },
    stop: async () => {
      const ended = once(supervisor, "exit");
      supervisor.kill("SIGKILL");
      await ended;
      await removeGroups(folder);
      // The kernel may still be taking the machine's processes down.
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
