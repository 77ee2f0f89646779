import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TransferSource, ZoneSpec, ZoneTransfer } from "../../src/host/contract";
import { eventually } from "../machines/lab";
import { freePort, primaryZone, record, TestNameServer, whyNoNameServer } from "./support";

/** A zone with records of every type, and one that it points to. */
const zonesOfEveryType = [
  primaryZone(1, "example.test", 1, [
    record("www", "A", "192.0.2.1", 60),
    record("www", "A", "192.0.2.2", 60),
    record("www", "AAAA", "2001:DB8:0::1"),
    record("@", "MX", "10 mail"),
    record("@", "TXT", '"first; second" "\\"quoted\\" \\\\ é"'),
    record("@", "CAA", "0 issue letsencrypt.org"),
    record("_sip._tcp", "SRV", "1 2 5060 sip.example.org."),
    record("alias", "CNAME", "www"),
    record("across", "CNAME", "lb.another.test."),
    record("*.wild", "A", "192.0.2.9"),
    record("_443._tcp", "TLSA", `3 1 1 ${"ab".repeat(32)}`),
  ]),
  primaryZone(9, "another.test", 1, [record("lb", "A", "192.0.2.50")]),
];

describe("name server", function () {
  this.timeout(120_000);
  let dns: TestNameServer;

  before(async function () {
    const reason = whyNoNameServer();
    if (reason === undefined) {
      dns = await TestNameServer.start();
      return;
    }
    console.log(`      skipped: ${reason}`);
    this.skip();
  });
  after(() => dns?.stop());
  afterEach(() => assert.deepEqual(dns?.problems ?? [], []));

  const publish = (zones: readonly ZoneSpec[], pointers: Record<string, string> = {}) =>
    dns.server.publish({ zones, pointers });
  const refused = (name: string) =>
    dns.resolver.resolve4(name).then(
      () => "answered",
      (error: { code: string }) => error.code,
    );

  it("answers records of a zone as soon as it is published", async () => {
    await publish(zonesOfEveryType);
    const { resolver } = dns;
    const addresses = await resolver.resolve4("www.example.test", { ttl: true });
    assert.deepEqual(
      addresses.sort((a, b) => (a.address < b.address ? -1 : 1)),
      [
        { address: "192.0.2.1", ttl: 60 },
        { address: "192.0.2.2", ttl: 60 },
      ],
    );
    assert.deepEqual(await resolver.resolve6("WWW.Example.TEST"), ["2001:db8::1"]);
    assert.deepEqual(await resolver.resolveMx("example.test"), [
      { priority: 10, exchange: "mail.example.test", type: "MX" },
    ]);
    const [texts = []] = await resolver.resolveTxt("example.test");
    assert.deepEqual(
      texts.map((text) => Buffer.from(text, "latin1").toString()),
      ["first; second", '"quoted" \\ é'],
    );
    assert.equal((await resolver.resolveCaa("example.test"))[0]?.issue, "letsencrypt.org");
    assert.equal((await resolver.resolveSrv("_sip._tcp.example.test"))[0]?.name, "sip.example.org");
    assert.deepEqual(await resolver.resolveCname("alias.example.test"), ["www.example.test"]);
    assert.equal((await resolver.resolve4("alias.example.test")).length, 2);
    assert.deepEqual(await resolver.resolve4("across.example.test"), ["192.0.2.50"]);
    assert.deepEqual(await resolver.resolve4("anything.wild.example.test"), ["192.0.2.9"]);
    assert.equal((await resolver.resolveTlsa("_443._tcp.example.test"))[0]?.certUsage, 3);
    assert.equal((await resolver.resolveSoa("example.test")).serial, 1);
  });

  it("follows changes, new zones and deleted ones, each when its publication ends", async () => {
    for (let serial = 2; serial < 12; serial++) {
      await publish([primaryZone(1, "example.test", serial, [record("n", "A", `192.0.2.${serial}`)])]);
      assert.deepEqual(await dns.resolver.resolve4("n.example.test"), [`192.0.2.${serial}`]);
    }
    await publish([primaryZone(2, "other.test", 1, [record("a", "A", "192.0.2.7")])]);
    assert.deepEqual(await dns.resolver.resolve4("a.other.test"), ["192.0.2.7"]);
    assert.equal(await refused("n.example.test"), "EREFUSED");
    assert.deepEqual(
      (await readdir(join(dns.folder, "zones"))).filter((name) => /^[0-9]/.test(name)),
      ["2.zone"],
    );
    // Deleted and made anew under another id, with the serial it had.
    await publish([primaryZone(3, "other.test", 1, [record("a", "A", "192.0.2.8")])]);
    assert.deepEqual(await dns.resolver.resolve4("a.other.test"), ["192.0.2.8"]);
  });

  it("reloads nothing when nothing has changed", async () => {
    const zones = [primaryZone(2, "other.test", 5)];
    await publish(zones);
    const before = dns.published;
    await Promise.all([publish(zones), publish(zones)]);
    assert.equal(dns.published, before);
  });

  it("keeps what it has when its checker refuses a zone", async () => {
    const good = primaryZone(2, "other.test", 6, [record("a", "A", "192.0.2.1")]);
    await publish([good]);
    const bad = primaryZone(4, "bad.test", 1, [record("a", "A", "192.0.2.1"), record("a", "CNAME", "b")]);
    const change = primaryZone(2, "other.test", 7, [record("a", "A", "192.0.2.2")]);
    await assert.rejects(publish([change, bad]), /refuses zone bad\.test: .*CNAME and other data/);
    assert.deepEqual(await dns.resolver.resolve4("a.other.test"), ["192.0.2.1"]);
    await publish([change]);
    assert.deepEqual(await dns.resolver.resolve4("a.other.test"), ["192.0.2.2"]);
  });

  it("names the addresses of the cloud: those that were set, and Hetzner's default", async () => {
    await publish([], { "198.51.100.7": "mail.example.com", "2001:db8:1:2::1": "six.example.com" });
    const { resolver } = dns;
    assert.deepEqual(await resolver.reverse("198.51.100.7"), ["mail.example.com"]);
    assert.deepEqual(await resolver.reverse("203.0.113.9"), ["static.9.113.0.203.clients.your-server.de"]);
    assert.deepEqual(await resolver.reverse("2001:db8:1:2::1"), ["six.example.com"]);
    await assert.rejects(resolver.reverse("2001:db8:1:2::2"), { code: "ENOTFOUND" });
    await publish([], {});
    assert.deepEqual(await resolver.reverse("198.51.100.7"), ["static.7.100.51.198.clients.your-server.de"]);
    await assert.rejects(resolver.reverse("2001:db8:1:2::1"), { code: "ENOTFOUND" });
  });

  it("knows where Hetzner's name servers are", async () => {
    await publish([]);
    assert.deepEqual(await dns.resolver.resolve4("hydrogen.ns.hetzner.com"), ["127.0.0.1"]);
  });

  it("answers the same after kill -9, and changes while it is away are answered when it is back", async () => {
    await publish([primaryZone(5, "killed.test", 1, [record("a", "A", "192.0.2.1")])]);
    await dns.end("SIGKILL");
    const change = publish([primaryZone(5, "killed.test", 2, [record("a", "A", "192.0.2.2")])]);
    setTimeout(() => dns.run(), 300);
    await change;
    assert.deepEqual(await dns.resolver.resolve4("a.killed.test"), ["192.0.2.2"]);
  });

  it("keeps zones and keys from other users, and gives up its rights", async () => {
    for (const file of ["nsd.conf", "zones/5.zone", "zones", "state"]) {
      assert.equal((await stat(join(dns.folder, file))).mode & 0o007, 0, file);
    }
    const status = await readFile(`/proc/${dns.child?.pid}/status`, "utf8");
    assert.doesNotMatch(status, /^Uid:\s+0\s/m);
  });

  describe("with secondary zones", () => {
    const secret = Buffer.from("a shared secret of 32 octets....").toString("base64");
    let folder: string;
    let port: number;
    let primary: ReturnType<typeof spawn>;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "localcloud-primary-"));
      port = await freePort();
      const configuration = `server:
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: ""
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  xfrdir: "${folder}"
  ip-address: 127.0.0.1@${port}
key:
  name: "signed.test"
  algorithm: hmac-sha256
  secret: "${secret}"
zone:
  name: "plain.test"
  zonefile: "plain"
  provide-xfr: 127.0.0.1 NOKEY
zone:
  name: "signed.test"
  zonefile: "signed"
  provide-xfr: 127.0.0.1 signed.test
`;
      const zone = (name: string) =>
        `$ORIGIN ${name}.\n$TTL 60\n@ SOA ns root 7 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.77\n`;
      await writeFile(join(folder, "plain"), zone("plain.test"));
      await writeFile(join(folder, "signed"), zone("signed.test"));
      await writeFile(join(folder, "nsd.conf"), configuration);
      primary = spawn("/usr/sbin/nsd", ["-d", "-c", join(folder, "nsd.conf")], { stdio: "ignore" });
    });
    after(async () => {
      primary.kill();
      await new Promise((resolve) => primary.once("exit", resolve));
      await rm(folder, { recursive: true });
    });

    const secondary = (id: number, name: string, source: Partial<TransferSource>): ZoneSpec => ({
      id,
      name,
      contents: { mode: "secondary", sources: [{ address: "127.0.0.1", port, key: null, ...source }] },
    });

    it("transfers them, signed and not, and tells what came of it", async () => {
      const heard = new Map<number, ZoneTransfer>();
      dns.server.onTransfer((id, transfer) => heard.set(id, transfer));
      const key = { algorithm: "hmac-sha256", secret } as const;
      const wrong = { algorithm: "hmac-sha256", secret: Buffer.from("another").toString("base64") } as const;
      await publish([
        secondary(11, "plain.test", {}),
        secondary(12, "signed.test", { key }),
        secondary(13, "nobody.test", { port: 1 }),
        primaryZone(14, "between.test", 1),
      ]);
      await eventually("the transfers", async () => heard.size === 3, 20);
      assert.deepEqual(heard.get(11), { answered: true, recordCount: 4 });
      assert.deepEqual(heard.get(12), { answered: true, recordCount: 4 });
      assert.deepEqual(heard.get(13), { answered: false, recordCount: 0 });
      assert.deepEqual(await dns.resolver.resolve4("www.plain.test"), ["192.0.2.77"]);
      assert.deepEqual(await dns.resolver.resolve4("www.signed.test"), ["192.0.2.77"]);
      assert.equal((await dns.resolver.resolveSoa("between.test")).serial, 1);

      await publish([]);
      heard.clear();
      await publish([secondary(15, "signed.test", { key: wrong })]);
      await eventually("the refusal", async () => heard.has(15), 20);
      assert.deepEqual(heard.get(15), { answered: false, recordCount: 0 });
      await publish([secondary(15, "signed.test", { key })]);
      await eventually("the transfer with the right key", async () => heard.get(15)?.answered === true, 30);
    });
  });
});
