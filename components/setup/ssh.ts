import { type CompleteSetup, completeSetup } from "./types";

/** How a machine is reached by SSH. */
export interface SshOptions {
  /** Administrators reach other machines through this one. */
  readonly isBastion: boolean;
  /** Addresses and ranges that the firewall lets in here: nobody else can knock. */
  readonly knownSources: readonly string[];
}

const path = "/etc/ssh/sshd_config.d/10-platform.conf";

/** The SSH server: keys only, what ssh-audit accepts, and no way on from a machine that is no bastion. */
export function sshSetup(options: SshOptions): CompleteSetup {
  return completeSetup({
    files: [{ path, content: sshdConf(options), validate: 'sshd -t -f "$1"' }],
    units: [{ name: "ssh.service", reads: [path], onChange: "reload" }],
  });
}

/**
 * The drop-in as text. Every algorithm is one that Go's and Python's clients speak too: Pulumi and Ansible connect
 * with those, not with OpenSSH.
 */
export function sshdConf({ isBastion, knownSources }: SshOptions): string {
  const lines = [
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "X11Forwarding no",
    "AllowAgentForwarding no",
    "AllowStreamLocalForwarding no",
    "PermitTunnel no",
    `AllowTcpForwarding ${isBastion ? "local" : "no"}`,
    "# Which key came in: one account belongs to several people.",
    "LogLevel VERBOSE",
    "# A peer that is gone is noticed inside of the connection, where nobody else can answer for it.",
    "TCPKeepAlive no",
    "ClientAliveInterval 60",
    "ClientAliveCountMax 2",
    "# A bring-up opens several sessions through the bastion at once.",
    "MaxStartups 50:30:100",
    ...exemption(knownSources),
    `KexAlgorithms ${keyExchanges.join(",")}`,
    `Ciphers ${ciphers.join(",")}`,
    `MACs ${macs.join(",")}`,
    "HostKey /etc/ssh/ssh_host_ed25519_key",
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Since 9.8 sshd refuses an address for minutes after connections without a login: one impatient tool would lock out all behind the bastion. */
function exemption(sources: readonly string[]): readonly string[] {
  if (sources.length === 0) return [];
  return [
    "# The firewall lets nobody else in: one's mistakes must not lock out all who come from the same address.",
    `PerSourcePenaltyExemptList ${[...new Set(sources)].sort().join(",")}`,
  ];
}

const keyExchanges = [
  "mlkem768x25519-sha256",
  "sntrup761x25519-sha512",
  "sntrup761x25519-sha512@openssh.com",
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
];

const ciphers = [
  "chacha20-poly1305@openssh.com",
  "aes256-gcm@openssh.com",
  "aes128-gcm@openssh.com",
  "aes256-ctr",
  "aes192-ctr",
  "aes128-ctr",
];

/** The kind that signs what was encrypted. */
const macs = ["hmac-sha2-512-etm@openssh.com", "hmac-sha2-256-etm@openssh.com"];
