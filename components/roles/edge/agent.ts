import type { MachinePlan } from "../../plan/plan";
import { hetznerResolvers } from "../../setup/defaultRoute";
import { publicStatePath } from "../../setup/site";
import { type CompleteSetup, completeSetup, type SetupFile } from "../../setup/types";
import { agentModules } from "./agent/files";
import { agentPort } from "./edge";
import { asideFile, masterMarker, notifyFifo } from "./keepalived";
import { edgeHealthPort, httpPort } from "./role";

/** What the agent needs besides the two machines. */
export interface AgentOptions {
  /** Base of the Hetzner Cloud API: `https://api.hetzner.cloud/v1`. */
  readonly apiEndpoint: string;
  /** Token with write access. Secret. */
  readonly apiToken: string;
  readonly floatingIpId: number;
  /** Network whose default route follows the floating IP; undefined: routes stay as they are. */
  readonly networkId: number | undefined;
  /** See `EdgeOptions.statePass`. Secret. */
  readonly statePass: string;
  /** Both machines sign with it what they answer to each other; it is never sent. Secret. */
  readonly pairKey: string;
}

const folder = "/usr/local/lib/platform-edge";
const configPath = "/etc/platform/secrets/floating-ip-agent.json";
const tokenPath = "/etc/platform/secrets/hetzner-api-token";
const unitPath = "/etc/systemd/system/floating-ip-agent.service";
const usersPath = "/etc/sysusers.d/platform-edge.conf";
const runtimePath = "/etc/tmpfiles.d/platform-edge.conf";
const user = "platform-edge";

/** State of the agent as JSON, for people and for monitoring. */
export const agentStatePath = "/run/floating-ip-agent/state.json";

/**
 * The agent that keeps "the VRRP master owns the floating IP" true. It runs as a user of its own; token and
 * configuration reach it as systemd credentials, so no file of it is readable by anybody but root.
 */
export function agentSetup(machine: MachinePlan, peer: MachinePlan, options: AgentOptions): CompleteSetup {
  const modules: SetupFile[] = Object.entries(agentModules()).map(([name, content]) => ({
    path: `${folder}/${name}`,
    content,
  }));
  return completeSetup({
    packages: ["python3", "ca-certificates"],
    files: [...modules, ...filesOfMachine(machine, peer, options)],
    steps: [
      {
        name: `user ${user}`,
        unless: `getent passwd ${user} >/dev/null`,
        run: `systemd-sysusers ${usersPath}`,
      },
      {
        name: "what keepalived and the agent tell each other",
        unless: `[ -p ${notifyFifo} ] && [ -e ${asideFile} ]`,
        run: `systemd-tmpfiles --create ${runtimePath}`,
      },
    ],
    units: [
      {
        name: "floating-ip-agent.service",
        reads: [unitPath, configPath, tokenPath, ...modules.map((file) => file.path)],
      },
    ],
    checks: [
      {
        name: "floating IP agent knows its server",
        command: `python3 -c 'import json,sys; state = json.load(open("${agentStatePath}")); sys.exit(0 if state["server"] else "the API answers: " + state["api"])'`,
      },
    ],
  });
}

/** What is not the same on every load balancer, and what systemd reads. */
function filesOfMachine(machine: MachinePlan, peer: MachinePlan, options: AgentOptions): SetupFile[] {
  return [
    { path: configPath, content: agentConfig(machine, peer, options), mode: "0600" },
    { path: tokenPath, content: `${options.apiToken}\n`, mode: "0600" },
    { path: usersPath, content: `u ${user} - "Floating IP agent"\n` },
    { path: runtimePath, content: runtimeFiles },
    { path: unitPath, content: unitFile },
  ];
}

/** Configuration as JSON: everything but the token. */
export function agentConfig(machine: MachinePlan, peer: MachinePlan, options: AgentOptions): string {
  const config = {
    apiEndpoint: options.apiEndpoint,
    floatingIpId: options.floatingIpId,
    networkId: options.networkId ?? null,
    // Either machine will do, as long as it is one of them.
    first: machine.name < peer.name,
    self: { server: machine.hostname, privateIp: machine.privateIp },
    peer: {
      server: peer.hostname,
      privateUrl: `http://${peer.privateIp}:${edgeHealthPort}/state`,
      publicPath: publicStatePath,
      pass: options.statePass,
      key: options.pairKey,
    },
    outside: { resolvers: hetznerResolvers, dnsPort: 53, visitorsPort: httpPort, asideFile },
    marker: masterMarker,
    fifo: notifyFifo,
    healthUrl: `http://127.0.0.1:${edgeHealthPort}/healthz`,
    port: agentPort,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Both exist before keepalived and outlive it, so that neither side ever holds a stale one. */
const runtimeFiles = `d /run/platform-edge 0755 root root
p ${notifyFifo} 0660 root ${user}
f ${asideFile} 0644 ${user} root - 0
`;

const unitFile = `[Unit]
Description=Keeps the floating IP at the VRRP master
After=network-online.target keepalived.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User=${user}
LoadCredential=config.json:${configPath}
LoadCredential=token:${tokenPath}
ExecStart=/usr/bin/python3 -s -E ${folder}/agent.py %d/config.json %d/token ${agentStatePath}
RuntimeDirectory=floating-ip-agent
Environment=PYTHONDONTWRITEBYTECODE=1
Restart=always
RestartSec=1
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=/run/platform-edge
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
MemoryMax=128M

[Install]
WantedBy=multi-user.target
`;
