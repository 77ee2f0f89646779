import { bastionSynRetries } from "../../machine/dialing";
import { mergeSetups } from "../../setup/merge";
import { sysctlSetup } from "../../setup/sysctl";
import type { CompleteSetup } from "../../setup/types";
import { acmeSetup } from "./acme";
import { pairAddresses } from "./addresses";
import { type AgentOptions, agentSetup } from "./agent";
import type { EdgeOptions } from "./edge";
import { floatingAddressSetup } from "./floatingAddress";
import { floatingNetworkSetup } from "./floatingNetwork";
import { haproxySetup } from "./haproxy";
import { keepalivedSetup } from "./keepalived";
import { natSetup } from "./nat";
import { nginxSetup } from "./nginx";
import { EdgeEngine } from "./settings";
import { edgeProbes } from "./status";

export interface LoadBalancerSetupOptions extends EdgeOptions {
  readonly engine: EdgeEngine;
  /** Addresses that visitors use, one for each of `mode`. */
  readonly floatingIps: readonly string[];
  /** The same of IPv6, with `ipv6`. @default - none */
  readonly floatingIpv6s?: readonly string[];
  /** Private range of the platform, for NAT. */
  readonly privateRange: string;
  readonly agent: AgentOptions;
}

/** Everything that makes a machine one load balancer of a pair. Secret: it holds the API token. */
export function loadBalancerSetup(options: LoadBalancerSetupOptions): CompleteSetup {
  return mergeSetups(
    edgeKernelSetup,
    natSetup(options.privateRange),
    floatingAddressSetup(options.floatingIps),
    floatingNetworkSetup(options.floatingIpv6s ?? []),
    options.engine === EdgeEngine.Nginx ? nginxSetup(options) : haproxySetup(options),
    agentSetup(options.machine, options.peer, pairAddresses(options.mode), options.agent),
    keepalivedSetup(options.machine, options.peer, pairAddresses(options.mode)),
    acmeSetup(options),
    { probes: edgeProbes(options, options.engine, options) },
  );
}

/** Connections that the kernel follows: closed ones count for two minutes, so 262144 last for 2000 new ones a second. */
const trackedConnections = 262_144;

export const edgeKernelSetup = sysctlSetup({
  name: "kernel settings of a load balancer",
  path: "/etc/sysctl.d/61-platform-edge.conf",
  values: {
    "net.ipv4.ip_forward": "1",
    // The proxies bind the private address before the interface has it.
    "net.ipv4.ip_nonlocal_bind": "1",
    // Answers of the floating IP may leave by another way than questions come.
    "net.ipv4.conf.all.rp_filter": "2",
    // Whoever asks for connections that never come about costs nobody a place: the kernel answers without one.
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.tcp_max_syn_backlog": "8192",
    "net.core.somaxconn": "8192",
    // Such a one is given up after 7 s.
    "net.ipv4.tcp_synack_retries": "2",
    "net.ipv4.tcp_fin_timeout": "15",
    // It is the bastion: SSH to a machine that is off must not wait for minutes.
    "net.ipv4.tcp_syn_retries": `${bastionSynRetries}`,
  },
  whereAllowed: {
    // Four to a bucket, as the kernel chooses by itself for this number on a larger machine.
    "net.netfilter.nf_conntrack_buckets": `${trackedConnections / 4}`,
    "net.netfilter.nf_conntrack_max": `${trackedConnections}`,
    "net.netfilter.nf_conntrack_tcp_timeout_syn_recv": "15",
  },
  modules: ["nf_conntrack"],
});
