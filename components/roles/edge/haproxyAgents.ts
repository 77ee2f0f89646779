import { pairAddresses } from "./addresses";
import type { EdgeOptions } from "./edge";

/** Name of the backend with the agent of an address. */
const backendOf = ({ suffix }: { readonly suffix: string }) => `agent${suffix}`;

/** Paths of the agents' pages for the peer, as an ACL takes them. */
export function statePages({ mode }: EdgeOptions, side: "publicPage" | "privatePage"): string {
  return pairAddresses(mode)
    .map((address) => address[side])
    .join(" ");
}

/** Sends those who ask for an agent's page to it. */
export function toAgents({ mode }: EdgeOptions, side: "publicPage" | "privatePage"): string {
  return pairAddresses(mode)
    .map((address) => `  use_backend ${backendOf(address)} if { path ${address[side]} }`)
    .join("\n");
}

/** The agents, which answer the peer alone. */
export function haproxyAgents({ mode }: EdgeOptions): readonly string[] {
  return pairAddresses(mode).map(
    (address) => `backend ${backendOf(address)}
  timeout queue 1s
  timeout server 2s
  server agent 127.0.0.1:${address.agentPort} maxconn 8`,
  );
}
