import { ports } from "../flows";
import type { MachineSetup } from "../setup/types";
import type { MachinePlan } from "../topology";

const configPath = "/etc/keepalived/keepalived.conf";
const dropInPath = "/etc/systemd/system/keepalived.service.d/platform.conf";

const checkPath = "/usr/local/lib/platform-edge/serves";

/** FIFO that keepalived writes its events to; the agent reads it as an alarm clock. */
export const notifyFifo = "/run/platform-edge/vrrp.fifo";

/**
 * Link-local address on `lo` that keepalived holds exactly while it is master. Nobody talks to it: it is how
 * everybody on the machine reads the VRRP state from the kernel, without privileges and never out of date.
 */
export const masterMarker = "169.254.51.1";

/** keepalived decides who is master; it moves no address that visitors use, that is the agent's work. */
export function keepalivedSetup(machine: MachinePlan, peer: MachinePlan): MachineSetup {
  return {
    packages: ["keepalived"],
    files: [
      { path: checkPath, content: checkScript, mode: "0755" },
      { path: configPath, content: keepalivedConfig(machine, peer), validate: 'keepalived -t -f "$1"' },
      { path: dropInPath, content: dropIn },
    ],
    steps: [],
    units: [{ name: "keepalived.service", reads: [configPath, dropInPath, checkPath] }],
    checks: [],
  };
}

/**
 * VRRP version 3, because version 2 rounds to whole seconds. Ten short adverts instead of three long ones:
 * 2.1 s until the peer takes over, and ten losses in a row needed for a false alarm. Version 3 knows no
 * authentication: the host firewall lets protocol 112 in from the peer alone.
 *
 * No interface is named, as its name differs between images; unicast needs none. A machine that cannot serve
 * is in FAULT, because with `nopreempt` a lower priority would move nothing.
 */
export function keepalivedConfig(machine: MachinePlan, peer: MachinePlan): string {
  return `global_defs {
  router_id ${machine.hostname}
  vrrp_version 3
  script_user nobody
  enable_script_security
  vrrp_notify_fifo ${notifyFifo}
}

vrrp_script serves {
  script "${checkPath}"
  interval 0.5
  timeout 1
  fall 2
  rise 3
  init_fail
}

vrrp_instance edge {
  state BACKUP
  nopreempt
  virtual_router_id 51
  priority 100
  advert_int 0.2
  down_timer_adverts 10
  unicast_src_ip ${machine.privateIp}
  check_unicast_src
  unicast_peer {
    ${peer.privateIp}
  }
  virtual_ipaddress {
    ${masterMarker}/32 dev lo scope host
  }
  track_script {
    serves
  }
}
`;
}

/** Twice a second on every load balancer, so it is bash alone: curl takes four times the processor time. */
const checkScript = `#!/bin/bash
# Whether visitors who come here are served: the load balancer answers, and has somebody to ask.
exec 3<>/dev/tcp/127.0.0.1/${ports.edgeHealth} || exit 1
printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3
read -r -t 0.8 _ status _ <&3 && [ "$status" = 200 ]
`;

const dropIn = `[Unit]
StartLimitIntervalSec=0
Wants=platform-floating-ip.service
After=platform-floating-ip.service

[Service]
# Without it a crash would end the failover silently.
Restart=always
RestartSec=200ms
# What a killed main process leaves behind ignores SIGTERM, and systemd would wait 90 seconds for it.
KillMode=mixed
`;
