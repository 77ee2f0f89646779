import { hardening } from "../../setup/hardenedService";
import { type CompleteSetup, completeSetup, type SetupFile, type SetupStep } from "../../setup/types";
import { certificateModules } from "./acme/files";
import { certificateFolder, installPath, installScript } from "./acmeInstall";
import { AcmeChallenge } from "./acmeSettings";
import { firstAddress } from "./addresses";
import { type AcmeOptions, certificateNames, type EdgeOptions, issuedCertificatePath } from "./edge";
import { challengePort, handoverPort } from "./role";
import type { EdgeEngine } from "./settings";

const folder = "/usr/local/lib/platform-certificate";
const configPath = "/etc/platform/secrets/certificate.json";
const tokenPath = "/etc/platform/secrets/certificate-dns-token";
const rootPath = "/etc/platform/edge/acme-root.pem";
const usersPath = "/etc/sysusers.d/platform-certificate.conf";
const unit = (name: string) => `/etc/systemd/system/${name}`;
const servicePath = unit("platform-certificate.service");
const timerPath = unit("platform-certificate.timer");
const socketPath = unit("platform-certificate-peer.socket");
const peerPath = unit("platform-certificate-peer@.service");
const user = "platform-certificate";

/** Seconds. Tests count in smaller ones. */
export interface CertificateTimes {
  /** After this long without a certificate the other machine asks too. */
  readonly takeOverAfter: number;
  /** Between the first two attempts; it doubles from one to the next. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** Between two looks: the peer has a new certificate after at most this long. Before the first there are more of them. */
  readonly every: number;
  /** For setting a record, and again until the name servers have it. */
  readonly dnsPatience: number;
}

const usualTimes: CertificateTimes = {
  takeOverAfter: 3600,
  firstPause: 600,
  longestPause: 12 * 3600,
  every: 45,
  dnsPatience: 120,
};

/** What runs before a proxy's new configuration is judged: it names a certificate, and the first start has none. */
export function placeholderCommand({ acme }: EdgeOptions): string {
  return acme === undefined ? "" : `${installPath} placeholder && `;
}

/** The files that the proxy's configuration needs; they come before it. */
export function acmeFiles(options: EdgeOptions, engine: EdgeEngine): SetupFile[] {
  if (options.acme === undefined) return [];
  return [{ path: installPath, content: installScript(engine, options.domain), mode: "0755" }];
}

/**
 * Certificates by ACME for the pair. Who has the address asks, certbot answers for it on a port of its own, and the
 * other machine takes the certificate over the private network. Nothing of it can end a set-up: the proxies start with
 * a placeholder, and the timer does the rest.
 */
export function acmeSetup(options: EdgeOptions, times: CertificateTimes = usualTimes): CompleteSetup {
  const { acme } = options;
  if (acme === undefined) return completeSetup({});
  const program = programFiles(acme);
  return completeSetup({
    packages: ["certbot", "openssl", "python3", "python3-cryptography"],
    files: [
      ...program,
      { path: configPath, content: certificateConfig(options, acme, times), mode: "0600" },
      ...(acme.dns === undefined ? [] : [{ path: tokenPath, content: `${acme.dns.token}\n`, mode: "0600" }]),
      { path: usersPath, content: `u ${user} - "Certificates"\n` },
      { path: servicePath, content: serviceFile(acme) },
      { path: timerPath, content: timerFile(times.every) },
      { path: socketPath, content: socketFile(options.machine.privateIp) },
      { path: peerPath, content: peerFile },
    ],
    steps,
    units: [
      { name: "platform-certificate-peer.socket", reads: [socketPath, peerPath, configPath] },
      {
        name: "platform-certificate.timer",
        reads: [timerPath, servicePath, configPath, installPath, ...program.map(({ path }) => path)],
      },
    ],
  });
}

/** The program, and whom it believes. */
function programFiles({ root }: AcmeOptions): readonly SetupFile[] {
  const modules = Object.entries(certificateModules()).map(([name, content]) => ({
    path: `${folder}/${name}`,
    content,
  }));
  return root === undefined ? modules : [...modules, { path: rootPath, content: ended(root) }];
}

const steps: readonly SetupStep[] = [
  {
    name: `user ${user}`,
    unless: `getent passwd ${user} >/dev/null`,
    run: `systemd-sysusers ${usersPath}`,
  },
  {
    // One authority decides when a certificate is renewed.
    name: "Debian's timer of certbot stays off",
    unless: '[ "$(systemctl is-enabled certbot.timer 2>/dev/null)" = masked ]',
    run: "systemctl disable --now --quiet certbot.timer || true\nsystemctl mask --quiet certbot.timer certbot.service",
  },
  {
    name: "a certificate to start with",
    unless: `[ -s ${issuedCertificatePath} ]`,
    run: `${installPath} placeholder`,
  },
];

/** Configuration as JSON, with the key that seals what the machines hand each other. */
export function certificateConfig(
  { machine, peer, ...options }: EdgeOptions,
  acme: AcmeOptions,
  { takeOverAfter, firstPause, longestPause, every, dnsPatience }: CertificateTimes,
): string {
  const config = {
    directory: acme.directory,
    email: acme.email ?? null,
    root: acme.root === undefined ? null : rootPath,
    names: certificateNames({ machine, peer, ...options }),
    self: { server: machine.hostname, address: machine.privateIp },
    peer: { server: peer.hostname, address: peer.privateIp },
    key: acme.key,
    ...{ handoverPort, challengePort, takeOverAfter, firstPause, longestPause, every },
    agentState: firstAddress.statePath,
    folder: certificateFolder,
    ...(acme.dns && { challenge: AcmeChallenge.Dns, apiEndpoint: acme.dns.apiEndpoint, dnsPatience }),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

const confined = [
  `User=${user}`,
  `LoadCredential=config.json:${configPath}`,
  "Environment=PYTHONDONTWRITEBYTECODE=1",
  "# A look each minute is no news; what was done and what failed is.",
  "LogLevelMax=notice",
  "CPUWeight=20",
  "MemoryMax=256M",
  "CapabilityBoundingSet=",
  ...hardening,
  "UMask=0077",
].join("\n");

const serviceFile = ({ dns }: AcmeOptions) => `[Unit]
Description=Certificate of the load balancers: issued, or taken from the other one
After=network-online.target floating-ip-agent.service
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -s -E ${folder}/certificate.py %d/config.json
# The proxies' files and sockets are root's.
ExecStartPost=+${installPath}
StateDirectory=platform-certificate
StateDirectoryMode=0700
TimeoutStartSec=${dns === undefined ? 420 : 1020}
${dns === undefined ? "" : `LoadCredential=dns-token:${tokenPath}\n`}\
${confined}
`;

function timerFile(every: number): string {
  return `[Unit]
Description=Looks after the certificate of the load balancers

[Timer]
OnActiveSec=1s
OnUnitInactiveSec=${every}s
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
}

function socketFile(address: string): string {
  return `[Unit]
Description=Where the other load balancer takes the certificate

[Socket]
ListenStream=${address}:${handoverPort}
FreeBind=yes
Accept=yes
MaxConnections=4

[Install]
WantedBy=sockets.target
`;
}

/** It has the connection alone, no network, and nowhere to write. */
const peerFile = `[Unit]
Description=Hands the certificate, sealed, to the other load balancer
CollectMode=inactive-or-failed

[Service]
ExecStart=/usr/bin/python3 -s -E ${folder}/handover.py %d/config.json
StandardInput=socket
StandardOutput=journal
StandardError=journal
PrivateNetwork=yes
RuntimeMaxSec=30
${confined}
`;
