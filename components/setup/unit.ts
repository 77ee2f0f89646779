import type { SetupFile } from "./types";

export interface KeptService {
  /** Full name of a service that a package brings: `haproxy.service`. */
  readonly unit: string;
  /** What becomes of the machine without it, one line. @default - nothing that needs saying */
  readonly why?: string;
  /** Lines of the section `[Unit]`. @default - none */
  readonly unitLines?: readonly string[];
  /** Lines of the section `[Service]`, `RestartSec=` first. */
  readonly serviceLines: readonly string[];
}

/**
 * Drop-in by which systemd starts a package's service again whatever ended it, and for ever: by itself it does not,
 * or gives up after five times in ten seconds.
 */
export function keepRunning({ unit, why, unitLines = [], serviceLines }: KeptService): SetupFile {
  const lines = [
    "[Unit]",
    "StartLimitIntervalSec=0",
    ...unitLines,
    "",
    "[Service]",
    ...(why === undefined ? [] : [`# ${why}`]),
    "Restart=always",
    ...serviceLines,
  ];
  return {
    path: `/etc/systemd/system/${unit}.d/platform.conf`,
    content: lines.map((line) => `${line}\n`).join(""),
  };
}
