import type { MachinePlan } from "../../plan/plan";
import { hetznerResolvers } from "../../setup/defaultRoute";
import {
  type CompleteSetup,
  completeSetup,
  type SetupCheck,
  type SetupFile,
  type SetupUnit,
} from "../../setup/types";
import { isOwnAddress, type PairAddress, runtimeFolder } from "./addresses";
import { agentModules } from "./agent/files";
import { edgeHealthPort, httpPort } from "./role";

/** What the agents need besides the two machines. */
export interface AgentOptions {
  /** Base of the Hetzner Cloud API: `https://api.hetzner.cloud/v1`. */
  readonly apiEndpoint: string;
  /** Token with write access. Secret. */
  readonly apiToken: string;
  /** Of the addresses, in their order. */
  readonly floatingIpIds: readonly number[];
  /** Of the IPv6 networks that go with the addresses, in their order. @default - none */
  readonly floatingIpv6Ids?: readonly number[];
  /** Network whose default route follows the first address; undefined: routes stay as they are. */
  readonly networkId: number | undefined;
  /** With which a peer of the release before asks over the public side, in clear, and is asked. Secret. */
  readonly statePass: string;
  /** Both machines sign with it what they answer to each other; it is never sent. Secret. */
  readonly pairKey: string;
}

const folder = "/usr/local/lib/platform-edge";
const configPathOf = ({ unit }: PairAddress) => `/etc/platform/secrets/${unit}.json`;
const unitPathOf = ({ unit }: PairAddress) => `/etc/systemd/system/${unit}.service`;
const tokenPath = "/etc/platform/secrets/hetzner-api-token";
const usersPath = "/etc/sysusers.d/platform-edge.conf";
const runtimePath = "/etc/tmpfiles.d/platform-edge.conf";
const user = "platform-edge";

/**
 * The agents that keep "the VRRP master owns the floating IP" true, one for each address. They run as a user of their
 * own; token and configuration reach them as systemd credentials, so no file of them is readable by anybody but root.
 */
export function agentSetup(
  machine: MachinePlan,
  peer: MachinePlan,
  addresses: readonly PairAddress[],
  options: AgentOptions,
): CompleteSetup {
  const told = addresses.flatMap(({ notifyFifo, asideFile, ownerFile }) => [
    `[ -p ${notifyFifo} ]`,
    `[ -e ${asideFile} ]`,
    `[ -e ${ownerFile} ]`,
  ]);
  const modules: SetupFile[] = Object.entries(agentModules()).map(([name, content]) => ({
    path: `${folder}/${name}`,
    content,
  }));
  return completeSetup({
    packages: ["python3", "ca-certificates"],
    files: [
      ...modules,
      { path: tokenPath, content: `${options.apiToken}\n`, mode: "0600" },
      { path: usersPath, content: `u ${user} - "Floating IP agent"\n` },
      { path: runtimePath, content: runtimeFiles(addresses) },
      ...addresses.flatMap((address) => filesOfAgent(machine, peer, address, options)),
    ],
    steps: [
      {
        name: `user ${user}`,
        unless: `getent passwd ${user} >/dev/null`,
        run: `systemd-sysusers ${usersPath}`,
      },
      {
        name: "what keepalived and the agent tell each other",
        unless: told.join(" && "),
        run: `systemd-tmpfiles --create ${runtimePath}`,
      },
    ],
    units: addresses.map((address) => agentUnit(address, modules)),
    checks: addresses.map(agentCheck),
  });
}

/** What an agent has of its own. */
function filesOfAgent(
  machine: MachinePlan,
  peer: MachinePlan,
  address: PairAddress,
  options: AgentOptions,
): SetupFile[] {
  return [
    { path: configPathOf(address), content: agentConfig(machine, peer, address, options), mode: "0600" },
    { path: unitPathOf(address), content: unitFile(address) },
  ];
}

function agentUnit(address: PairAddress, modules: readonly SetupFile[]): SetupUnit {
  const read = [unitPathOf(address), configPathOf(address), tokenPath];
  return { name: `${address.unit}.service`, reads: [...read, ...modules.map(({ path }) => path)] };
}

function agentCheck({ suffix, statePath }: PairAddress): SetupCheck {
  return {
    name: `floating IP agent${suffix === "" ? "" : ` ${suffix}`} knows its server`,
    command: `python3 -c 'import json,sys; state = json.load(open("${statePath}")); sys.exit(0 if state["server"] else "the API answers: " + state["api"])'`,
  };
}

/** Configuration as JSON: everything but the token. */
export function agentConfig(
  machine: MachinePlan,
  peer: MachinePlan,
  address: PairAddress,
  options: AgentOptions,
): string {
  const floatingIpv6Id = options.floatingIpv6Ids?.[address.index];
  const config = {
    apiEndpoint: options.apiEndpoint,
    floatingIpId: options.floatingIpIds[address.index],
    ...(floatingIpv6Id !== undefined && { floatingIpv6Id }),
    networkId: (address.index === 0 ? options.networkId : undefined) ?? null,
    // Of one address either machine will do, as long as it is one of them.
    first: isOwnAddress(address, machine, peer),
    self: { server: machine.hostname, privateIp: machine.privateIp },
    publicPage: address.publicPage,
    peer: {
      server: peer.hostname,
      privateUrl: `http://${peer.privateIp}:${edgeHealthPort}${address.privatePage}`,
      publicPath: address.publicPage,
      pass: options.statePass,
      key: options.pairKey,
    },
    outside: {
      resolvers: hetznerResolvers,
      dnsPort: 53,
      visitorsPort: httpPort,
      asideFile: address.asideFile,
    },
    ownerFile: address.ownerFile,
    marker: address.masterMarker,
    fifo: address.notifyFifo,
    healthUrl: `http://127.0.0.1:${edgeHealthPort}/healthz`,
    port: address.agentPort,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** They exist before keepalived and outlive it, so that neither side ever holds a stale one. */
function runtimeFiles(addresses: readonly PairAddress[]): string {
  const lines = addresses.map(
    ({ notifyFifo, asideFile, ownerFile }) => `p ${notifyFifo} 0660 root ${user}
f ${asideFile} 0644 ${user} root - 0
f ${ownerFile} 0644 ${user} root - 0
`,
  );
  return `d ${runtimeFolder} 0755 root root\n${lines.join("")}`;
}

function unitFile(address: PairAddress): string {
  return `[Unit]
Description=Keeps the floating IP at the VRRP master
After=network-online.target keepalived.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User=${user}
LoadCredential=config.json:${configPathOf(address)}
LoadCredential=token:${tokenPath}
ExecStart=/usr/bin/python3 -s -E ${folder}/agent.py %d/config.json %d/token ${address.statePath}
RuntimeDirectory=${address.unit}
Environment=PYTHONDONTWRITEBYTECODE=1
Restart=always
RestartSec=1
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=${runtimeFolder}
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
}
