import type { SettingChange } from "./change";

/** Settings of the load balancers, in the order of Pulumi.yaml. */
export const edgeChanges: readonly SettingChange[] = [
  {
    path: "edge.serverType",
    value: "ccx13",
    note: "both machines lose power at once; so does every tier whose size changes (`vcpus` and `memoryGb` too)",
  },
  { path: "edge.engine", value: "nginx", note: "one balancer after the other" },
  {
    path: "edge.mode",
    value: "activeActive",
    note: "keepalived starts anew on both; back again deletes the second address, which `protect` refuses",
  },
  {
    path: "edge.ipv6",
    value: true,
    note: "HAProxy and nginx reload and the agents start anew, visitors notice nothing; back again deletes the networks of IPv6, which `protect` refuses",
  },
  {
    path: "edge.mode",
    value: "managed",
    note: "visitors move with DNS from the floating IP, which serves on, to the address of Hetzner's load balancer; back again deletes that one, which `protect` refuses",
  },
  {
    path: "edge.floatingIps",
    value: ["visitors"],
    note: "visitors are served under the other address at once, and no longer under the one that is deleted, which `protect` refuses",
  },
  {
    path: "edge.otherHosts",
    value: "redirect",
    note: "HAProxy and nginx reload, visitors notice nothing",
  },
  {
    path: "edge.acme.enabled",
    value: false,
    note: "HAProxy and nginx reload, and nothing listens on port 443 any more",
  },
  {
    path: "edge.acme.directory",
    value: "https://acme-staging-v02.api.letsencrypt.org/directory",
    note: "a new certificate is asked for at once; the old one serves until it has come, then visitors notice nothing",
  },
  {
    path: "edge.acme.challenge",
    value: "dns",
    with: [
      ["dns.zone", "example.com"],
      ["dnsToken", "d".repeat(64)],
    ],
    note: "certbot is told another way to prove the names; the certificate serves on, and the next renewal goes the new way",
  },
  { path: "edge.acme.email", value: "ops@example.com" },
  {
    path: "edge.balance",
    value: "leastConnections",
    note: "HAProxy and nginx reload, visitors notice nothing",
  },
  {
    path: "edge.retries",
    value: 0,
    note: "HAProxy and nginx reload, visitors notice nothing",
  },
  {
    path: "edge.limits",
    value: { requestsPerSecond: 50 },
    note: "HAProxy and nginx reload, visitors notice nothing; another window begins to count anew",
  },
  {
    path: "edge.cdn",
    value: { ranges: ["192.0.2.0/24"] },
    note: "from now on who does not come through the CDN gets 403: let the name lead to it first",
  },
  {
    path: "edge.accessLog",
    value: { requests: "failed" },
    note: "HAProxy and nginx reload, visitors notice nothing",
  },
];
