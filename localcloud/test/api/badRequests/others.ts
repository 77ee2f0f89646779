// Bad requests for keys, groups, addresses, volumes and reverse DNS.
import { sshKey } from "../testCloud";
import { type BadRequest, invalid, invalidIn } from "./badRequest";

export const otherFields: BadRequest[] = [
  invalid("a private key", "/ssh_keys", "public_key", {
    name: "k",
    public_key: "-----BEGIN OPENSSH PRIVATE KEY-----",
  }),
  invalid("two lines of keys", "/ssh_keys", "public_key", {
    name: "k",
    public_key: `${sshKey}\nssh-rsa AAAA`,
  }),
  invalid("a blob of another type", "/ssh_keys", "public_key", {
    name: "k",
    public_key: sshKey.replace("ed25519", "rsa"),
  }),
  invalid("another kind of group", "/placement_groups", "type", { name: "g", type: "pack" }),
  invalid("a floating IP without a place", "/floating_ips", "home_location", { type: "ipv4" }),
  invalid("an unknown type of address", "/floating_ips", "type", { type: "ipv5", home_location: "fsn1" }),
  invalid("a primary IP without a place", "/primary_ips", "location", { type: "ipv4", name: "p" }),
  invalid("a volume of 9 GB", "/volumes", "size", { name: "v2", size: 9, location: "fsn1" }),
  invalid("a volume of 10241 GB", "/volumes", "size", { name: "v2", size: 10_241, location: "fsn1" }),
  invalid("a volume of 10.5 GB", "/volumes", "size", { name: "v2", size: 10.5, location: "fsn1" }),
  invalid("a volume without a place", "/volumes", "location", { name: "v2", size: 10 }),
  invalid("a volume name with a slash", "/volumes", "name", { name: "a/b", size: 10, location: "fsn1" }),
  invalid("an unknown file system", "/volumes", "format", {
    name: "v2",
    size: 10,
    location: "fsn1",
    format: "ntfs",
  }),
  invalidIn("a foreign address for reverse DNS", (f) => `/servers/${f.server}/actions/change_dns_ptr`, "ip", {
    ip: "192.0.2.1",
    dns_ptr: "a.example.com",
  }),
  invalidIn("no host name for reverse DNS", (f) => `/servers/${f.server}/actions/change_dns_ptr`, "dns_ptr", {
    ip: "198.51.100.2",
    dns_ptr: "a b",
  }),
  invalidIn("an unknown ISO", (f) => `/servers/${f.server}/actions/attach_iso`, "iso", { iso: "beos.iso" }),
  invalidIn("another rescue system", (f) => `/servers/${f.server}/actions/enable_rescue`, "type", {
    type: "freebsd64",
  }),
  invalidIn("an unknown key in rescue", (f) => `/servers/${f.server}/actions/enable_rescue`, "ssh_keys", {
    ssh_keys: [4711],
  }),
  { ...invalid("an id that is no number", "/servers/abc", "id", undefined), method: "GET" },
  { ...invalid("id 0", "/servers/0", "id", undefined), method: "GET" },
  { ...invalid("an id beyond 2^53", "/servers/99999999999999999", "id", undefined), method: "GET" },
  { ...invalid("actions without ids", "/actions", "id", undefined), method: "GET" },
  { ...invalid("actions with a bad id", "/actions?id=x", "id", undefined), method: "GET" },
];
