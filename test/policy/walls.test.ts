import assert from "node:assert/strict";
import { isOpen, openToEverybody } from "../../policy/walls";

const from = (sourceIps: readonly string[], protocol: string, port?: string) => ({
  ...{ direction: "in", protocol, sourceIps },
  ...(port !== undefined && { port }),
});
const everybody = ["0.0.0.0/0", "::/0"];

describe("policy: only visitors' ports are open", () => {
  for (const [what, rule] of [
    ["pages", from(everybody, "tcp", "443")],
    ["pages over QUIC", from(everybody, "udp", "443")],
    ["ping", from(everybody, "icmp")],
    ["SSH from an office", from(["198.51.100.7/32", "2001:db8::/48"], "tcp", "22")],
    ["SSH from a provider's large network", from(["10.0.0.0/8"], "tcp", "22")],
    ["what goes out", { ...from(everybody, "tcp", "25"), direction: "out" }],
  ] as const) {
    it(`allows ${what}`, () => assert.deepEqual(openToEverybody([rule]), []));
  }

  for (const [what, rule, problem] of [
    ["SSH", from(everybody, "tcp", "22"), "tcp 22 is open to 0.0.0.0/0, ::/0"],
    ["SSH over IPv6 alone", from(["::/0"], "tcp", "22"), "tcp 22 is open to ::/0"],
    [
      "SSH for both halves of the internet",
      from(["0.0.0.0/1", "128.0.0.0/1"], "tcp", "22"),
      "tcp 22 is open to 0.0.0.0/1, 128.0.0.0/1",
    ],
    ["a database", from(everybody, "tcp", "5432"), "tcp 5432 is open to 0.0.0.0/0, ::/0"],
    ["a range with pages in it", from(everybody, "tcp", "80-9000"), "tcp 80-9000 is open to 0.0.0.0/0, ::/0"],
    ["all ports", from(everybody, "tcp"), "tcp any is open to 0.0.0.0/0, ::/0"],
    ["another protocol", from(everybody, "gre"), "gre any is open to 0.0.0.0/0, ::/0"],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(openToEverybody([rule]), [`${problem}: name the networks that need it`]);
    });
  }
});

describe("policy: public servers have a firewall", () => {
  for (const [what, nets, firewalls, open] of [
    ["no public address", [{ ipv4Enabled: false, ipv6Enabled: false }], [], false],
    ["a public address and a firewall", [{ ipv4Enabled: true }], [7], false],
    ["a public address and no firewall", [{ ipv4Enabled: true, ipv6Enabled: false }], [], true],
    ["an IPv6 address and no firewall", [{ ipv4Enabled: false }], undefined, true],
    ["nothing said of addresses, so both", undefined, [], true],
  ] as const) {
    it(`${open ? "refuses" : "allows"} a server with ${what}`, () =>
      assert.equal(isOpen(nets, firewalls), open));
  }
});
