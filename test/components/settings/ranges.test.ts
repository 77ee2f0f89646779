import assert from "node:assert/strict";
import {
  contains,
  ipv4Range,
  ipv4Text,
  isDocumentationRange,
  isNetworkCidr,
  overlaps,
} from "../../../components/settings/ranges";

describe("ipv4Range", () => {
  for (const [cidr, first, last] of [
    ["10.0.0.0/16", "10.0.0.0", "10.0.255.255"],
    ["192.168.7.32/27", "192.168.7.32", "192.168.7.63"],
    ["255.255.255.255/32", "255.255.255.255", "255.255.255.255"],
    ["0.0.0.0/0", "0.0.0.0", "255.255.255.255"],
  ] as const) {
    it(`reads ${cidr}`, () => {
      const range = ipv4Range(cidr);
      assert.ok(range);
      assert.deepEqual([ipv4Text(range.first), ipv4Text(range.last)], [first, last]);
    });
  }

  for (const cidr of [
    "10.0.0.1/16",
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0/8",
    "10.0.0.256/32",
    "::/0",
    "",
    "0x0a.0.0.0/8",
    "010.0.0.0/8",
    "10.0.0.0/08",
  ]) {
    it(`refuses ${JSON.stringify(cidr)}`, () => assert.equal(ipv4Range(cidr), undefined));
  }
});

describe("isNetworkCidr", () => {
  for (const [cidr, expected] of [
    ["198.51.100.7/32", true],
    ["2001:db8::/32", true],
    ["2001:db8::1/128", true],
    ["2001:db8::1/64", false],
    ["2001:db8::1", false],
    ["::/0", true],
    ["10.0.1.5/24", false],
  ] as const) {
    it(`${expected ? "accepts" : "refuses"} ${cidr}`, () => assert.equal(isNetworkCidr(cidr), expected));
  }
});

describe("isDocumentationRange", () => {
  for (const [cidr, expected] of [
    ["192.0.2.10/32", true],
    ["198.51.100.0/24", true],
    ["203.0.113.128/25", true],
    ["2001:db8:5::/48", true],
    ["3fff:abc::1/128", true],
    ["192.0.0.0/16", false],
    ["2001:db9::/32", false],
    ["::ffff:c000:20a/128", false],
    ["0.0.0.0/0", false],
  ] as const) {
    it(`says ${expected ? "yes" : "no"} to ${cidr}`, () =>
      assert.equal(isDocumentationRange(cidr), expected));
  }
});

it("contains and overlaps agree with counting addresses", () => {
  const ranges = ["10.0.0.0/28", "10.0.0.0/30", "10.0.0.8/29", "10.0.0.16/28", "10.0.0.12/30"].map((cidr) => {
    const range = ipv4Range(cidr);
    assert.ok(range);
    return range;
  });
  const addresses = (range: { first: number; last: number }) =>
    Array.from({ length: range.last - range.first + 1 }, (_, index) => range.first + index);
  for (const a of ranges) {
    for (const b of ranges) {
      const shared = addresses(b).filter((address) => addresses(a).includes(address)).length;
      assert.equal(contains(a, b), shared === addresses(b).length);
      assert.equal(overlaps(a, b), shared > 0);
    }
  }
});
