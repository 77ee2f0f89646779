import { containerRunSetup } from "./containerRun";
import { imagePruneSetup } from "./imagePrune";
import { mergeSetups } from "./merge";
import { type CompleteSetup, completeSetup, type SetupFile } from "./types";

export interface DockerOptions {
  /** Mirror of Docker Hub: `https://mirror.example.com:5000`. */
  readonly registryMirror: string | undefined;
  /** Logins with which images are pulled. Secret. @default - none */
  readonly logins?: readonly RegistryCredential[];
}

/** A login of one registry. */
export interface RegistryCredential {
  /** As image references begin: `ghcr.io`; `docker.io` for Docker Hub. */
  readonly host: string;
  readonly username: string;
  /** Password or token. Secret. */
  readonly password: string;
}

/** Range of the bridge network `platform` that containers with a fixed address live in. */
export const containerRange = "172.20.0.0/16";

/** Docker Engine from Debian and the bridge network of the platform's containers. */
export function dockerSetup(options: DockerOptions): CompleteSetup {
  return mergeSetups(engineSetup(options), containerRunSetup, imagePruneSetup);
}

function engineSetup(options: DockerOptions): CompleteSetup {
  return completeSetup({
    packages: ["docker.io", "docker-cli", "iptables"],
    files: [
      dockerDaemonFile(options),
      { path: networkUnitPath, content: networkUnit },
      ...loginFiles(options.logins ?? []),
    ],
    units: [
      { name: "docker.service", reads: [daemonPath], stage: "beforeSteps" },
      { name: "platform-network.service", reads: [networkUnitPath], stage: "beforeSteps" },
    ],
    checks: [{ name: "Docker answers", command: "docker info >/dev/null" }],
  });
}

const daemonPath = "/etc/docker/daemon.json";

/** What Docker's engine reads when it starts. */
export function dockerDaemonFile(options: Pick<DockerOptions, "registryMirror">): SetupFile {
  const validate = 'dockerd --validate --config-file "$1"';
  return { path: daemonPath, content: daemonConfig(options), validate };
}

const networkUnitPath = "/etc/systemd/system/platform-network.service";

function daemonConfig(options: Pick<DockerOptions, "registryMirror">): string {
  const config = {
    // Hetzner's private networks carry 1450 bytes: a bridge at 1500 breaks large packets.
    mtu: 1450,
    // The engine leaves containers alone when it ends or restarts, and so do their units.
    "live-restore": true,
    "log-driver": "journald",
    "userland-proxy": false,
    ...(options.registryMirror === undefined ? {} : { "registry-mirrors": [options.registryMirror] }),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Docker's command reads it at each pull; no unit does, so that a new password restarts nothing. */
function loginFiles(logins: readonly RegistryCredential[]): SetupFile[] {
  if (logins.length === 0) return [];
  return [{ path: "/root/.docker/config.json", mode: "0600", content: dockerLogins(logins) }];
}

/** The file by which Docker's command logs in. Secret. */
export function dockerLogins(logins: readonly RegistryCredential[]): string {
  const auths = logins.map(({ host, username, password }) => [
    // Docker Hub has kept the key of its first days: https://docs.docker.com/reference/cli/docker/login/
    host === "docker.io" ? "https://index.docker.io/v1/" : host,
    { auth: Buffer.from(`${username}:${password}`).toString("base64") },
  ]);
  return `${JSON.stringify({ auths: Object.fromEntries(auths) }, null, 2)}\n`;
}

const networkUnit = `[Unit]
Description=Docker network of the platform's containers
Requires=docker.service
After=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'docker network inspect platform >/dev/null 2>&1 || docker network create --driver bridge --subnet ${containerRange} --opt com.docker.network.driver.mtu=1450 platform'

[Install]
WantedBy=multi-user.target
`;
