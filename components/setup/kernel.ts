import { mergeSetups } from "./merge";
import { sysctlSetup } from "./sysctl";
import { type CompleteSetup, completeSetup } from "./types";

const networkPath = "/etc/sysctl.d/60-platform.conf";
const modulesPath = "/etc/modprobe.d/platform.conf";

/** What the kernel of every machine is told. */
export function kernelSetup(): CompleteSetup {
  return mergeSetups(
    {
      files: [{ path: networkPath, content: networkConf }],
      units: [{ name: "systemd-sysctl.service", reads: [networkPath] }],
    },
    sysctlSetup({
      name: "what the kernel keeps to itself",
      path: "/etc/sysctl.d/62-platform-walls.conf",
      values: {},
      whereKnown: walls,
    }),
    completeSetup({ files: [{ path: modulesPath, content: modulesConf }] }),
  );
}

const networkConf = `# Connections between machines are many and short.
net.ipv4.ip_local_port_range = 10240 65535
net.ipv4.tcp_tw_reuse = 1
net.core.somaxconn = 4096
net.ipv4.tcp_slow_start_after_idle = 0
# A dead peer is noticed in minutes, not in hours.
net.ipv4.tcp_keepalive_time = 120
`;

/**
 * What a program without rights has no need of, and nobody on the network has a say in. Forwarding, reverse paths and
 * timestamps are left to the roles: usual hardening profiles break NAT, Docker and a second address with them.
 */
const walls: Readonly<Record<string, string>> = {
  // Routes come from the set-up; the star takes the interfaces that are there already.
  "net.ipv4.conf.*.accept_redirects": "0",
  "net.ipv4.conf.*.secure_redirects": "0",
  "net.ipv4.conf.*.send_redirects": "0",
  "net.ipv4.conf.*.accept_source_route": "0",
  "net.ipv6.conf.*.accept_redirects": "0",
  "net.ipv6.conf.*.accept_source_route": "0",
  "kernel.kptr_restrict": "2",
  "kernel.dmesg_restrict": "1",
  "kernel.perf_event_paranoid": "3",
  "kernel.unprivileged_bpf_disabled": "1",
  "net.core.bpf_jit_harden": "2",
  "kernel.yama.ptrace_scope": "1",
  "kernel.kexec_load_disabled": "1",
  "kernel.sysrq": "0",
  "kernel.core_uses_pid": "1",
  "fs.suid_dumpable": "0",
  "fs.protected_fifos": "2",
  "fs.protected_regular": "2",
  "dev.tty.ldisc_autoload": "0",
};

/** Rarely used protocols and file systems, in which holes are found most often, and disks that a server in a data centre has not. */
const unusedModules = [
  ...["dccp", "sctp", "rds", "tipc"],
  ...["cramfs", "freevxfs", "hfs", "hfsplus", "jffs2"],
  ...["usb-storage", "uas", "firewire-core", "firewire-ohci", "firewire-sbp2"],
];

const modulesConf = unusedModules.map((module) => `install ${module} /bin/false\n`).join("");
