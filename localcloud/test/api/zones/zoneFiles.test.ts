import assert from "node:assert/strict";
import { type Json, TestCloud } from "../testCloud";

const SERIAL = /(hydrogen\.ns\.hetzner\.com\. dns\.hetzner\.com\.) [0-9]{10}/;

const hetzner = (zone: string) => `$ORIGIN\t${zone}.
$TTL\t3600

@\tIN\tNS\thydrogen.ns.hetzner.com.
@\tIN\tNS\toxygen.ns.hetzner.com.
@\tIN\tNS\thelium.ns.hetzner.de.

@\tIN\tSOA\thydrogen.ns.hetzner.com. dns.hetzner.com. SERIAL 86400 10800 3600000 3600
`;

describe("zone files", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start();
  });
  after(() => cloud.stop());

  const create = async (name: string, more: object = {}) => {
    const { zone, action } = await cloud.ok("POST", "/zones", { name, mode: "primary", ...more });
    await cloud.succeeds(action);
    return (await cloud.get(`/zones/${zone.id}`)).zone;
  };
  const exported = async (name: string) => (await cloud.get(`/zones/${name}/zonefile`)).zonefile as string;
  const importing = (name: string, zonefile: string) =>
    cloud.act(`/zones/${name}/actions/import_zonefile`, { zonefile });
  const refuses = async (name: string, zonefile: string, why: RegExp) => {
    const path = `/zones/${name}/actions/import_zonefile`;
    const { details, status } = await cloud.fails("invalid_input", "POST", path, { zonefile });
    assert.equal(status, 422);
    assert.equal(details.fields[0].name, "zonefile");
    assert.match(details.fields[0].messages[0], why);
  };
  const sets = async (name: string): Promise<Record<string, Json>> => {
    const { rrsets } = await cloud.get(`/zones/${name}/rrsets?per_page=100`);
    return Object.fromEntries(rrsets.map((set: Json) => [set.id, set]));
  };

  it("are exported in BIND's form, with comments and with TTLs where a set has one", async () => {
    await create("out.com", {
      rrsets: [
        { name: "www", type: "A", ttl: 60, records: [{ value: "192.0.2.1", comment: "web; one" }] },
        { name: "@", type: "TXT", records: [{ value: '"a;b"' }] },
      ],
    });
    const text = (await exported("out.com")).replace(SERIAL, "$1 SERIAL");
    const wanted = `${hetzner("out.com")}
@\tIN\tTXT\t"a;b"

www\tIN\t60\tA\t192.0.2.1 ; web; one
`;
    assert.equal(text, wanted);
  });

  it("come back as they went, and a line more is a record more", async () => {
    await create("round.com", {
      ttl: 600,
      rrsets: [
        { name: "www", type: "A", ttl: 60, records: [{ value: "192.0.2.1", comment: "web; one" }] },
        { name: "*", type: "TXT", records: [{ value: '"a;b" "\\"c\\""' }] },
        { name: "_x._tcp", type: "SRV", records: [{ value: "1 2 3 www" }] },
      ],
    });
    const [before, text] = [await sets("round.com"), await exported("round.com")];
    await importing("round.com", `${text}\nfoobar\tIN\tA\t192.0.2.2\n`);
    const after = await sets("round.com");
    for (const [id, { records, ttl }] of Object.entries(before)) {
      if (id === "@/SOA") continue;
      assert.deepEqual([after[id].records, after[id].ttl], [records, ttl], id);
    }
    assert.deepEqual(after["foobar/A"].records, [{ value: "192.0.2.2" }]);
    const { record_count, ttl } = (await cloud.get("/zones/round.com")).zone;
    assert.deepEqual([record_count, ttl], [8, 600]);
  });

  it("are read as BIND reads them", async () => {
    await create("bind.com");
    await importing(
      "bind.com",
      `; a zone of somebody
$TTL 1h
$ORIGIN BIND.com.
@ 1D IN SOA hydrogen.ns.hetzner.com. dns.hetzner.com. ( 1 ; serial
      1d 3h 6w
      1h ) ; the end
@ NS hydrogen.ns.hetzner.com. ; Some comment.
  NS oxygen.ns.hetzner.com.
  IN NS helium.ns.hetzner.de.

WWW IN 300 A 192.0.2.1
    300 IN A 192.0.2.2 ; second
bind.com. MX 10 mail.bind.com.
sub.bind.com. txt unquoted "and quoted"
twice A 192.0.2.3
twice A 192.0.2.3
`,
    );
    const all = await sets("bind.com");
    assert.match(all["@/SOA"].records[0].value, / [0-9]{10} 86400 10800 3628800 3600$/);
    assert.equal(all["@/SOA"].ttl, 86_400);
    assert.deepEqual(all["@/NS"].records[0], {
      value: "hydrogen.ns.hetzner.com.",
      comment: "Some comment.",
    });
    assert.deepEqual(all["www/A"].records, [
      { value: "192.0.2.1" },
      { value: "192.0.2.2", comment: "second" },
    ]);
    assert.deepEqual([all["www/A"].ttl, all["twice/A"].ttl], [300, null]);
    assert.deepEqual(all["sub/TXT"].records, [{ value: '"unquoted" "and quoted"' }]);
    assert.deepEqual(all["twice/A"].records, [{ value: "192.0.2.3" }]);
    assert.deepEqual(all["@/MX"].records, [{ value: "10 mail.bind.com." }]);
  });

  it("at creation may leave out SOA and NS, and set the TTL", async () => {
    const zone = await create("given.com", {
      zonefile: "$ORIGIN\tgiven.com.\n$TTL\t10800\n\n@\tIN\tA\t198.51.100.1 ; My web server.\n",
    });
    assert.deepEqual([zone.ttl, zone.record_count], [10_800, 5]);
    const error = await cloud.fails("invalid_input", "POST", "/zones", {
      name: "both.com",
      mode: "primary",
      zonefile: "@ IN A 192.0.2.1\n",
      rrsets: [{ name: "a", type: "A", records: [{ value: "192.0.2.1" }] }],
    });
    assert.equal(error.details.fields[0].name, "rrsets");
  });

  it("replace all record sets, but none that is protected", async () => {
    await create("replace.com", { rrsets: [{ name: "old", type: "A", records: [{ value: "192.0.2.1" }] }] });
    const text = (await exported("replace.com")).replace(/\nold.*\n/, "");
    await cloud.act("/zones/replace.com/rrsets/old/A/actions/change_protection", { change: true });
    const path = "/zones/replace.com/actions/import_zonefile";
    await cloud.fails("protected", "POST", path, { zonefile: text });
    await cloud.act("/zones/replace.com/rrsets/old/A/actions/change_protection", { change: false });
    const { command } = await importing("replace.com", text);
    assert.equal(command, "import_zonefile");
    assert.deepEqual(Object.keys(await sets("replace.com")), ["@/NS", "@/SOA"]);
  });

  describe("that are wrong", () => {
    before(() => create("strict.com"));
    const whole = hetzner("strict.com").replace("SERIAL", "1");
    for (const [what, text, why] of [
      ["no SOA record", whole.replace(/.*SOA.*/, ""), /SOA/],
      ["no assigned name servers", whole.replace(/.*oxygen.*\n/, ""), /oxygen/],
      ["another origin", whole.replace("strict.com.", "other.com."), /\$ORIGIN must be 'strict\.com\.'/],
      ["the root as origin", whole.replace("strict.com.", "."), /\$ORIGIN/],
      ["an included file", `${whole}$INCLUDE /etc/passwd\n`, /line 9: \$INCLUDE is not supported/],
      ["an included file in lower case", `${whole}$include /etc/passwd\n`, /not supported/],
      ["generated records", `${whole}$GENERATE 1-100000 a$ A 192.0.2.1\n`, /\$GENERATE/],
      ["a TTL out of range", whole.replace("3600\n\n", "1\n\n"), /TTL/],
      ["a record's TTL out of range", `${whole}a 1 IN A 192.0.2.1\n`, /TTL/],
      ["two TTLs in a set", `${whole}a 60 A 192.0.2.1\na 61 A 192.0.2.2\n`, /different TTLs/],
      ["another class", `${whole}a CH A 192.0.2.1\n`, /class CH/],
      ["an unknown type", `${whole}a IN SPF "x"\n`, /type 'SPF'/],
      ["a generic type", `${whole}a TYPE65280 \\# 1 00\n`, /not supported/],
      ["a name of another zone", `${whole}www.other.com. A 192.0.2.1\n`, /dot/],
      ["a name with a path", `${whole}../../etc/x A 192.0.2.1\n`, /empty labels|not valid/],
      ["a line without a name", "  IN A 192.0.2.1\n", /no name/],
      ["no data", `${whole}a IN A\n`, /without data/],
      ["wrong data", `${whole}a IN A 192.0.2.999\n`, /no IPv4/],
      ["an open quote", `${whole}a TXT "open\n`, /line 9: unexpected open quote/],
      ["an open parenthesis", `${whole}a A ( 192.0.2.1\n`, /not closed/],
      ["a closing parenthesis", `${whole}a A 192.0.2.1 )\n`, /not opened/],
      ["a control character", `${whole}a TXT "\0"\n`, /control/],
      ["CNAME beside another type", `${whole}a A 192.0.2.1\na CNAME b\n`, /CNAME/],
      ["nothing", "", /SOA/],
    ] as const) {
      it(`are refused: ${what}`, () => refuses("strict.com", text, why));
    }

    it("leave the zone as it was", async () => {
      assert.deepEqual(Object.keys(await sets("strict.com")), ["@/NS", "@/SOA"]);
    });
  });

  it("of half a megabyte are read in a moment", async () => {
    const lines = Array.from({ length: 15_000 }, (_, index) => `n${index} IN A 192.0.2.${index % 250}`);
    await create("large.com", { zonefile: `${lines.join("\n")}\n` });
    assert.equal((await cloud.get("/zones/large.com")).zone.record_count, 15_004);
  }).timeout(10_000);
});
