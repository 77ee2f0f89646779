import { EdgeEngine } from "../settings";
import { mergeSetups } from "../setup/merge";
import type { MachineSetup } from "../setup/types";
import { type AgentOptions, agentSetup } from "./agent";
import type { EdgeOptions } from "./edge";
import { floatingAddressSetup } from "./floatingAddress";
import { haproxySetup } from "./haproxy";
import { keepalivedSetup } from "./keepalived";
import { natSetup } from "./nat";
import { nginxSetup } from "./nginx";

export interface LoadBalancerSetupOptions extends EdgeOptions {
  readonly engine: EdgeEngine;
  readonly floatingIp: string;
  /** Private range of the platform, for NAT. */
  readonly privateRange: string;
  readonly agent: AgentOptions;
}

/** Everything that makes a machine one load balancer of a pair. Secret: it holds the API token. */
export function loadBalancerSetup(options: LoadBalancerSetupOptions): MachineSetup {
  return mergeSetups(
    kernelSetup,
    natSetup(options.privateRange),
    floatingAddressSetup(options.floatingIp),
    options.engine === EdgeEngine.Nginx ? nginxSetup(options) : haproxySetup(options),
    agentSetup(options.machine, options.peer, options.agent),
    keepalivedSetup(options.machine, options.peer),
  );
}

const sysctlPath = "/etc/sysctl.d/61-platform-edge.conf";

/** A leading dash: the setting is left alone where a machine may not change it. */
const kernelSetup: MachineSetup = {
  packages: [],
  files: [
    {
      path: sysctlPath,
      content: `net.ipv4.ip_forward = 1
# The proxies bind the private address before the interface has it.
net.ipv4.ip_nonlocal_bind = 1
# Answers of the floating IP may leave by another way than questions come.
net.ipv4.conf.all.rp_filter = 2
net.ipv4.tcp_max_syn_backlog = 8192
net.ipv4.tcp_fin_timeout = 15
-net.netfilter.nf_conntrack_max = 262144
`,
    },
  ],
  steps: [
    {
      name: "kernel settings of a load balancer",
      unless:
        '[ "$(sysctl -n net.ipv4.ip_forward net.ipv4.ip_nonlocal_bind net.ipv4.tcp_fin_timeout | xargs)" = "1 1 15" ]',
      run: `sysctl --quiet --ignore --load=${sysctlPath}`,
    },
  ],
  units: [],
  checks: [],
};
