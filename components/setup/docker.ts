import type { MachineSetup } from "./types";

export interface DockerOptions {
  /** Mirror of Docker Hub: `https://mirror.example.com:5000`. */
  readonly registryMirror: string | undefined;
}

/** Range of the bridge network `platform` that containers with a fixed address live in. */
export const containerRange = "172.20.0.0/16";

/** Docker Engine from Debian and the bridge network of the platform's containers. */
export function dockerSetup(options: DockerOptions): MachineSetup {
  return {
    packages: ["docker.io", "docker-cli", "iptables"],
    files: [
      { path: daemonPath, content: daemonConfig(options), validate: 'dockerd --validate --config-file "$1"' },
      { path: networkUnitPath, content: networkUnit },
    ],
    steps: [],
    units: [
      { name: "docker.service", reads: [daemonPath], stage: "beforeSteps" },
      { name: "platform-network.service", reads: [networkUnitPath], stage: "beforeSteps" },
    ],
    checks: [{ name: "Docker answers", command: "docker info >/dev/null" }],
  };
}

const daemonPath = "/etc/docker/daemon.json";
const networkUnitPath = "/etc/systemd/system/platform-network.service";

function daemonConfig(options: DockerOptions): string {
  const config = {
    // Hetzner's private networks carry 1450 bytes: a bridge at 1500 breaks large packets.
    mtu: 1450,
    // Containers survive a restart of the engine.
    "live-restore": true,
    "log-driver": "journald",
    "userland-proxy": false,
    ...(options.registryMirror === undefined ? {} : { "registry-mirrors": [options.registryMirror] }),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
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
