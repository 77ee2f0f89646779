import { type CompleteSetup, completeSetup, type SetupFile } from "./types";

/** A program of the operator as a systemd unit that may write where its data is and nowhere else. */
export interface HardenedService {
  /** Name of the unit, and of its folder: `indexer` becomes `indexer.service`. */
  readonly name: string;
  /** Absolute path of the program, and its arguments as systemd splits them; `$NAME` stands for a variable. */
  readonly exec: string;
  /** User that it runs as, made when there is none of that name. */
  readonly user: string;
  /** Values without secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Values with secrets: they go to a file 0600 that systemd reads. */
  readonly secretEnvironment: Readonly<Record<string, string>>;
  readonly restart: "always" | "on-failure";
  /** Memory limit in MiB. */
  readonly memoryMb: number;
  /** It listens on a port below 1024. */
  readonly bindsLowPort: boolean;
  /** Its folder on a volume, where it is mounted. @default - `/var/lib/NAME` */
  readonly data?: string;
  /** Files of the setup beside its own whose change restarts it. @default - none */
  readonly reads?: readonly string[];
}

/** User, environment files and unit of one service. Secret: it holds the secret environment. */
export function hardenedService(service: HardenedService): CompleteSetup {
  const { name, user, reads = [] } = service;
  const unitPath = `/etc/systemd/system/${name}.service`;
  const usersPath = `/etc/sysusers.d/platform-${name}.conf`;
  const environment = [
    ...environmentFile(`/etc/platform/${name}.env`, service.environment, "0644"),
    ...environmentFile(`/etc/platform/${name}.secret.env`, service.secretEnvironment, "0600"),
  ];
  const paths = environment.map(({ path }) => path);
  return completeSetup({
    files: [
      { path: usersPath, content: `u ${user} - "${name}"\n` },
      { path: unitPath, content: unitFile(service, paths) },
      ...environment,
    ],
    steps: [
      {
        name: `user ${user}`,
        unless: `id ${user} >/dev/null 2>&1`,
        run: `systemd-sysusers ${usersPath}`,
      },
    ],
    units: [{ name: `${name}.service`, reads: [unitPath, ...paths, ...reads] }],
    checks: [
      {
        name: `${name} runs`,
        command: `systemctl is-active --quiet ${name}.service || { systemctl status --no-pager --lines 5 ${name}.service; false; }`,
      },
    ],
  });
}

function environmentFile(
  path: string,
  values: Readonly<Record<string, string>>,
  mode: string,
): readonly SetupFile[] {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}\n`);
  return lines.length === 0 ? [] : [{ path, mode, content: lines.join("") }];
}

/** As systemd reads its environment files: inside of double quotes a backslash keeps these four what they are. */
function quoted(value: string): string {
  return `"${value.replaceAll(/["\\$`]/g, "\\$&")}"`;
}

function unitFile(service: HardenedService, environment: readonly string[]): string {
  const { name, exec, user, restart, memoryMb, data, bindsLowPort } = service;
  const folder = data ?? `/var/lib/${name}`;
  const place = data === undefined ? [`StateDirectory=${name}`, "StateDirectoryMode=0750"] : [];
  const capability = bindsLowPort ? "CAP_NET_BIND_SERVICE" : "";
  const lines = [
    "[Unit]",
    `Description=Service ${name}`,
    "After=platform-network.service",
    "Wants=platform-network.service",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    // A specifier of systemd would be text of the program.
    `ExecStart=${exec.replaceAll("%", "%%")}`,
    `User=${user}`,
    ...environment.map((path) => `EnvironmentFile=${path}`),
    ...place,
    `WorkingDirectory=${folder}`,
    `ReadWritePaths=${folder}`,
    `Restart=${restart}`,
    "RestartSec=1",
    `MemoryMax=${memoryMb}M`,
    `CapabilityBoundingSet=${capability}`,
    `AmbientCapabilities=${capability}`,
    ...hardening,
    "",
    "[Install]",
    "WantedBy=multi-user.target",
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** What no program of an operator needs, and somebody who got into one would. Code made while running is allowed. */
export const hardening = [
  "UMask=0027",
  "NoNewPrivileges=yes",
  "ProtectSystem=strict",
  "ProtectHome=yes",
  "PrivateTmp=yes",
  "PrivateDevices=yes",
  "ProtectClock=yes",
  "ProtectControlGroups=yes",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "ProtectProc=invisible",
  "LockPersonality=yes",
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
];
