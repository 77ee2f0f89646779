/**
 * How Pulumi's command provider dials: it tries once and then `limit` times more, waiting 0.1 s after the first
 * failure, half as much again after each further one, and 5 s at most. One attempt takes `perDialTimeout` at most, but
 * through a bastion it takes as long as the bastion's kernel repeats its SYN.
 */
export interface Dialing {
  /** `dialErrorLimit` of the provider. */
  readonly limit: number;
  /** Longest duration of one attempt in seconds. */
  readonly secondsPerDial: number;
}

/** `perDialTimeout` of every connection, in seconds. */
export const secondsPerDial = 10;

/** The first boot: a private machine on Hetzner may need four minutes. So does one whose size was changed. */
export const patientDials = 100;

/** A machine that has booted is there or it is not; this spans a restart of its sshd, and ends when it is dead. */
export const promptDials = 10;

/**
 * `net.ipv4.tcp_syn_retries` of a bastion. With the kernel's 6 each dial to a machine that is off takes two minutes,
 * because a network that does not know an address answers nothing.
 */
export const bastionSynRetries = 2;

/** Longest time in seconds that a kernel waits for an answer to its SYNs: 1, 2, 4 s and so on after each. */
export function synSeconds(retries: number): number {
  return 2 ** (retries + 1) - 1;
}

/** Longest time in seconds until the provider gives up. */
export function longestDialSeconds({ limit, secondsPerDial: each }: Dialing): number {
  const waits = Array.from({ length: limit }, (_, index) => Math.min(0.1 * 1.5 ** index, 5));
  return (limit + 1) * each + waits.reduce((sum, wait) => sum + wait, 0);
}
