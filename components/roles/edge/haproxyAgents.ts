import { pairAddresses } from "./addresses";
import type { EdgeOptions } from "./edge";

/** What the peer's question looks like: a time and a signature, see `signing.py`. */
export const questionForm = "^[0-9]{10}\\.[0-9a-f]{64}$";

/** What a peer of the release before shows. */
export const formerForm = "^[0-9a-f]{64}$";

/** Questions of one address in ten seconds: two agents ask twice a second, and more often while something happens. */
export const mostQuestions = 200;

/** Name of the backend with the agent of an address. */
const backendOf = ({ suffix }: { readonly suffix: string }) => `agent${suffix}`;

/** Paths of the agents' pages for the peer, as an ACL takes them. */
export function statePages({ mode }: EdgeOptions, side: "publicPage" | "privatePage"): string {
  return pairAddresses(mode)
    .map((address) => address[side])
    .join(" ");
}

/** Of the visitors' frontend: the agent judges who asks; what cannot be the peer's question does not get so far. */
export function stateRules(options: EdgeOptions): string {
  return `  acl asks_state path ${statePages(options, "publicPage")}
  acl may_be_peer req.hdr(X-Platform-Question) -m reg ${questionForm}
  acl may_be_peer req.hdr(X-Platform-Key) -m reg ${formerForm}
  http-request deny deny_status 404 if asks_state !may_be_peer
  http-request track-sc1 src table asking_for_state if asks_state
  http-request deny deny_status 429 if asks_state { sc1_http_req_rate gt ${mostQuestions} }
  http-request set-log-level silent if asks_state
`;
}

/** Sends those who ask for an agent's page to it. */
export function toAgents({ mode }: EdgeOptions, side: "publicPage" | "privatePage"): string {
  return pairAddresses(mode)
    .map((address) => `  use_backend ${backendOf(address)} if { path ${address[side]} }`)
    .join("\n");
}

/** The agents, which answer the peer alone. */
export function haproxyAgents({ mode }: EdgeOptions): readonly string[] {
  const asking = `backend asking_for_state
  stick-table type ipv6 size 10k expire 10s store http_req_rate(10s)`;
  const agents = pairAddresses(mode).map(
    (address) => `backend ${backendOf(address)}
  timeout queue 1s
  timeout server 2s
  server agent 127.0.0.1:${address.agentPort} maxconn 8`,
  );
  return [...agents, asking];
}
