// What counts as the data of each type, judged by the name server's own checker where it is installed.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { canonicalData, RecordDataError, type RecordType } from "../../src/dns/recordData";
import { zoneText } from "../../src/nameServer/zoneText";
import { record } from "../nameServer/support";

const zone = "example.com";
const long = "x".repeat(255);

/** Type, as a client writes it, in its one form. */
const good: readonly (readonly [RecordType, string, string])[] = [
  ["A", "192.0.2.1", "192.0.2.1"],
  ["AAAA", "2001:DB8:0:0::0001", "2001:db8::1"],
  ["AAAA", "::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["CAA", '0 issue "letsencrypt.org"', '0 issue "letsencrypt.org"'],
  ["CAA", '128 iodef "mailto:a;b@example.com"', '128 iodef "mailto:a;b@example.com"'],
  ["CAA", "0 ISSUEWILD ca.example.net", '0 issuewild "ca.example.net"'],
  ["CNAME", "www", "www.example.com."],
  ["CNAME", "@", "example.com."],
  ["CNAME", "Other.Example.NET.", "other.example.net."],
  ["CNAME", "_x._domainkey.example.net.", "_x._domainkey.example.net."],
  ["DS", `12345 13 2 ${"AB".repeat(32)}`, `12345 13 2 ${"ab".repeat(32)}`],
  [
    "DS",
    `12345 13 2 ${"ab".repeat(16)} ${"cd".repeat(16)}`,
    `12345 13 2 ${"ab".repeat(16)}${"cd".repeat(16)}`,
  ],
  ["HINFO", 'PC "Debian 13"', '"PC" "Debian 13"'],
  ["HTTPS", "1 .", "1 ."],
  ["HTTPS", "0 www", "0 www.example.com."],
  [
    "HTTPS",
    '1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1',
    '1 . alpn="h2,h3" port="8443" ipv4hint="192.0.2.1,192.0.2.2" ipv6hint="2001:db8::1"',
  ],
  [
    "SVCB",
    '2 dns.example.net. mandatory=alpn alpn=dot no-default-alpn key667="a\\"b" ech=AAAA',
    '2 dns.example.net. mandatory="alpn" alpn="dot" no-default-alpn key667="a\\"b" ech="AAAA"',
  ],
  ["SVCB", '1 dns alpn=h2 dohpath="/q{?dns}"', '1 dns.example.com. alpn="h2" dohpath="/q{?dns}"'],
  ["MX", "0010 mail", "10 mail.example.com."],
  ["MX", "0 .", "0 ."],
  ["NS", "ns1.example.net.", "ns1.example.net."],
  ["PTR", "host.example.net.", "host.example.net."],
  ["RP", "first\\.last.example.com. .", "first\\.last.example.com. ."],
  ["SRV", "1 2 443 www", "1 2 443 www.example.com."],
  ["TLSA", `3 1 1 ${"0f".repeat(32)}`, `3 1 1 ${"0f".repeat(32)}`],
  ["TLSA", "0 0 0 30820122", "0 0 0 30820122"],
  ["TXT", '"v=spf1 -all"', '"v=spf1 -all"'],
  ["TXT", '"one" "two;$three" ""', '"one" "two;$three" ""'],
  ["TXT", `"${long}" "${long}"`, `"${long}" "${long}"`],
  ["TXT", '"a\\"b\\\\c\\065\\;"', '"a\\"b\\\\cA;"'],
  ["TXT", '"é🍪"', '"\\195\\169\\240\\159\\141\\170"'],
  ["TXT", '"$INCLUDE /etc/passwd"', '"$INCLUDE /etc/passwd"'],
];

const bad: readonly (readonly [RecordType, string, RegExp])[] = [
  ["A", "192.0.2", /no IPv4/],
  ["A", "192.0.2.256", /no IPv4/],
  ["A", "192.0.02.1", /no IPv4/],
  ["A", "0x7f.1", /no IPv4/],
  ["A", "192.0.2.1 192.0.2.2", /form: address/],
  ["A", "", /empty/],
  ["A", " ", /empty/],
  ["A", "192.0.2.1\n$INCLUDE /etc/passwd", /line breaks/],
  ["A", "192.0.2.1\r\nx A 192.0.2.2", /line breaks/],
  ["A", "192.0.2.1\0", /control/],
  ["A", "192.0.2.1 ; comment", /comments/],
  ["A", "192.0.2.1;", /comments/],
  ["A", "( 192.0.2.1 )", /parentheses/],
  ["A", "(192.0.2.1", /not closed/],
  ["A", "$INCLUDE", /no IPv4/],
  ["A", '"192.0.2.1"', /no IPv4/],
  ["AAAA", "192.0.2.1", /no IPv6/],
  ["AAAA", "fe80::1%eth0", /no IPv6/],
  ["AAAA", "2001:db8::g", /no IPv6/],
  ["CAA", '256 issue "x"', /flags/],
  ["CAA", '0 iss-ue "x"', /tag/],
  ["CAA", "0 issue", /form/],
  ["CNAME", "a b", /form/],
  ["CNAME", "a..b.", /no name/],
  ["CNAME", "-bad name-", /form/],
  ["CNAME", "https://example.com/", /no name/],
  ["CNAME", `${"x".repeat(64)}.com.`, /63/],
  ["CNAME", `${"label.".repeat(45)}`, /253/],
  ["CNAME", "$ORIGIN", /no name/],
  ["CNAME", "ü.example.com.", /no name/],
  ["DS", "1 2 3", /hexadecimal/],
  ["DS", "1 13 2 abcd", /32 octets/],
  ["DS", `70000 13 2 ${"ab".repeat(32)}`, /key tag/],
  ["HINFO", "one", /form/],
  ["HTTPS", "1", /form/],
  ["HTTPS", "1 . alpn=h2 alpn=h3", /twice/],
  ["HTTPS", "1 . unknown=1", /not known/],
  ["HTTPS", "1 . constructor=1", /not known/],
  ["HTTPS", "1 . port=70000", /port/],
  ["HTTPS", "1 . ipv4hint=::1", /ipv4hint/],
  ["HTTPS", "1 . mandatory=alpn", /missing/],
  ["HTTPS", "0 . alpn=h2", /priority 0/],
  ["MX", "mail.example.com.", /form/],
  ["MX", "-1 mail", /preference/],
  ["MX", "65536 mail", /preference/],
  ["SRV", "1 2 3", /form/],
  ["SOA", "ns. root. 1 2 3 4", /form/],
  ["TLSA", "3 1 1 xyz", /hexadecimal/],
  ["TLSA", "3 1 1 abcd", /32 octets/],
  ["TXT", "v=spf1 -all", /double quotes/],
  ["TXT", '"open', /open quote/],
  ["TXT", '"a" b', /double quotes/],
  ["TXT", '"a""b"', /double quotes/],
  ["TXT", `"${long}x"`, /255 octets/],
  ["TXT", `"${"é".repeat(128)}"`, /255 octets/],
  ["TXT", '"\\300"', /escape/],
  ["TXT", '"\\1"', /escape/],
  ["TXT", '"a\nb"', /line breaks/],
  ["TXT", '"a"\n@ IN NS evil.', /line breaks/],
];

describe("record data", () => {
  for (const [type, value, form] of good) {
    it(`${type} ${value.slice(0, 60)}`, () => {
      assert.equal(canonicalData(type, value, zone), form);
      assert.equal(canonicalData(type, form, zone), form, "the form of a form is itself");
    });
  }

  for (const [type, value, why] of bad) {
    it(`refuses ${type} ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.throws(
        () => canonicalData(type, value, zone),
        (error: unknown) => error instanceof RecordDataError && why.test(error.message),
      );
    });
  }

  it("is taken by the name server's checker in its one form, record by record", async function () {
    if (!existsSync("/usr/sbin/nsd-checkzone")) {
      console.log("      skipped: there is no nsd-checkzone");
      this.skip();
    }
    this.timeout(30_000);
    const folder = await mkdtemp(join(tmpdir(), "localcloud-records-"));
    const file = join(folder, "zone");
    const apex = [
      record("@", "SOA", "hydrogen.ns.hetzner.com. dns.hetzner.com. 1 86400 10800 3600000 3600"),
      record("@", "NS", "hydrogen.ns.hetzner.com."),
    ];
    const records = good.map(([type, value], index) => record(`r${index}`, type, value));
    await writeFile(file, zoneText(zone, [...records, ...apex]));
    const { exitCode, stdout, stderr } = await execa("nsd-checkzone", ["-p", zone, file], { reject: false });
    await rm(folder, { recursive: true });
    assert.equal(exitCode, 0, stderr);
    const read = stdout.split("\n").filter((line) => line !== "" && !line.startsWith(";"));
    // SOA is printed on several lines; every other record is one.
    const printed = read.filter((line) => /\sIN\s/.test(line));
    assert.equal(printed.length, records.length + apex.length);
  });
});
