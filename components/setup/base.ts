import { defaultRouteSetup } from "./defaultRoute";
import { type HostFirewall, hostFirewallSetup } from "./hostFirewall";
import { journalSetup } from "./journal";
import { kernelSetup } from "./kernel";
import { machineProbes } from "./machineProbes";
import { mergeSetups } from "./merge";
import { sshSetup } from "./ssh";
import { type CompleteSetup, completeSetup } from "./types";
import { type UpdateOptions, updatesSetup } from "./updates";

/** A machine as the others know it. */
export interface NamedMachine {
  readonly name: string;
  readonly hostname: string;
  readonly privateIp: string;
}

export interface BaseOptions {
  readonly hostname: string;
  /** It has addresses of its own in the internet, and so a way out. */
  readonly isPublic: boolean;
  /** Machines that are known by name without a DNS server that could fail. */
  readonly machines: readonly NamedMachine[];
  readonly firewall: HostFirewall;
  /** Addresses and ranges that the firewall lets in to SSH. */
  readonly sshSources: readonly string[];
  readonly updates: UpdateOptions;
  /** Private address of the machine that journals are sent to; undefined: they stay where they are. */
  readonly logArchive: string | undefined;
}

/** What every machine of a platform has, whatever its role. */
export function baseSetup(options: BaseOptions): CompleteSetup {
  return mergeSetups(
    hostFirewallSetup(options.firewall),
    defaultRouteSetup(options.isPublic),
    hostNameSetup(options.hostname),
    hostsSetup(options.machines),
    sshSetup({ isBastion: options.isPublic, knownSources: options.sshSources }),
    updatesSetup(options.updates),
    kernelSetup(),
    ...(options.logArchive === undefined ? [] : [journalSetup(options.logArchive)]),
    { probes: machineProbes(options.isPublic, options.logArchive !== undefined) },
  );
}

/** A server that gets another name keeps its system, and the name that its first boot gave it. */
export function hostNameSetup(hostname: string): CompleteSetup {
  return completeSetup({
    steps: [
      {
        name: `host name ${hostname}`,
        unless: `[ "$(hostname)" = ${hostname} ] && [ "$(cat /etc/hostname)" = ${hostname} ]`,
        run: `echo ${hostname} >/etc/.hostname.platform && chmod 0644 /etc/.hostname.platform && mv /etc/.hostname.platform /etc/hostname && hostname ${hostname}`,
      },
    ],
  });
}

function hostsSetup(machines: readonly NamedMachine[]): CompleteSetup {
  const lines = machines.map(({ privateIp, hostname, name }) => `${privateIp} ${hostname} ${name}\n`);
  const path = "/etc/platform/hosts";
  const update = `sed '/^# platform begin$/,/^# platform end$/d' /etc/hosts`;
  const wanted = `{ ${update}; echo '# platform begin'; cat ${path}; echo '# platform end'; }`;
  return completeSetup({
    files: [
      { path, content: lines.join("") },
      // cloud-init would write /etc/hosts anew at each boot, and the name of the first one.
      {
        path: "/etc/cloud/cloud.cfg.d/99-platform.cfg",
        content: "manage_etc_hosts: false\npreserve_hostname: true\n",
      },
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
