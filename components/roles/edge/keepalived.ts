import type { MachinePlan } from "../../plan/plan";
import { type CompleteSetup, completeSetup } from "../../setup/types";
import { keepRunning } from "../../setup/unit";
import { isOwnAddress, type PairAddress, runtimeFolder } from "./addresses";
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

/** keepalived decides who is master; it moves no address that visitors use, that is the agent's work. */
export function keepalivedSetup(
  machine: MachinePlan,
  peer: MachinePlan,
  addresses: readonly PairAddress[],
): CompleteSetup {
  return completeSetup({
    packages: ["keepalived"],
    files: [
      { path: checkPath, content: checkScript(peer.privateIp), mode: "0755" },
      {
        path: configPath,
        content: keepalivedConfig(machine, peer, addresses),
        // It refuses a file to be watched whose folder is not there; what lies in it is the agent's to make.
        validate: `install -d -m 0755 ${runtimeFolder} && keepalived -t -f "$1"`,
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
 * A busy machine must not lose the address. So a load balancer has 0.8 s for each of two answers in a row before it
 * counts as dead, one that reaches no node steps down only if the other one does, and a peer that takes over because it
 * heard nothing leaves the address where it is as long as the old master answers and serves. The same with the public
 * side: `aside` is a file that the agent writes, so nobody waits for a check.
 *
 * When two masters of one address hear each other again, the one with the address stays: no visitor's connection is
 * cut by a move.
 *
 * No interface is named, as its name differs between images; unicast needs none. A machine that cannot serve
 * is in FAULT, because with `nopreempt` a lower priority would move nothing.
 *
 * One address stays with who has it. Of two, each has a machine that takes it back once it has been well for half a
 * minute: otherwise the first failure would make the pair active/passive for good.
 */
export function keepalivedConfig(
  machine: MachinePlan,
  peer: MachinePlan,
  addresses: readonly PairAddress[],
): string {
  const instances = addresses.map((address) =>
    instance(address, machine, peer, preferenceOf(machine, peer, address, addresses)),
  );
  return `global_defs {
  router_id ${machine.hostname}
  vrrp_version 3
  script_user nobody
  enable_script_security
${addresses.map(({ fifoKeyword, notifyFifo }) => `  ${fifoKeyword} ${notifyFifo}\n`).join("")}}

${vrrpScript("alive", { script: checkPath, interval: 0.5, timeout: 2, fall: 2 })}
${vrrpScript("reaches", { script: `${checkPath} reaches`, interval: 1, timeout: 6, fall: 4 })}
${instances.join("\n")}`;
}

/** Whose an address is: nobody's where there is one, and with two each machine has its own. */
type Preference = "nobody" | "this" | "peer";

function preferenceOf(
  machine: MachinePlan,
  peer: MachinePlan,
  address: PairAddress,
  addresses: readonly PairAddress[],
): Preference {
  if (addresses.length === 1) return "nobody";
  return isOwnAddress(address, machine, peer) ? "this" : "peer";
}

/** Seconds for which a machine has been well before it takes its address back. */
const returnDelay = 30;

const election: Readonly<Record<Preference, string>> = {
  nobody: "nopreempt\n  priority 100",
  this: `preempt_delay ${returnDelay}\n  priority 150`,
  peer: "priority 100",
};

function instance(
  { instance: name, routerId, masterMarker, asideFile, ownerFile }: PairAddress,
  machine: MachinePlan,
  peer: MachinePlan,
  preference: Preference,
): string {
  const isNobodys = preference === "nobody";
  return `track_file ${name}_aside {
  file "${asideFile}"
  weight 0
}
${isNobodys ? `\ntrack_file ${name}_owner {\n  file "${ownerFile}"\n  weight 50\n}\n` : ""}
vrrp_instance ${name} {
  state BACKUP
  ${election[preference]}
  virtual_router_id ${routerId}
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
    ${name}_aside
${isNobodys ? `    ${name}_owner\n` : ""}\
  }
}
`;
}

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
  own=$(status_of 127.0.0.1 /alive 0.8) && [ "$own" = 200 ]
  exit
fi
own=$(status_of 127.0.0.1 /healthz 2) && [[ $own = 2* ]] && exit 0
export -f status_of
other=$(timeout 2.5 bash -c 'status_of ${peerIp} /healthz 2') && [[ $other = 5* ]]
`;
}
