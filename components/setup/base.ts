import { ports } from "../plan/flows";
import type { MachinePlan, Topology } from "../plan/topology";
import type { PlatformSettings } from "../settings/settings";
import { defaultRouteSetup } from "./defaultRoute";
import { hostFirewallSetup } from "./hostFirewall";
import { mergeSetups } from "./merge";
import { type CompleteSetup, completeSetup, type MachineSetup } from "./types";
import { keepRunning } from "./unit";
import { updatesSetup } from "./updates";

/**
 * What every machine of the platform has, whatever its role.
 *
 * @param logArchive private address of the machine that journals are sent to; false: they stay where they are
 */
export function baseSetup(
  machine: MachinePlan,
  topology: Topology,
  settings: PlatformSettings,
  logArchive: string | false = topology.storage.privateIp,
): CompleteSetup {
  return mergeSetups(
    hostFirewallSetup(machine, topology, settings),
    defaultRouteSetup(machine),
    hostsSetup(topology),
    sshSetup,
    updatesSetup(machine, topology),
    kernelSetup,
    ...(logArchive === false ? [] : [journalSetup(logArchive)]),
  );
}

/** Machines know each other by name without a DNS server that could fail. */
function hostsSetup(topology: Topology): CompleteSetup {
  const lines = topology.machines.map(
    (machine) => `${machine.privateIp} ${machine.hostname} ${machine.name}\n`,
  );
  const path = "/etc/platform/hosts";
  const update = `sed '/^# platform begin$/,/^# platform end$/d' /etc/hosts`;
  const wanted = `{ ${update}; echo '# platform begin'; cat ${path}; echo '# platform end'; }`;
  return completeSetup({
    files: [
      { path, content: lines.join("") },
      // cloud-init would write /etc/hosts anew at each boot.
      { path: "/etc/cloud/cloud.cfg.d/99-platform.cfg", content: "manage_etc_hosts: false\n" },
    ],
    steps: [
      {
        name: "names of the machines in /etc/hosts",
        unless: `${wanted} | cmp -s - /etc/hosts`,
        run: `${wanted} >/etc/.hosts.platform && chmod 0644 /etc/.hosts.platform && mv /etc/.hosts.platform /etc/hosts`,
      },
    ],
  });
}

const sshPath = "/etc/ssh/sshd_config.d/10-platform.conf";

/** Keys only. A bring-up opens several sessions through the bastion at once, so the limits leave room for it. */
const sshSetup: MachineSetup = {
  files: [
    {
      path: sshPath,
      content: `PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
X11Forwarding no
AllowAgentForwarding no
MaxStartups 50:30:100
`,
      validate: 'sshd -t -f "$1"',
    },
  ],
  units: [{ name: "ssh.service", reads: [sshPath], onChange: "reload" }],
};

const sysctlPath = "/etc/sysctl.d/60-platform.conf";

const kernelSetup: MachineSetup = {
  files: [
    {
      path: sysctlPath,
      content: `# Connections between machines are many and short.
net.ipv4.ip_local_port_range = 10240 65535
net.ipv4.tcp_tw_reuse = 1
net.core.somaxconn = 4096
net.ipv4.tcp_slow_start_after_idle = 0
# A dead peer is noticed in minutes, not in hours.
net.ipv4.tcp_keepalive_time = 120
`,
    },
  ],
  units: [{ name: "systemd-sysctl.service", reads: [sysctlPath] }],
};

const uploadPath = "/etc/systemd/journal-upload.conf.d/platform.conf";
const uploadDropIn = keepRunning({
  unit: "systemd-journal-upload.service",
  // The archive may be set up later than this machine, or be down for a while.
  serviceLines: ["RestartSec=2"],
});

/** Sends the journal to the log archive of the storage node; what it could not send waits in the journal. */
function journalSetup(archive: string): CompleteSetup {
  return completeSetup({
    packages: ["systemd-journal-remote"],
    files: [
      { path: uploadPath, content: `[Upload]\nURL=http://${archive}:${ports.journal}\n` },
      uploadDropIn,
    ],
    units: [{ name: "systemd-journal-upload.service", reads: [uploadPath, uploadDropIn.path] }],
  });
}
