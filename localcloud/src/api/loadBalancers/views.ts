// Load balancers as Hetzner's objects.

import { defaultDnsPtr } from "../../addresses/ip";
import { catalogue, loadBalancerTypeNamed, locationNamed } from "../../catalogue/catalogue";
import { firstHost6 } from "../../settings/names";
import type {
  DnsPtr,
  HealthCheck,
  LoadBalancer,
  LoadBalancerService,
  LoadBalancerTarget,
  PrimaryIp,
} from "../../state/rows";
import type { Call } from "../calls/call";
import { renderLoadBalancerType, renderLocation } from "../catalogue/catalogueViews";
import { bytesThisMonth } from "./metrics";
import { addressOf, serversOf } from "./spec";

export function renderLoadBalancer(call: Call, row: LoadBalancer) {
  const ipv6 = firstHost6(row.ipv6);
  const given = call.store.list("primary_ip").filter(({ assignee }) => assignee === row.id);
  // The name of an address stays with its primary IP.
  const names: DnsPtr = Object.assign({}, row.dnsPtr, ...given.map(({ dnsPtr }) => dnsPtr));
  const primaryIp = (type: PrimaryIp["type"]) => {
    const found = given.find((candidate) => candidate.type === type);
    return found === undefined ? {} : { id: found.id };
  };
  const { incoming, outgoing } = bytesThisMonth(call.host.traffic(row.id), new Date());
  return {
    id: row.id,
    name: row.name,
    public_net: {
      enabled: row.publicInterface,
      ipv4: { ...primaryIp("ipv4"), ip: row.ipv4, dns_ptr: names[row.ipv4] ?? defaultDnsPtr(row.ipv4) },
      ipv6: { ...primaryIp("ipv6"), ip: ipv6, dns_ptr: names[ipv6] ?? null },
    },
    private_net: row.privateNets.map(({ network, ip }) => ({ network, ip })),
    location: renderLocation(locationNamed(row.location)),
    load_balancer_type: renderLoadBalancerType(loadBalancerTypeNamed(row.loadBalancerType)),
    protection: { delete: row.protected },
    labels: row.labels,
    created: row.created,
    services: row.services.map(renderService),
    targets: row.targets.map((target) => renderTarget(call, row, target)),
    algorithm: { type: row.algorithm },
    outgoing_traffic: outgoing,
    ingoing_traffic: incoming,
    included_traffic: catalogue.prices.includedTrafficBytes,
  };
}

function renderService({ protocol, http, ...service }: LoadBalancerService) {
  return {
    protocol,
    listen_port: service.listenPort,
    destination_port: service.destinationPort,
    proxyprotocol: service.proxyProtocol,
    health_check: renderCheck(service.healthCheck),
    ...(http !== null && {
      http: {
        cookie_name: http.cookieName,
        cookie_lifetime: http.cookieLifetime,
        timeout_idle: http.timeoutIdle,
        sticky_sessions: http.stickySessions,
        certificates: http.certificates,
        redirect_http: http.redirectHttp,
      },
    }),
  };
}

function renderCheck({ http, ...check }: HealthCheck) {
  if (http === null) return check;
  const { statusCodes, ...rest } = http;
  return { ...check, http: { ...rest, status_codes: statusCodes } };
}

function renderTarget(call: Call, row: LoadBalancer, target: LoadBalancerTarget) {
  if (target.type === "ip") {
    return { type: "ip", ip: { ip: target.ip }, health_status: healthOf(call, row, target.ip) };
  }
  const { usePrivateIp } = target;
  const servers = serversOf(call.store, row, target).map((server) => ({
    type: "server",
    server: { id: server.id },
    health_status: healthOf(call, row, addressOf(call.store, row, server, usePrivateIp)),
    use_private_ip: usePrivateIp,
  }));
  if (target.type === "server") return servers[0];
  return {
    type: "label_selector",
    label_selector: { selector: target.selector },
    targets: servers,
    use_private_ip: usePrivateIp,
  };
}

/** One status for each service; a server that the load balancer cannot reach is unhealthy. */
function healthOf(call: Call, row: LoadBalancer, address: string | null) {
  return row.services.map(({ listenPort }) => ({
    listen_port: listenPort,
    status: address === null ? "unhealthy" : call.host.targetHealth(row.id, listenPort, address),
  }));
}
