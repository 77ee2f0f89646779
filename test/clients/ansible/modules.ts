// What each module of the collection hetzner.hcloud is asked for: a state, and one that is changed from it.

export interface AnsibleModule {
  readonly module: string;
  readonly present: object;
  /** Over `present`, applied in place. @default - the module changes nothing in place */
  readonly change?: object;
}

const labels = { client: "ansible" };
const more = { labels: { ...labels, more: "also" } };
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY ansible";
const rule = { direction: "in", protocol: "tcp", port: "80", source_ips: ["0.0.0.0/0", "::/0"] };

const networks: readonly AnsibleModule[] = [
  { module: "ssh_key", present: { name: "an-key", public_key: KEY, labels }, change: more },
  { module: "placement_group", present: { name: "an-group", type: "spread", labels }, change: more },
  { module: "network", present: { name: "an-network", ip_range: "10.0.0.0/16", labels }, change: more },
  {
    module: "subnetwork",
    present: {
      network: "an-network",
      type: "cloud",
      network_zone: "eu-central",
      ip_range: "10.0.1.0/24",
    },
  },
  {
    module: "route",
    present: { network: "an-network", destination: "192.168.0.0/24", gateway: "10.0.1.9" },
  },
  {
    module: "firewall",
    present: { name: "an-firewall", rules: [rule], labels },
    change: { rules: [{ ...rule, port: "443", description: "tls" }] },
  },
];

const machines: readonly AnsibleModule[] = [
  {
    module: "primary_ip",
    present: { name: "an-primary", type: "ipv4", datacenter: "fsn1-dc14", labels },
    change: more,
  },
  {
    module: "server",
    present: {
      name: "an-server",
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
      ssh_keys: ["an-key"],
      labels,
    },
    change: { ...more, backups: true },
  },
  {
    module: "server_network",
    present: { network: "an-network", server: "an-server", ip: "10.0.1.5" },
    change: { alias_ips: ["10.0.1.6"] },
  },
  { module: "firewall_resource", present: { firewall: "an-firewall", servers: ["an-server"] } },
];

const addressesAndVolumes: readonly AnsibleModule[] = [
  {
    module: "floating_ip",
    present: { name: "an-floating", type: "ipv4", home_location: "fsn1", labels },
    change: { description: "the address that moves" },
  },
  {
    module: "volume",
    present: { name: "an-volume", size: 10, location: "fsn1", labels },
    change: { size: 20 },
  },
  { module: "volume_attachment", present: { volume: "an-volume", server: "an-server" } },
  {
    module: "rdns",
    present: {
      floating_ip: "an-floating",
      ip_address: "{{ floating_ip.hcloud_floating_ip.ip }}",
      dns_ptr: "an.example.com",
    },
    change: { dns_ptr: "an2.example.com" },
  },
];

const certificateOf = (pems: { certificate: string; key: string }): AnsibleModule => ({
  module: "certificate",
  present: { name: "an-certificate", certificate: pems.certificate, private_key: pems.key, labels },
  change: more,
});

const balancers: readonly AnsibleModule[] = [
  {
    module: "load_balancer",
    present: { name: "an-balancer", load_balancer_type: "lb11", location: "fsn1", labels },
    change: { algorithm: "least_connections" },
  },
  {
    module: "load_balancer_network",
    present: { network: "an-network", load_balancer: "an-balancer", ip: "10.0.1.7" },
  },
  {
    module: "load_balancer_service",
    present: { load_balancer: "an-balancer", protocol: "http", listen_port: 80, destination_port: 8080 },
    change: { destination_port: 9090 },
  },
  {
    module: "load_balancer_target",
    present: { load_balancer: "an-balancer", type: "server", server: "an-server", use_private_ip: true },
  },
];

const zones: readonly AnsibleModule[] = [
  {
    module: "zone",
    present: { name: "example.org", mode: "primary", ttl: 3600, labels },
    change: { ttl: 600 },
  },
  {
    module: "zone_rrset",
    present: { zone: "example.org", name: "www", type: "A", records: [{ value: "198.51.100.1" }] },
    change: { records: [{ value: "198.51.100.2", comment: "moved" }] },
  },
];

/** In the order in which they are made; they are removed in the other direction. */
export const ansibleModules = (pems: { certificate: string; key: string }): readonly AnsibleModule[] => [
  ...networks,
  ...machines,
  ...addressesAndVolumes,
  certificateOf(pems),
  ...balancers,
  ...zones,
];

/** Modules that only read. */
export const ansibleReaders: readonly { readonly module: string; readonly args: object }[] = [
  { module: "image_info", args: { name: "debian-13" } },
  { module: "server_info", args: { label_selector: "client=ansible" } },
  { module: "location_info", args: {} },
  { module: "server_type_info", args: { name: "cx23" } },
  { module: "iso_info", args: { architecture: "x86" } },
  { module: "network_info", args: { name: "an-network" } },
  { module: "volume_info", args: { name: "an-volume" } },
  { module: "ssh_key_info", args: { name: "an-key" } },
  { module: "floating_ip_info", args: { name: "an-floating" } },
  { module: "primary_ip_info", args: { name: "an-primary" } },
  { module: "firewall_info", args: { name: "an-firewall" } },
  { module: "certificate_info", args: { name: "an-certificate" } },
  { module: "load_balancer_info", args: { name: "an-balancer" } },
  { module: "load_balancer_type_info", args: { name: "lb11" } },
  { module: "datacenter_info", args: {} },
  { module: "zone_info", args: { name: "example.org" } },
  { module: "zone_rrset_info", args: { zone: "example.org" } },
];
