import { groupOf, profileOf, type WebOptions } from "./options";
import { Balance } from "./profiles";

/**
 * A group of the same nodes for each service, so that a service that fails is not asked on a node that serves others
 * well. A node that has failed several times gets nothing for a while; when that is true of all, the second line of
 * each is tried all the same.
 *
 * Connections are kept: nginx ends idle ones long before a node's proxy does. A POST is never sent twice, a GET on
 * connections that a node ends at that moment may be.
 */
export function upstreams(options: WebOptions): string {
  if (options.nodes.length === 0) return "";
  const groups = options.services.map(({ name }) => serviceGroup(name, options));
  return `${groups.join("")}
  upstream nodes {
    zone nodes ${64 + 2 * options.nodes.length}k;
${options.nodes.map((node) => `    server ${node} max_fails=0;`).join("\n")}
  }`;
}

function serviceGroup(service: string, options: WebOptions): string {
  const { balance, maxFails, failSeconds, keepConnections } = profileOf(options);
  const group = groupOf(service);
  const lines = (more: string) => options.nodes.map((node) => `    server ${node} ${more};`).join("\n");
  return `
  upstream ${group} {
    zone ${group} ${128 + 4 * options.nodes.length}k;${balance === Balance.LeastConnections ? "\n    least_conn;" : ""}
${lines(`max_fails=${maxFails} fail_timeout=${failSeconds}s`)}
${lines("backup max_fails=0")}
    keepalive ${keepConnections};
    keepalive_timeout 60s;
    keepalive_requests 10000;
  }`;
}
