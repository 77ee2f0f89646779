// Auditors of Debian 13, run where a visitor, an administrator or a machine of the platform stands.
import { execa } from "execa";
import { namesOf } from "../../../localcloud/src/settings/names";
import { debian13Root } from "../../components/roles/edge/support/debian13";
import { must, type Result, serverNamed, settings } from "../../e2e/support/cloud";
import type { Source } from "../../e2e/support/reach";

const programs = [
  "bsdextrautils",
  "ca-certificates",
  "bind9-dnsutils",
  "lynis",
  "nmap",
  "ssh-audit",
  "testssl.sh",
];

const inRoot = `mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
mount -t tmpfs none "$0/tmp" && exec chroot "$0" /bin/bash -c "$1"`;

/** Runs a bash command with the auditors' programs, on the network where the source stands. */
export async function auditFrom(source: Source, command: string, timeoutSeconds = 600): Promise<Result> {
  const root = await debian13Root(programs);
  const inside = [
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "bash",
    "-c",
    inRoot,
    root,
    command,
  ];
  const [program = "", ...args] = [...(await place(source)), ...inside];
  const { stdout, stderr, exitCode } = await execa(program, args, {
    reject: false,
    stdin: "ignore",
    timeout: timeoutSeconds * 1000,
  });
  return { stdout, stderr, exitCode: exitCode ?? 1 };
}

/** What runs a command in the source's network; the host is the administrator. */
async function place(source: Source): Promise<readonly string[]> {
  if (source === "admin") return [];
  const names = namesOf(settings);
  const name = source === "internet" ? names.internet : names.machine((await serverNamed(source.machine)).id);
  return ["ip", "netns", "exec", name];
}

export interface LynisReport {
  /** From 0 to 100. */
  readonly index: number;
  readonly warnings: readonly string[];
  readonly suggestions: readonly string[];
}

const lynisFiles = ["usr/sbin/lynis", "usr/share/lynis", "etc/lynis"];

/** lynis on a machine: it is not installed as a package, and nothing of it stays. */
export async function lynis(machine: string): Promise<LynisReport> {
  const root = await debian13Root(programs);
  const { stdout } = await execa("bash", ["-c", `tar -C "$0" -cz ${lynisFiles.join(" ")} | base64`, root]);
  const answer = await must(machine, lynisScript, 600, stdout);
  return readReport(answer);
}

const lynisScript = `set -e
trap 'rm -rf ${lynisFiles.map((path) => `/${path}`).join(" ")} /var/log/lynis.log /var/log/lynis-report.dat' EXIT
base64 -d | tar -xz -C /
lynis audit system --quick --no-colors >/dev/null 2>&1 || true
cat /var/log/lynis-report.dat`;

/** @throws when lynis came to no end */
export function readReport(text: string): LynisReport {
  const all = (key: string) =>
    text
      .split("\n")
      .filter((line) => line.startsWith(`${key}[]=`))
      .map((line) => line.slice(key.length + 3));
  const index = Number(/^hardening_index=(\d+)$/m.exec(text)?.[1]);
  if (Number.isNaN(index)) throw new Error(`lynis came to no end:\n${text.slice(-2000)}`);
  return { index, warnings: all("warning"), suggestions: all("suggestion") };
}
