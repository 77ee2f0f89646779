import type { Probe } from "../status";
import { type CompleteSetup, completeSetup, type SetupFile } from "../types";
import type { TierMachine } from "./certificate";
import { renewPath, tierFiles } from "./paths";
import {
  issuerKeyPath,
  issuerPath,
  leafConfig,
  leafPath,
  renewScript,
  type TierProgram,
  usualLifeSeconds,
} from "./renewScript";

/** A machine, whom it speaks with over mutual TLS, and what on it does. */
export interface TierIdentity {
  readonly machine: TierMachine;
  /** Machines that it asks. */
  readonly servers: readonly TierMachine[];
  /** Machines that may ask it. */
  readonly clients: readonly TierMachine[];
  readonly programs: readonly TierProgram[];
  /** From which all authorities of the platform follow. Secret. */
  readonly seed: string;
  /** Seconds for which a certificate is good. @default 30 days */
  readonly lifeSeconds?: number;
}

const bootPath = "/etc/systemd/system/platform-tiers-boot.service";
const servicePath = "/etc/systemd/system/platform-tiers.service";
const timerPath = "/etc/systemd/system/platform-tiers.timer";

/**
 * What a machine shows to others and whom it believes. Its certificates are short-lived and made on the machine by a
 * timer: an `up` is not needed, and no other machine. Secret: it holds the key of the machine's issuer.
 */
export function tierSetup(identity: TierIdentity): CompleteSetup {
  const { machine, programs, lifeSeconds = usualLifeSeconds } = identity;
  const files = [
    ...trustFiles(identity),
    { path: leafPath, content: leafConfig(machine) },
    { path: renewPath, content: renewScript(machine, programs, lifeSeconds), mode: "0755" },
  ];
  const read = files.map(({ path }) => path);
  return completeSetup({
    packages: ["openssl"],
    files: [
      ...files,
      { path: bootPath, content: bootService(programs) },
      { path: servicePath, content: service },
      { path: timerPath, content: timer },
    ],
    units: [
      // Programs that start after it find a certificate, and after a long time without power one that is good.
      { name: "platform-tiers-boot.service", reads: [bootPath, ...read], stage: "beforeSteps" },
      { name: "platform-tiers.timer", reads: [timerPath, servicePath, renewPath] },
    ],
    probes: [probe],
  });
}

/** What writes certificates is loaded where there are some: it would be a fiftieth of what each program takes to start. */
const authorities = () => require("./authority") as typeof import("./authority");

/** The machine's own issuer, and the authorities of those that it speaks with. */
function trustFiles({ machine, servers, clients, seed }: TierIdentity): SetupFile[] {
  const { authorityCertificate, machineAuthority } = authorities();
  const { issuer } = machineAuthority(seed, machine);
  // The machine itself is among them, as it asks itself whether it is well.
  const byName = (machines: readonly TierMachine[]) =>
    new Map([machine, ...machines].map((one) => [one.hostname, authorityCertificate(seed, one)]));
  const asked = byName(servers);
  return [
    { path: issuerKeyPath, content: issuer.key, mode: "0600" },
    { path: issuerPath, content: issuer.certificate },
    ...[...asked].map(([hostname, content]) => ({ path: tierFiles.authority(hostname), content })),
    { path: tierFiles.servers, content: [...asked.values()].join("") },
    { path: tierFiles.clients, content: [...byName(clients).values()].join("") },
  ];
}

function bootService(programs: readonly TierProgram[]): string {
  return `[Unit]
Description=A certificate for the other machines, before programs need it
Before=${programs.map(({ unit }) => unit).join(" ")}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${renewPath} issue

[Install]
WantedBy=multi-user.target
`;
}

/** Not ordered before the programs: it waits for them to take the certificate. */
const service = `[Unit]
Description=Renews the certificate for the other machines
After=platform-tiers-boot.service

[Service]
Type=oneshot
ExecStart=${renewPath}
TimeoutStartSec=300
`;

/** Machines of a pair renew at different times. */
const timer = `[Unit]
Description=Renews the certificate for the other machines when a third of its life is left

[Timer]
OnActiveSec=5min
OnUnitInactiveSec=6h
RandomizedDelaySec=1h

[Install]
WantedBy=timers.target
`;

/** It is renewed when a third is left; when a quarter is, that does not work. */
const probe: Probe = {
  name: "tiers",
  title: "machine certificate",
  command: `local begin end failed=false
begin=$(openssl x509 -noout -startdate -in ${tierFiles.own})
end=$(openssl x509 -noout -enddate -in ${tierFiles.own})
if systemctl is-failed --quiet platform-tiers.service platform-tiers-boot.service; then failed=true; fi
jq -n --argjson failed "$failed" --argjson begin "$(date -u -d "\${begin#*=}" +%s)" --argjson end "$(date -u -d "\${end#*=}" +%s)" '
  ($end - now) as $left
  | {hoursLeft: ($left / 3600 | floor), reasons: [
      if $left < 0 then "has ended: other machines refuse this one"
      elif $left < ($end - $begin) / 4 then "ends in \\($left / 3600 | floor) hours and was not renewed: journalctl -u platform-tiers"
      elif $failed then "renewing failed: journalctl -u platform-tiers" else empty end]}'`,
  details: '"\\(.hoursLeft / 24 | floor) days left"',
};
