// Bad requests to create a server.
import { type BadRequest, type Fixture, invalid, invalidIn } from "./badRequest";

export const server = { name: "new", server_type: "cx23", image: "debian-13", location: "fsn1" };

export const serverFields: BadRequest[] = [
  invalid("no body", "/servers", "name", {}),
  invalid("a name with a space", "/servers", "name", { ...server, name: "a b" }),
  invalid("a name with shell syntax", "/servers", "name", { ...server, name: "$(reboot)" }),
  invalid("a name with a path", "/servers", "name", { ...server, name: "../../etc" }),
  invalid("a name that ends with a dash", "/servers", "name", { ...server, name: "a-" }),
  invalid("an empty name", "/servers", "name", { ...server, name: "" }),
  invalid("a name of 254 characters", "/servers", "name", { ...server, name: "a".repeat(254) }),
  invalid("a number as name", "/servers", "name", { ...server, name: 7 }),
  invalid("an unknown type", "/servers", "server_type", { ...server, server_type: "cx99" }),
  invalid("an unknown type id", "/servers", "server_type", { ...server, server_type: 9_999_999 }),
  invalid("an unknown image", "/servers", "image", { ...server, image: "windows" }),
  invalid("an image of another architecture", "/servers", "image", { ...server, image: 310557661 }),
  invalid("an unknown location", "/servers", "location", { ...server, location: "moon1" }),
  invalid("location and datacenter", "/servers", "location", { ...server, datacenter: "fsn1-dc14" }),
  invalid("a type that the location has not", "/servers", "location", { ...server, location: "ash" }),
  invalid("an unknown SSH key", "/servers", "ssh_keys", { ...server, ssh_keys: [12345] }),
  invalid("user data of more than 32 KiB", "/servers", "user_data", {
    ...server,
    user_data: "x".repeat(32_769),
  }),
  invalid("a label value with a space", "/servers", "labels", { ...server, labels: { a: "b c" } }),
  invalid("a reserved label", "/servers", "labels", { ...server, labels: { "hetzner.cloud/a": "b" } }),
  invalid("labels as list", "/servers", "labels", { ...server, labels: ["a"] }),
  invalid("a string for a flag", "/servers", "start_after_create", { ...server, start_after_create: "yes" }),
  invalid("no interface at all", "/servers", "public_net", {
    ...server,
    public_net: { enable_ipv4: false, enable_ipv6: false },
  }),
  invalid("an unknown primary IP", "/servers", "public_net.ipv4", { ...server, public_net: { ipv4: 4711 } }),
  invalidIn(
    "the same volume twice",
    () => "/servers",
    "volumes",
    (f: Fixture) => ({ ...server, volumes: [f.volume, f.volume] }),
  ),
  invalidIn(
    "a volume of another location",
    () => "/servers",
    "volumes",
    (f: Fixture) => ({
      ...server,
      location: "nbg1",
      volumes: [f.volume],
    }),
  ),
];
