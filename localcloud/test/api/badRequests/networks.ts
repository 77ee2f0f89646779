// Bad requests for networks and firewalls.
import { type BadRequest, invalid, invalidIn } from "./badRequest";

export const rule = { direction: "in", protocol: "tcp", port: "80", source_ips: ["0.0.0.0/0"] };

const rules = (what: string, field: string, change: object): BadRequest =>
  invalid(what, "/firewalls", `rules.0.${field}`, { name: "f", rules: [{ ...rule, ...change }] });

const network = (what: string, field: string, change: object): BadRequest =>
  invalid(what, "/networks", field, { name: "n2", ip_range: "10.1.0.0/16", ...change });

const subnet = (what: string, field: string, change: object): BadRequest =>
  invalidIn(what, (f) => `/networks/${f.network}/actions/add_subnet`, field, {
    type: "cloud",
    network_zone: "eu-central",
    ...change,
  });

const route = (what: string, field: string, change: object): BadRequest =>
  invalidIn(what, (f) => `/networks/${f.network}/actions/add_route`, field, {
    destination: "192.168.0.0/24",
    gateway: "10.0.1.5",
    ...change,
  });

export const networkFields: BadRequest[] = [
  network("a public range", "ip_range", { ip_range: "8.8.0.0/16" }),
  network("host bits", "ip_range", { ip_range: "10.0.0.1/16" }),
  network("a range that is too small", "ip_range", { ip_range: "10.0.0.0/25" }),
  network("an IPv6 range", "ip_range", { ip_range: "fd00::/8" }),
  network("an octal range", "ip_range", { ip_range: "010.0.0.0/16" }),
  network("a subnet outside", "subnets.0.ip_range", {
    subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: "10.9.0.0/24" }],
  }),
  subnet("an unknown zone", "network_zone", { network_zone: "mars" }),
  subnet("another zone than the other subnets", "network_zone", { network_zone: "us-east" }),
  subnet("an overlapping subnet", "ip_range", { ip_range: "10.0.1.128/25" }),
  subnet("a subnet outside of the range", "ip_range", { ip_range: "10.1.0.0/24" }),
  subnet("a subnet of two addresses", "ip_range", { ip_range: "10.0.5.0/31" }),
  subnet("a vswitch without its id", "vswitch_id", { type: "vswitch", ip_range: "10.0.5.0/24" }),
  route("a public destination", "destination", { destination: "8.8.8.0/24" }),
  route("a destination that is a subnet", "destination", { destination: "10.0.1.0/24" }),
  route("the network's own gateway", "gateway", { gateway: "10.0.0.1" }),
  route("a gateway outside", "gateway", { gateway: "10.1.0.1" }),
  invalidIn("a smaller range", (f) => `/networks/${f.network}/actions/change_ip_range`, "ip_range", {
    ip_range: "10.0.0.0/17",
  }),
];

export const firewallFields: BadRequest[] = [
  rules("host bits in a source", "source_ips.0", { source_ips: ["10.0.0.1/24"] }),
  rules("an address without a mask", "source_ips.0", { source_ips: ["10.0.0.1"] }),
  rules("an IPv6 network with host bits", "source_ips.0", { source_ips: ["2001:0DB8::1/32"] }),
  rules("an IPv6 network with a zone", "source_ips.0", { source_ips: ["fe80::%eth0/64"] }),
  rules("an IPv6 network of 129 bits", "source_ips.0", { source_ips: ["2001:db8::/129"] }),
  rules("a length with a leading zero", "source_ips.0", { source_ips: ["2001:db8::/032"] }),
  rules("no source", "source_ips", { source_ips: [] }),
  rules("a destination for direction in", "destination_ips", { destination_ips: ["0.0.0.0/0"] }),
  rules("an unknown protocol", "protocol", { protocol: "vrrp" }),
  rules("no port for tcp", "port", { port: undefined }),
  rules("port 0", "port", { port: "0" }),
  rules("port 65536", "port", { port: "65536" }),
  rules("a reversed range", "port", { port: "90-80" }),
  rules("a port for icmp", "port", { protocol: "icmp" }),
  rules("a long description", "description", { description: "x".repeat(256) }),
  invalid("a target without its server", "/firewalls", "apply_to.0.server", {
    name: "f",
    apply_to: [{ type: "server" }],
  }),
  invalid("a bad selector", "/firewalls", "apply_to.0.label_selector.selector", {
    name: "f",
    apply_to: [{ type: "label_selector", label_selector: { selector: "a=b=c" } }],
  }),
];
