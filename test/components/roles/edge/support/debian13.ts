import { createHash } from "node:crypto";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { execa } from "execa";
import { ensureHostPackages } from "../../../../../localcloud/src/linux/hostPackages";
import { cacheDir } from "../../../../../toolchain/cacheDir";

/** Debian 13 packages whose programs judge what the renderers wrote. */
const packages = [
  "ca-certificates",
  "curl",
  "haproxy",
  "iproute2",
  "keepalived",
  "libnginx-mod-http-brotli-filter",
  "libnginx-mod-http-brotli-static",
  "nftables",
  "nginx-light",
  "procps",
  "python3",
  "socat",
];

/** Why this machine cannot run Debian 13's programs, or undefined when it can. */
export function whyNoDebian13(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  return process.getuid?.() === 0 ? undefined : "needs root, to build and enter a Debian 13 root";
}

/** Folder of a Debian 13 root with these packages; built once, about a minute. @param programs @default - what the renderers' tests need */
export async function debian13Root(programs: readonly string[] = packages): Promise<string> {
  const key = createHash("sha256").update(programs.join(",")).digest("hex").slice(0, 8);
  const root = cacheDir(`debian13-programs-${key}`);
  if (await exists(root)) return root;
  await ensureHostPackages(["debootstrap"]);
  const candidate = `${root}.${process.pid}`;
  await mkdir(candidate, { recursive: true });
  try {
    await execa("debootstrap", ["--variant=minbase", `--include=${programs.join(",")}`, "trixie", candidate]);
    await rename(candidate, root);
  } catch (error) {
    await rm(candidate, { recursive: true, force: true });
    if (!(await exists(root))) throw error;
  }
  return root;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Arguments: the root, then where a program appears and where it is, one after the other. */
const enterRoot = `
set -e
ip link set lo up
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
for folder in run tmp etc/platform etc/haproxy usr/local/lib; do
  mkdir -p "$0/$folder"
  mount -t tmpfs none "$0/$folder"
done
mkdir -p "$0/run/haproxy"
while [ $# -gt 0 ]; do
  touch "$0$1"
  mount --bind "$2" "$0$1"
  shift 2
done
exec chroot "$0" /bin/bash -s
`;

/**
 * Runs a bash script inside the Debian 13 root, with a network, mounts and processes of its own: whatever it
 * starts ends with it, and nothing outside sees its ports.
 *
 * @param files what lies there before the script starts, by absolute path
 * @param programs of this machine that are visible there, by absolute path below `/tmp`
 */
export async function inDebian13(
  script: string,
  files: Readonly<Record<string, string>> = {},
  programs: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number; output: string }> {
  const root = await debian13Root();
  const unpack = Object.entries(files).map(
    ([path, content]) =>
      `mkdir -p "$(dirname '${path}')"; base64 -d >'${path}' <<'END'\n${Buffer.from(content).toString("base64")}\nEND\n`,
  );
  const result = await execa(
    "unshare",
    [
      "--net",
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "bash",
      "-c",
      enterRoot,
      root,
      ...Object.entries(programs).flat(),
    ],
    { input: `${unpack.join("")}${script}\n`, reject: false, all: true, timeout: 120_000 },
  );
  return { exitCode: result.exitCode ?? -1, output: result.all ?? "" };
}
