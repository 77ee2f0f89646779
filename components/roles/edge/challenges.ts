import type { EdgeOptions } from "./edge";
import { challengePort } from "./role";

/** What the ACME server asks for under a name, to see whose it is. */
export const challengePath = "/.well-known/acme-challenge/";

/**
 * The machine that asks for a certificate is the only one that listens, and only while it asks; the authority comes
 * to the one that has the address. So either is tried, and a refused connection leads to the other at once.
 */
function places({ machine, peer }: EdgeOptions): readonly (readonly [name: string, endpoint: string])[] {
  return [
    ["self", `${machine.privateIp}:${challengePort}`],
    ["peer", `${peer.privateIp}:${challengePort}`],
  ];
}

/** A backend of HAProxy; nothing without ACME. */
export function haproxyChallenges(options: EdgeOptions): string[] {
  if (options.acme === undefined) return [];
  const servers = places(options).map(([name, endpoint]) => `  server ${name} ${endpoint} maxconn 16`);
  return [
    `backend challenges
  balance roundrobin
  timeout connect 1s
  timeout queue 2s
  timeout server 10s
  retries 1
  option redispatch 1
  retry-on conn-failure
${servers.join("\n")}`,
  ];
}

/** An upstream of nginx; nothing without ACME. */
export function nginxChallenges(options: EdgeOptions): string {
  if (options.acme === undefined) return "";
  const servers = places(options).map(([, endpoint]) => `    server ${endpoint} max_fails=0;`);
  return `
  upstream challenges {
${servers.join("\n")}
  }`;
}
