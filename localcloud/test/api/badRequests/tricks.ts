// Texts that try to leave the place they belong to, for every field that takes a name or an address.
import { type BadRequest, invalid, invalidIn } from "./badRequest";
import { server } from "./servers";

/** Names that are no host names. */
const badHostNames: readonly [what: string, name: string][] = [
  ["a command substitution", "a$(touch /tmp/x)"],
  ["backticks", "a`id`"],
  ["a pipe", "a|b"],
  ["a semicolon", "a;reboot"],
  ["an ampersand", "a&b"],
  ["a redirection", "a>b"],
  ["a quote", "a'b"],
  ["a double quote", 'a"b'],
  ["a newline", "a\nb"],
  ["a carriage return", "a\rb"],
  ["a tab", "a\tb"],
  ["a NUL", "a\u0000b"],
  ["a slash", "a/b"],
  ["a backslash", "a\\b"],
  ["two dots", "a..b"],
  ["only dots", ".."],
  ["a leading dash", "-rf"],
  ["an underscore", "a_b"],
  ["a percent sign", "a%00b"],
  ["an umlaut", "ä"],
  ["an emoji", "🙂"],
  ["a right-to-left mark", "a\u202eb"],
  ["a label of 64 characters", "a".repeat(64)],
  ["a trailing dot", "a."],
  ["an environment variable", "$HOME"],
  ["a glob", "*"],
  ["a tilde", "~root"],
];

const badRanges: readonly [what: string, range: string][] = [
  ["a shell command as range", "10.0.0.0/16; reboot"],
  ["a range with spaces", " 10.0.0.0/16"],
  ["a range with a newline", "10.0.0.0/16\n"],
  ["a range of hexadecimal numbers", "0x0a.0.0.0/16"],
  ["a range with three parts", "10.0.0/16"],
  ["a range with five parts", "10.0.0.0.0/16"],
  ["a range beyond 255", "10.256.0.0/16"],
  ["a mask of 33", "10.0.0.0/33"],
  ["a negative mask", "10.0.0.0/-1"],
  ["two masks", "10.0.0.0/16/16"],
  ["no mask", "10.0.0.0"],
  ["a word", "private"],
  ["an empty range", ""],
];

const badLabels: readonly [what: string, labels: unknown][] = [
  ["a label key with a space", { "a b": "c" }],
  ["a label key that ends with a dash", { "a-": "c" }],
  ["a label key of 64 characters", { ["a".repeat(64)]: "c" }],
  ["a label key with two slashes", { "a/b/c": "d" }],
  ["a label key without a name", { "example.com/": "d" }],
  ["a label prefix of 254 characters", { [`${"a.".repeat(126)}aa/b`]: "c" }],
  ["an empty label key", { "": "c" }],
  ["a label value of 64 characters", { a: "b".repeat(64) }],
  ["a label value with a slash", { a: "b/c" }],
  ["a label value with a newline", { a: "b\nc" }],
  ["a label value that is a number", { a: 1 }],
  ["a label value that is null", { a: null }],
  ["a label value that is an object", { a: { b: "c" } }],
  ["labels that are a text", "a=b"],
  ["labels that are null", null],
];

const badNumbers: readonly [what: string, size: unknown][] = [
  ["a size of 1e400", Number("1e400")],
  ["a size beyond 2^53", 2 ** 53],
  ["a negative size", -10],
  ["a size of 0", 0],
  ["a size as text", "10"],
  ["a size as list", [10]],
  ["a size that is true", true],
  ["a size that is null", null],
];

const badKeys: readonly [what: string, key: string][] = [
  ["an empty key", ""],
  ["options before a key", 'command="reboot" ssh-ed25519 AAAA'],
  ["a key of which the blob is cut", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"],
  ["a key that is no base64", "ssh-ed25519 !!!!"],
  ["a key with a NUL", "ssh-ed25519 AAAA\u0000"],
  ["a word for a key", "key"],
];

const badPointers: readonly [what: string, name: string][] = [
  ["a newline in a reverse name", "a.example.com\nb.example.com"],
  ["a quote in a reverse name", 'a".example.com'],
  ["a semicolon in a reverse name", "a;b.example.com"],
  ["a reverse name with an empty label", "a..example.com"],
  ["a reverse name of 254 characters", `${"a.".repeat(126)}aa`],
  ["a label of a reverse name with 64 characters", `${"a".repeat(64)}.com`],
];

export const tricks: readonly BadRequest[] = [
  ...badHostNames.map(([what, name]) =>
    invalid(`${what} in a server's name`, "/servers", "name", { ...server, name }),
  ),
  ...badRanges.map(([what, ip_range]) => invalid(what, "/networks", "ip_range", { name: "n2", ip_range })),
  ...badLabels.map(([what, labels]) => ({
    ...invalid(what, "/placement_groups", "", { name: "g", type: "spread", labels }),
    field: undefined,
  })),
  ...badNumbers.map(([what, size]) =>
    invalid(what, "/volumes", "size", { name: "v2", size, location: "fsn1" }),
  ),
  ...badKeys.map(([what, public_key]) => invalid(what, "/ssh_keys", "public_key", { name: "k", public_key })),
  ...badPointers.map(([what, dns_ptr]) =>
    invalidIn(
      what,
      (f) => `/primary_ips/${f.primaryIp}/actions/change_dns_ptr`,
      "dns_ptr",
      (f: { primaryIpAddress: string }) => ({ ip: f.primaryIpAddress, dns_ptr }),
    ),
  ),
  ...["a name with a newline\n", "a\u0000b", "a\u0007b", "", "x".repeat(129)].map((name) =>
    invalid(`the network name ${JSON.stringify(name.slice(0, 20))}`, "/networks", "name", {
      name,
      ip_range: "10.1.0.0/16",
    }),
  ),
];
