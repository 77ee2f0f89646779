import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { nextSerial } from "../../src/dns/authority";
import type { TransferSource, ZoneSpec } from "../../src/host/contract";
import {
  type Names,
  type PublicationOptions,
  publicationOf,
  resolverLines,
} from "../../src/nameServer/publication";
import { primaryZone, record } from "./support";

const secret = Buffer.from("secret").toString("base64");
const options: PublicationOptions = {
  folder: "/var/lib/cloud/dns",
  user: "nsd",
  listeners: [{ address: "198.51.100.251", port: 53 }],
  ranges: { ipv4: ["198.51.100.0/24"], ipv6: "2001:db8::/32" },
};

const secondary = (id: number, name: string, ...sources: TransferSource[]): ZoneSpec => ({
  id,
  name,
  contents: { mode: "secondary", sources },
});
const source = (address: string, key: TransferSource["key"] = null): TransferSource => ({
  address,
  port: 53,
  key,
});
const names = (...zones: ZoneSpec[]): Names => ({ zones, pointers: {} });
const of = (...zones: ZoneSpec[]) => publicationOf(names(...zones), options);

describe("publication of zones", () => {
  it("is a configuration that the server's checker takes, with keys and transfers", async function () {
    const sha = { algorithm: "hmac-sha256", secret } as const;
    const md5 = { algorithm: "hmac-md5", secret } as const;
    const { configuration } = of(
      primaryZone(1, "example.com", 1),
      secondary(2, "two.com", source("203.0.113.1", sha), source("2001:db8::1", md5), source("203.0.113.2")),
    );
    for (const line of [
      '  zonefile: "zones/1.zone"',
      '  request-xfr: AXFR "203.0.113.1@53" "two.com"',
      '  request-xfr: AXFR "2001:db8::1@53" "2.two.com"',
      '  request-xfr: AXFR "203.0.113.2@53" "NOKEY"',
      '  allow-notify: "203.0.113.1" "two.com"',
      '  outgoing-interface: "198.51.100.251"',
    ]) {
      assert.ok(configuration.split("\n").includes(line), line);
    }
    if (!existsSync("/usr/sbin/nsd-checkconf")) this.skip();
    const folder = await mkdtemp(join(tmpdir(), "localcloud-nsd-"));
    const file = join(folder, "nsd.conf");
    const here = configuration
      .replaceAll(options.folder, folder)
      .replace('username: "nsd"', 'username: "root"');
    await writeFile(file, here);
    const { exitCode, stderr } = await execa("nsd-checkconf", [file], { reject: false });
    await rm(folder, { recursive: true });
    assert.equal(exitCode, 0, stderr);
  });

  it("names files by ids, whatever a zone is called", () => {
    const { files } = of(primaryZone(7, "passwd.com", 1));
    assert.deepEqual(
      files.filter(({ zone }) => zone === "passwd.com").map(({ file }) => file),
      ["zones/7.zone"],
    );
  });

  it("refuses what would leave its place in a file", () => {
    const injected = 'x"\n  include: "/etc/shadow';
    assert.throws(() => of(primaryZone(1, injected, 1)), /is not valid/);
    for (const name of ["a\n$INCLUDE /etc/passwd\nb", "../../etc/passwd", "a b", "A", "x.a.com."]) {
      assert.throws(() => of(primaryZone(1, "a.com", 1, [record(name, "A", "192.0.2.1")])), /name /);
    }
    assert.throws(() => of(secondary(1, injected, source("203.0.113.1"))), /cannot stand in nsd\.conf/);
    assert.throws(() => of(secondary(1, "a.com", source(injected))), /cannot stand in nsd\.conf/);
    const key = { algorithm: "hmac-md5", secret: 'x"' } as const;
    assert.throws(() => of(secondary(1, "a.com", source("203.0.113.1", key))), /cannot stand in nsd\.conf/);
    for (const value of ["192.0.2.1\n$INCLUDE /etc/passwd", "192.0.2.1 ; x", "192.0.2.1 )"]) {
      assert.throws(() => of(primaryZone(1, "a.com", 1, [record("a", "A", value)])));
    }
  });

  it("has a serial that stands for everything in it", () => {
    const serials = [
      of(primaryZone(1, "a.com", 1)),
      of(primaryZone(1, "a.com", 2)),
      of(primaryZone(2, "a.com", 1)),
      of(),
      publicationOf({ zones: [], pointers: { "198.51.100.9": "nine.com" } }, options),
    ].map(({ serial }) => serial);
    assert.equal(new Set(serials).size, serials.length);
    assert.equal(of(primaryZone(1, "a.com", 1)).serial, serials[0]);
  });

  it("sends the resolver's questions for its zones to the name server", () => {
    const lines = resolverLines(of(primaryZone(1, "a.com", 1)).zones, {
      address: "198.51.100.251",
      port: 53,
    });
    assert.deepEqual(lines.trim().split("\n"), [
      "server=/a.com/198.51.100.251#53",
      "server=/ns.hetzner.com/198.51.100.251#53",
      "server=/ns.hetzner.de/198.51.100.251#53",
      "server=/100.51.198.in-addr.arpa/198.51.100.251#53",
      "server=/8.b.d.0.1.0.0.2.ip6.arpa/198.51.100.251#53",
    ]);
  });

  it("counts serials by the day, and on when a day has more than a hundred changes", () => {
    const today = new Date("2026-03-04T23:59:59Z");
    assert.equal(nextSerial(null, today), 2_026_030_400);
    assert.equal(nextSerial(2_026_030_300, today), 2_026_030_400);
    assert.equal(nextSerial(2_026_030_400, today), 2_026_030_401);
    assert.equal(nextSerial(2_026_030_499, today), 2_026_030_500);
    assert.equal(nextSerial(2_026_030_500, today), 2_026_030_501);
  });
});
