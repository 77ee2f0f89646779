// Files of the system that serves a box: pure renderers. Names are those that the API gave: `u1-sub2`.

import type { BoxAccount, StorageBoxSpec } from "../host/storageBoxes";
import type { MachineFile } from "../linux/files";
import { resolverAddresses } from "../settings/names";
import { dataOwner } from "./fileSystem";

/** SFTP alone. */
const sftpPort = 22;
/** SSH with rsync, borg and SFTP. */
const sshPort = 23;

export const accountFolder = (username: string) => `/accounts/${username}`;

/** User id of an account: the box's own has the data's, the others one each, so that none can touch another. */
export function userId(username: string): number {
  const match = /^u\d+(?:-sub(\d+))?$/.exec(username);
  if (match === null) throw new Error(`${JSON.stringify(username)} is no account of a storage box`);
  return dataOwner + Number(match[1] ?? 0);
}

export interface CloudAddresses {
  /** Ranges in which machines have their addresses. */
  readonly ranges: readonly string[];
  /** Addresses of these ranges that are outside: the host, and the client that stands for the internet. */
  readonly outside: readonly string[];
}

/** Ports on which a box with these accounts listens. */
export function portsOf(accounts: readonly BoxAccount[]): readonly number[] {
  return accounts.some(({ ssh }) => ssh) ? [sftpPort, sshPort] : [sftpPort];
}

/** sshd_config of a box. */
export function sshdConfig(accounts: readonly BoxAccount[], cloud: CloudAddresses): string {
  const withSsh = accounts.filter(({ ssh }) => ssh);
  const shell =
    withSsh.length === 0
      ? ""
      : `Match LocalPort ${sshPort}
  AllowUsers ${withSsh.map((account) => allowed(account, cloud)).join(" ")}
`;
  const ports = portsOf(accounts).map((port) => `Port ${port}\n`);
  return `${ports.join("")}AddressFamily inet
UsePAM no
UseDNS no
PermitRootLogin no
PasswordAuthentication yes
KbdInteractiveAuthentication no
AuthorizedKeysFile ${accountFolder("%u")}/home/.ssh/authorized_keys
AllowUsers ${accounts.map((account) => allowed(account, cloud)).join(" ")}
ChrootDirectory ${accountFolder("%u")}
Subsystem sftp internal-sftp
DisableForwarding yes
PermitUserRC no
PermitUserEnvironment no
PrintMotd no
MaxStartups 100
Match LocalPort ${sftpPort}
  ForceCommand internal-sftp -d /home
${shell}`;
}

function allowed({ username, external }: BoxAccount, { ranges, outside }: CloudAddresses): string {
  if (external) return username;
  return `${username}@${[...outside.map((address) => `!${address}`), ...ranges].join(",")}`;
}

/** Lines of /etc/passwd, after those of the system. */
export function passwdLines(accounts: readonly BoxAccount[]): string {
  return accounts
    .map(({ username }) => `${username}:x:${userId(username)}:${userId(username)}::/home:/bin/sh\n`)
    .join("");
}

export function shadowLines(accounts: readonly BoxAccount[]): string {
  return accounts.map(({ username, passwordHash }) => `${username}:${passwordHash}:20000::::::\n`).join("");
}

/** What an account finds in /etc of its own root: its name and nobody else's. */
export function accountFiles({ username }: BoxAccount): MachineFile[] {
  const id = userId(username);
  const etc = `${accountFolder(username)}/etc`;
  return [
    { path: `${etc}/passwd`, content: `${username}:x:${id}:${id}::/home:/bin/sh\n` },
    { path: `${etc}/group`, content: `${username}:x:${id}:\n` },
  ];
}

/** Everything that follows from the specification, given the system's own passwd and shadow. */
export function serverFiles(
  box: StorageBoxSpec,
  cloud: CloudAddresses,
  system: { readonly passwd: string; readonly shadow: string },
): MachineFile[] {
  const { accounts } = box;
  return [
    { path: "/etc/ssh/sshd_config", content: sshdConfig(accounts, cloud) },
    { path: "/etc/passwd", content: system.passwd + passwdLines(accounts) },
    { path: "/etc/shadow", content: system.shadow + shadowLines(accounts), mode: 0o600 },
    { path: "/etc/resolv.conf", content: resolverAddresses.map((ip) => `nameserver ${ip}\n`).join("") },
    ...accounts.flatMap(accountFiles),
  ];
}
