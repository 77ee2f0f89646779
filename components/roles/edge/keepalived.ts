import { dirname } from "node:path/posix";
import type { MachinePlan } from "../../plan/plan";
import { type CompleteSetup, completeSetup } from "../../setup/types";
import { keepRunning } from "../../setup/unit";
import { edgeHealthPort } from "./role";

const configPath = "/etc/keepalived/keepalived.conf";
const dropIn = keepRunning({
  unit: "keepalived.service",
  why: "Without it a crash would end the failover silently.",
  unitLines: ["Wants=platform-floating-ip.service", "After=platform-floating-ip.service"],
  serviceLines: [
    "CPUWeight=1000",
    "RestartSec=200ms",
    "# What a killed main process leaves behind ignores SIGTERM, and systemd would wait 90 seconds for it.",
    "KillMode=mixed",
  ],
});

const checkPath = "/usr/local/lib/platform-edge/serves";

/** FIFO that keepalived writes its events to; the agent reads it as an alarm clock. */
export const notifyFifo = "/run/platform-edge/vrrp.fifo";

/** Says 1 while this machine's public side reaches nobody and the other one's does; the agent writes it. */
export const asideFile = "/run/platform-edge/aside";

/**
 * Link-local address on `lo` that keepalived holds exactly while it is master. Nobody talks to it: it is how
 * everybody on the machine reads the VRRP state from the kernel, without privileges and never out of date.
 */
export const masterMarker = "169.254.51.1";

/** keepalived decides who is master; it moves no address that visitors use, that is the agent's work. */
export function keepalivedSetup(machine: MachinePlan, peer: MachinePlan): CompleteSetup {
  return completeSetup({
    packages: ["keepalived"],
    files: [
      { path: checkPath, content: checkScript(peer.privateIp), mode: "0755" },
      {
        path: configPath,
        content: keepalivedConfig(machine, peer),
        // It refuses a file to be watched whose folder is not there; what lies in it is the agent's to make.
        validate: `install -d -m 0755 ${dirname(asideFile)} && keepalived -t -f "$1"`,
      },
      dropIn,
    ],
    units: [{ name: "keepalived.service", reads: [configPath, dropIn.path, checkPath] }],
  });
}

/**
 * VRRP version 3, because version 2 rounds to whole seconds. Nine short adverts instead of three long ones: 1.9 s until
 * the peer takes over, and nine losses in a row needed for a false alarm. Version 3 knows no authentication: the host
 * firewall lets protocol 112 in from the peer alone.
 *
 * A busy machine must not lose the address. So a load balancer has 0.9 s for each of two answers in a row before it
 * counts as dead, one that reaches no node steps down only if the other one does, and a peer that takes over because it
 * heard nothing leaves the address where it is as long as the old master answers and serves. The same with the public
 * side: `aside` is a file that the agent writes, so nobody waits for a check.
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

${vrrpScript("alive", { script: checkPath, interval: 0.5, timeout: 2, fall: 2 })}
${vrrpScript("reaches", { script: `${checkPath} reaches`, interval: 1, timeout: 6, fall: 4 })}
${aside}
vrrp_instance edge {
  state BACKUP
  nopreempt
  virtual_router_id 51
  priority 100
  advert_int 0.2
  down_timer_adverts 9
  unicast_src_ip ${machine.privateIp}
  check_unicast_src
  unicast_peer {
    ${peer.privateIp}
  }
  virtual_ipaddress {
    ${masterMarker}/32 dev lo scope host
  }
  track_script {
    alive
    reaches
  }
  track_file {
    aside
  }
}
`;
}

/** Any other number than 0 in it is a fault. */
const aside = `track_file aside {
  file "${asideFile}"
  weight 0
}
`;

/** Times in seconds. The first answer decides after a start: until then the machine counts as one that cannot serve. */
interface VrrpScript {
  readonly script: string;
  readonly interval: number;
  readonly timeout: number;
  /** Answers in a row that make it dead. */
  readonly fall: number;
}

function vrrpScript(name: string, { script, interval, timeout, fall }: VrrpScript): string {
  return `vrrp_script ${name} {
  script "${script}"
  interval ${interval}
  timeout ${timeout}
  fall ${fall}
  rise 2
  init_fail
}
`;
}

/**
 * Twice a second on every load balancer, so it is bash alone: curl takes four times the processor time.
 *
 * Nobody is helped by an address that moves to a machine that reaches nobody either. A peer that does not answer may
 * be where the visitors should go (then this machine's private side is cut), so its silence counts as "it does".
 */
function checkScript(peerIp: string): string {
  return `#!/bin/bash
# serves: whether the load balancer answers at all.
# serves reaches: whether this machine is as good a place for visitors as the other one, because it reaches an app
# node or neither of them does.
status_of() {
  exec 3<>"/dev/tcp/$1/${edgeHealthPort}" || return 1
  printf 'GET %s HTTP/1.0\\r\\n\\r\\n' "$2" >&3
  read -r -t "$3" _ status _ <&3 && printf '%s' "$status"
}

if [ "\${1-}" != reaches ]; then
  own=$(status_of 127.0.0.1 /alive 0.9) && [ "$own" = 200 ]
  exit
fi
own=$(status_of 127.0.0.1 /healthz 2) && [[ $own = 2* ]] && exit 0
export -f status_of
other=$(timeout 2.5 bash -c 'status_of ${peerIp} /healthz 2') && [[ $other = 5* ]]
`;
}
