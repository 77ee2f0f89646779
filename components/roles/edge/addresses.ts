import type { MachinePlan } from "../../plan/plan";
import { ports } from "../../setup/ports";
import { publicStatePath } from "../../setup/site";
import { EdgeMode } from "./settings";

/** Folder of what keepalived and the agents tell each other. */
export const runtimeFolder = "/run/platform-edge";

/**
 * One address of the pair, and what there is once for each: an election of its master, and an agent that makes the
 * Hetzner API agree. Two addresses know nothing of each other, so each fails over as a single one does.
 */
export interface PairAddress {
  readonly index: 0 | 1;
  /** Of keepalived's instance. */
  readonly instance: string;
  /** Of the election: VRRP's virtual router id. */
  readonly routerId: number;
  /**
   * Link-local address on `lo` that keepalived holds exactly while it is master. Nobody talks to it: it is how
   * everybody on the machine reads the VRRP state from the kernel, without privileges and never out of date.
   */
  readonly masterMarker: string;
  /** FIFO that keepalived writes its events to; the agent reads it as an alarm clock. */
  readonly notifyFifo: string;
  /** keepalived's word for that FIFO: it knows two, and writes what happens to both. */
  readonly fifoKeyword: "vrrp_notify_fifo" | "notify_fifo";
  /** Says 1 while this machine's public side reaches nobody and the other one's does; the agent writes it. */
  readonly asideFile: string;
  /** Says 1 on the machine that the address is routed to; the agent writes it. */
  readonly ownerFile: string;
  /** The agent's, without `.service`. */
  readonly unit: string;
  /** State of the agent as JSON, for people and for monitoring. */
  readonly statePath: string;
  /** Port on loopback where the agent answers; the proxies hand its page to the peer. */
  readonly agentPort: number;
  /** The page on the private side, and on the public one. */
  readonly privatePage: string;
  readonly publicPage: string;
  /** For names of resources, files and probes: nothing for the first. */
  readonly suffix: "" | "2";
}

function pairAddress(index: 0 | 1, fifoKeyword: PairAddress["fifoKeyword"], agentPort: number): PairAddress {
  const suffix = index === 0 ? "" : "2";
  const unit = `floating-ip-agent${suffix}`;
  return {
    index,
    instance: `edge${suffix}`,
    routerId: 51 + index,
    masterMarker: `169.254.51.${1 + index}`,
    notifyFifo: `${runtimeFolder}/vrrp${suffix}.fifo`,
    fifoKeyword,
    asideFile: `${runtimeFolder}/aside${suffix}`,
    ownerFile: `${runtimeFolder}/owner${suffix}`,
    unit,
    statePath: `/run/${unit}/state.json`,
    agentPort,
    privatePage: `/state${suffix}`,
    publicPage: `${publicStatePath}${suffix}`,
    suffix,
  };
}

/** The address that there always is: the default route of the private network follows it. */
export const firstAddress = pairAddress(0, "vrrp_notify_fifo", ports.edgeAgent);
const secondAddress = pairAddress(1, "notify_fifo", ports.edgeAgent2);

/** The addresses that visitors use: one that either machine can have, or one for each. */
export function pairAddresses(mode: EdgeMode = EdgeMode.ActivePassive): readonly PairAddress[] {
  return mode === EdgeMode.ActiveActive ? [firstAddress, secondAddress] : [firstAddress];
}

/** Of two addresses each machine has its own; of one this says which of the machines begins with it. */
export function isOwnAddress({ index }: PairAddress, machine: MachinePlan, peer: MachinePlan): boolean {
  return machine.name < peer.name === (index === 0);
}
