import type { Probe } from "./status";

/**
 * What one machine needs to become what it is for. A plain value: renderers build it, `renderSetup` turns it
 * into one idempotent script, `Machine` runs that script over one SSH connection. A list that is left out is empty.
 *
 * Order on the machine: files with `stage: "beforePackages"`, packages, steps with `stage: "afterPackages"`, other
 * files, steps, units (started or reloaded only when something they read has changed), steps with
 * `stage: "afterUnits"`, checks. An image may hold the packages already, with all that stands before them.
 */
export interface MachineSetup {
  /** Debian package names. Their services do not start by themselves: list them under `units`. */
  readonly packages?: readonly string[];
  readonly files?: readonly SetupFile[];
  readonly steps?: readonly SetupStep[];
  readonly units?: readonly SetupUnit[];
  readonly checks?: readonly SetupCheck[];
  /** What `platform-status` asks on the machine, in the order of its table. */
  readonly probes?: readonly Probe[];
}

/** A file with its whole content; written atomically and only when content, owner or mode differ. */
export interface SetupFile {
  readonly path: string;
  /** Ends with a newline. */
  readonly content: string;
  /** @default "root" */
  readonly owner?: string;
  /** @default "root" */
  readonly group?: string;
  /** Octal, four digits. Secrets take `0600`, or `0640` with the group of the service. @default "0644" */
  readonly mode?: string;
  /**
   * Command that judges the new content before it replaces the old; `"$1"` is the candidate's path, for
   * example `haproxy -c -q -f "$1"`. A failing command leaves the old file and ends the setup.
   *
   * @default - no check
   */
  readonly validate?: string;
  /** `beforePackages` for what a package's own installation reads. @default "afterPackages" */
  readonly stage?: "beforePackages" | "afterPackages";
}

/** A change that is not a file: a database role, a file system, a pulled image. */
export interface SetupStep {
  /** Shown in progress and errors: `create role app`. */
  readonly name: string;
  /** Bash; exit status 0 means that nothing is to be done. */
  readonly unless: string;
  /** Bash; runs under `set -euo pipefail`. Secrets come from files 0600, never from this text. */
  readonly run: string;
  /** `afterPackages` for what the machine's own installation would have made. @default "beforeUnits" */
  readonly stage?: "afterPackages" | "beforeUnits" | "afterUnits";
}

/** A systemd unit that is enabled and running. Unit files themselves are listed under `files`. */
export interface SetupUnit {
  /** Full name: `haproxy.service`. */
  readonly name: string;
  /** Paths whose change makes the unit reload or restart. Its own unit file and drop-ins count too: list them. */
  readonly reads: readonly string[];
  /** @default "restart" */
  readonly onChange?: "restart" | "reload";
  /** `beforeSteps` for what steps need running: Docker to pull images. @default "afterSteps" */
  readonly stage?: "beforeSteps" | "afterSteps";
  /**
   * Units with the same group change one after the other, in the order of the list, each with `ready` passed
   * before the next begins: replicas of a service stay available.
   *
   * @default - changes together with the others
   */
  readonly group?: string;
  /** Bash that succeeds when the unit serves again after a change; polled until `readySeconds`. */
  readonly ready?: string;
  /** @default 60 */
  readonly readySeconds?: number;
}

/** Must hold at the end, or the setup has failed. Polled until it passes or the time is over. */
export interface SetupCheck {
  readonly name: string;
  /** Bash; prints on failure what the operator needs to know. */
  readonly command: string;
  /** @default 60 */
  readonly timeoutSeconds?: number;
}

/** A setup with every list there, however short. */
export type CompleteSetup = Required<MachineSetup>;

/** Adds the lists that a setup leaves out. */
export function completeSetup(setup: MachineSetup): CompleteSetup {
  const { packages = [], files = [], steps = [], units = [], checks = [], probes = [] } = setup;
  return { packages, files, steps, units, checks, probes };
}
