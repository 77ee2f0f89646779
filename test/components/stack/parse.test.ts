import assert from "node:assert/strict";
import {
  loadStackFile,
  parseSettings,
  SettingsError,
  type SettingsProblem,
} from "../../../components/stack/stackConfig";

type Values = Record<string, unknown>;
type Change = (values: Values) => Values;

/** A small correct stack file; every case of the table below changes one thing of it. */
const correct = (): Values => ({
  domain: "www.example.com",
  adminRanges: ["198.51.100.7/32"],
  app: {
    services: {
      web: { image: "example/shop:1.4.2", replicas: 2, port: 3000, pathPrefix: "/" },
      worker: { image: "example/shop:1.4.2" },
    },
  },
});

const set =
  (path: string, value: unknown): Change =>
  (values) => {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let inner = values;
    for (const key of keys) {
      inner[key] ??= {};
      inner = inner[key] as Values;
    }
    if (value === undefined) delete inner[last];
    else inner[last] = value;
    return values;
  };

const all =
  (...changes: readonly Change[]): Change =>
  (values) =>
    changes.reduce((result, change) => change(result), values);

const web = "app.services.web";
const offsite = { endpoint: "https://s3.example.com", bucket: "copies", region: "eu" };

function problemsOf(values: Values, stack = "prod"): readonly SettingsProblem[] {
  try {
    parseSettings(values, stack);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

/** What is wrong, where it is reported, part of the line that reports it. */
type Mistake = readonly [string, Change, string, RegExp];
const mistakes: readonly Mistake[] = [
  ["domain missing", set("domain", undefined), "domain", /got nothing/],
  ["domain empty, the default of Pulumi.yaml", set("domain", ""), "domain", /got nothing.*www\.example\.com/],
  ["domain with a scheme", set("domain", "https://example.com"), "domain", /without https/],
  ["domain of one label", set("domain", "shop"), "domain", /with a dot/],
  ["domain in capitals", set("domain", "WWW.example.com"), "domain", /lower-case/],
  ["domain with an underscore", set("domain", "my_shop.example.com"), "domain", /my_shop/],
  ["domain that is a number", set("domain", 7), "domain", /got 7/],
  ["domain that is an address", set("domain", "192.0.2.10"), "domain", /192\.0\.2\.10/],
  ["unknown key at the top", set("adminRange", []), "adminRange", /did you mean adminRanges\?/],
  ["unknown key far from all others", set("kubernetes", true), "kubernetes", /remove the key/],
  ["unknown key in a section", set("app.cuont", 3), "app.cuont", /did you mean count\?/],
  ["unknown key in a service", set(`${web}.replica`, 3), `${web}.replica`, /did you mean replicas\?/],
  ["key in other spelling", set("storage.volume_gb", 99), "storage.volume_gb", /did you mean volumeGb\?/],
  [
    "unknown tier",
    set("network.subnets.web", "10.0.5.0/24"),
    "network.subnets.web",
    /edge, app, database, storage/,
  ],
  ["section that is no object", set("database", "large"), "database", /got "large".*the keys vcpus/],
  ["list instead of an object", set("network", []), "network", /the keys range, subnets/],
  ["section without a value", set("storage", null), "storage", /got null/],
  ["location that does not exist", set("location", "nbg2"), "location", /did you mean nbg1\?/],
  ["location of another cloud", set("location", "eu-west-1"), "location", /fsn1, nbg1, hel1, ash, hil, sin/],
  ["another operating system", set("image", "ubuntu-24.04"), "image", /debian-13/],
  ["no admin range", set("adminRanges", []), "adminRanges", /got nothing.*1 to 100/],
  ["admin range missing", set("adminRanges", undefined), "adminRanges", /got nothing/],
  ["admin range that is no list", set("adminRanges", "198.51.100.7/32"), "adminRanges", /a list; .*brackets/],
  ["admin address without prefix", set("adminRanges", ["198.51.100.7"]), "adminRanges[0]", /\/32/],
  [
    "admin range with host bits",
    set("adminRanges", ["198.51.100.0/24", "10.1.2.3/24"]),
    "adminRanges[1]",
    /clear the bits/,
  ],
  [
    "IPv6 admin range with host bits",
    set("adminRanges", ["2001:db8::1/64"]),
    "adminRanges[0]",
    /2001:db8::1/,
  ],
  [
    "admin range with a leading zero",
    set("adminRanges", ["10.010.0.0/16"]),
    "adminRanges[0]",
    /correct|clear/,
  ],
  ["admin range with a zone", set("adminRanges", ["fe80::1%eth0/128"]), "adminRanges[0]", /CIDR/],
  ["everybody may administer", set("adminRanges", ["0.0.0.0/0"]), "adminRanges[0]", /not the whole internet/],
  ["everybody, IPv6", set("adminRanges", ["::/0"]), "adminRanges[0]", /not the whole internet/],
  [
    "everybody in two halves",
    set("adminRanges", ["0.0.0.0/1", "128.0.0.0/1"]),
    "adminRanges[1]",
    /128\.0\.0\.0\/1, allowed not the whole internet, nor half of it/,
  ],
  ["everybody of IPv6 in one half", set("adminRanges", ["2000::/3"]), "adminRanges[0]", /nor half of it/],
  [
    "half of the internet in quarters, one of them twice",
    set("adminRanges", ["0.0.0.0/2", "198.51.100.7/32", "64.0.0.0/3", "96.0.0.0/3", "0.0.0.0/2"]),
    "adminRanges",
    /5 ranges that are half of it together/,
  ],
  ["range that is no CIDR", set("network.range", "10.0.0.0"), "network.range", /CIDR/],
  ["range with host bits", set("network.range", "10.0.0.1/16"), "network.range", /clear the bits/],
  ["range with a bad octet", set("network.range", "10.0.256.0/16"), "network.range", /correct the address/],
  ["public range", set("network.range", "8.8.0.0/16"), "network.range", /RFC 1918/],
  ["range below /24", set("network.range", "10.0.0.0/25"), "network.range", /at least \/24/],
  ["range of Docker's bridge", set("network.range", "172.16.0.0/12"), "network.range", /172\.20\.0\.0\/16/],
  [
    "subnet outside the range",
    set("network.subnets.database", "10.1.3.0/24"),
    "network.subnets.database",
    /inside network\.range 10\.0\.0\.0\/16/,
  ],
  [
    "overlapping subnets",
    set("network.subnets.storage", "10.0.3.128/25"),
    "network.subnets.storage",
    /apart from network\.subnets\.database 10\.0\.3\.0\/24/,
  ],
  [
    "subnet below /30",
    set("network.subnets.database", "10.0.9.0/31"),
    "network.subnets.database",
    /at least \/30/,
  ],
  [
    "subnet without room",
    set("network.subnets.database", "10.0.9.0/29"),
    "network.subnets.database",
    /10\.0\.9\.11/,
  ],
  [
    "subnet too small for the nodes",
    all(set("network.subnets.app", "10.0.9.0/28"), set("app.count", 6)),
    "network.subnets.app",
    /\/27 or shorter/,
  ],
  [
    "subnet with Hetzner's gateway",
    all(set("network.range", "172.24.0.0/13"), set("network.subnets.app", "172.31.1.0/24")),
    "network.subnets.app",
    /without 172\.31\.1\.1/,
  ],
  ["no app node", set("app.count", 0), "app.count", /got 0.*from 1 to 96/],
  ["more nodes than a network takes", set("app.count", 97), "app.count", /from 1 to 96/],
  ["half an app node", set("app.count", 1.5), "app.count", /whole number/],
  ["count in quotes", set("app.count", "2"), "app.count", /got "2".*without quotes/],
  ["size that nobody sells", set("app.vcpus", 64), "app", /got 64 vCPU, 16 GB RAM.*in nbg1 has: ccx63/],
  ["memory that nobody sells", set("database.memoryGb", 200), "database", /ccx63 \(48 vCPU, 192 GB RAM\)/],
  ["memory without a number", set("storage.memoryGb", "8 GB"), "storage.memoryGb", /without quotes/],
  [
    "unknown server type",
    set("app.serverType", "cx99"),
    "app.serverType",
    /one of cx23, .*choose a server type/,
  ],
  ["server type in capitals", set("app.serverType", "CCX23"), "app.serverType", /did you mean ccx23\?/],
  ["arm server type", set("app.serverType", "cax31"), "app.serverType", /allowed one of/],
  [
    "server type that is too small",
    all(set("database.serverType", "cx33"), set("database.memoryGb", 32)),
    "database.serverType",
    /at least 4 vCPU, 32 GB RAM.*take one of/,
  ],
  [
    "server type of other locations",
    all(set("location", "ash"), set("edge.serverType", "cx23")),
    "edge.serverType",
    /sold in ash; this one is in fsn1, nbg1, hel1/,
  ],
  ["database that cannot start", set("database.memoryGb", 2), "database.memoryGb", /at least 4 GB/],
  ["no service", set("app.services", {}), "app.services", /at least one service/],
  ["services missing", set("app", {}), "app.services", /got nothing/],
  ["workers only", set(web, undefined), "app.services", /only workers: worker/],
  ["service that is no label", set("app.services.Web_1", { image: "a:1" }), "app.services.Web_1", /RFC 1123/],
  [
    "service whose containers Docker could not name",
    set(`app.services.${"a".repeat(61)}`, { image: "a:1" }),
    `app.services.${"a".repeat(61)}`,
    /1 to 60/,
  ],
  ...["platform-ping", "platform-ready", "platform-any-web"].map(
    (name): Mistake => [
      `service ${name}, whose route would be the platform's own`,
      set(`app.services.${name}`, { image: "a:1", port: 80, pathPrefix: "/x" }),
      `app.services.${name}`,
      /without platform- at the beginning/,
    ],
  ),
  [
    "more services than a node has addresses for",
    set(
      "app.services",
      Object.fromEntries(
        Array.from({ length: 255 }, (_, i) => [
          `s${i}`,
          { image: "a:1", port: 80, pathPrefix: `/${i}`, memoryMb: 32 },
        ]),
      ),
    ),
    "app.services",
    /got 255 services, allowed at most 254/,
  ],
  ["no replica", set(`${web}.replicas`, 0), `${web}.replicas`, /got 0/],
  ["negative replicas", set(`${web}.replicas`, -1), `${web}.replicas`, /got -1/],
  ["image missing", set(`${web}.image`, undefined), `${web}.image`, /got nothing/],
  ["image without tag", set(`${web}.image`, "example/shop"), `${web}.image`, /append the version/],
  ["image latest", set(`${web}.image`, "example/shop:latest"), `${web}.image`, /other than latest/],
  ["registry port is no tag", set(`${web}.image`, "registry.example.com:5000/shop"), `${web}.image`, /tag/],
  ["image with two dots", set(`${web}.image`, "a..b/shop:1"), `${web}.image`, /a\.\.b/],
  ["image on a port that is none", set(`${web}.image`, "r.example:70000/shop:1"), `${web}.image`, /70000/],
  ["image with a name of 256", set(`${web}.image`, `${"a".repeat(256)}:1`), `${web}.image`, /append/],
  ["image in capitals", set(`${web}.image`, "Example/Shop:1"), `${web}.image`, /Example\/Shop/],
  ["port 0", set(`${web}.port`, 0), `${web}.port`, /from 1 to 65535/],
  ["port above all", set(`${web}.port`, 65_536), `${web}.port`, /from 1 to 65535/],
  [
    "port without prefix",
    set(`${web}.pathPrefix`, undefined),
    `${web}.pathPrefix`,
    /port and pathPrefix together/,
  ],
  ["prefix without port", set(`${web}.port`, undefined), `${web}.port`, /add port/],
  ["prefix without slash", set(`${web}.pathPrefix`, "shop"), `${web}.pathPrefix`, /begins with a slash/],
  ["prefix with a slash at the end", set(`${web}.pathPrefix`, "/shop/"), `${web}.pathPrefix`, /does not end/],
  [
    "same prefix twice",
    set("app.services.shop", { image: "example/shop:1", port: 80, pathPrefix: "/" }),
    "app.services.shop.pathPrefix",
    /app\.services\.web has this one/,
  ],
  ["prefix of the platform's own", set(`${web}.pathPrefix`, "/.platform"), `${web}.pathPrefix`, /for itself/],
  [
    "prefix that proxies resolve",
    set(`${web}.pathPrefix`, "/a/../b"),
    `${web}.pathPrefix`,
    /parts \. and \.\./,
  ],
  ["prefix of 256 characters", set(`${web}.pathPrefix`, `/${"a".repeat(255)}`), `${web}.pathPrefix`, /255/],
  [
    "health path of a worker",
    set("app.services.worker.healthPath", "/health"),
    "app.services.worker.healthPath",
    /got "\/health", allowed nothing for a worker.*remove healthPath, or add port/,
  ],
  [
    "host of a worker",
    set("app.services.worker.host", "a.example"),
    "app.services.worker.host",
    /for a worker/,
  ],
  ["host with a path", set(`${web}.host`, "a.example.com/x"), `${web}.host`, /without a path/],
  [
    "same prefix twice under one host",
    all(
      set(`${web}.host`, "a.example.com"),
      set("app.services.shop", { image: "example/shop:1", port: 80, pathPrefix: "/", host: "a.example.com" }),
    ),
    "app.services.shop.pathPrefix",
    /app\.services\.web has this one under host a\.example\.com/,
  ],
  [
    "service called __proto__, which JavaScript would lose",
    (values) => {
      const app = JSON.parse('{"services": {"__proto__": {"image": "a:1"}}}');
      Object.assign(app.services, (values.app as { services: object }).services);
      return { ...values, app };
    },
    "app.services.__proto__",
    /lost on its way through JavaScript; rename it/,
  ],
  [
    "variable called __proto__",
    set(`${web}.environment`, JSON.parse('{"__proto__": "1"}')),
    `${web}.environment.__proto__`,
    /rename it/,
  ],
  [
    "secret called secure, which Pulumi takes for an encrypted value",
    set("secrets", { secure: "one", mail: "two" }),
    "secrets.secure",
    /got a secret of this name, .*\{secure: \.\.\.\}.*; rename it/,
  ],
  [
    "secret called secure that is encrypted itself",
    set("secrets", { secure: { secure: "v1:a" } }),
    "secrets.secure",
    /rename it/,
  ],
  ["redirect in words", set("edge.redirectToHttps", "no"), "edge.redirectToHttps", /true or false/],
  ["health path that is a URL", set(`${web}.healthPath`, "http://x/health"), `${web}.healthPath`, /slash/],
  [
    "variable that is a number",
    set(`${web}.environment`, { DEBUG: 1 }),
    `${web}.environment.DEBUG`,
    /in quotes/,
  ],
  ["variable of two lines", set(`${web}.environment`, { KEY: "a\nb" }), `${web}.environment.KEY`, /one line/],
  [
    "bad variable name",
    set(`${web}.environment`, { "MY-KEY": "a" }),
    `${web}.environment.MY-KEY`,
    /underscores/,
  ],
  [
    "encrypted variable",
    set(`${web}.environment`, { KEY: { secure: "v1:x" } }),
    `${web}.environment.KEY`,
    /--secret/,
  ],
  [
    "variable longer than Docker reads",
    set(`${web}.environment`, { KEY: "a".repeat(70_000) }),
    `${web}.environment.KEY`,
    /got 70004 bytes.*65535 bytes/,
  ],
  [
    "variable of multi-byte letters longer than Docker reads",
    set(`${web}.environment`, { KEY: "ä".repeat(32_766) }),
    `${web}.environment.KEY`,
    /got 65536 bytes/,
  ],
  [
    "environment larger than Linux takes",
    set(
      `${web}.environment`,
      Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`V${i}`, "a".repeat(65_000)])),
    ),
    `${web}.environment`,
    /at most 1048576 bytes/,
  ],
  [
    "variable that the platform sets",
    set(`${web}.environment`, { PORT: "8080" }),
    `${web}.environment.PORT`,
    /set the service's port/,
  ],
  ["memory that does not fit", set(`${web}.memoryMb`, 9000), "app.services", /18512 MB.*15360 MB/],
  ["unknown load balancer", set("edge.engine", "haproxi"), "edge.engine", /did you mean haproxy\?/],
  ["unknown cache", set("database.cacheEngine", "memcached"), "database.cacheEngine", /valkey, redis/],
  [
    "database with a bad name",
    set("database.databaseName", "my-shop"),
    "database.databaseName",
    /underscores/,
  ],
  [
    "database of PostgreSQL's own",
    set("database.databaseName", "postgres"),
    "database.databaseName",
    /none of postgres/,
  ],
  ...["platform_backup", "platform_restore", "public", "none", "template1", "pg_shop"].map(
    (name): Mistake => [
      `database name ${name}, which the platform or PostgreSQL keeps`,
      set("database.databaseName", name),
      "database.databaseName",
      /none of postgres, .*platform_backup, platform_restore/,
    ],
  ),
  ["volume below Hetzner's least", set("storage.volumeGb", 9), "storage.volumeGb", /from 10 to 10240/],
  ["volume above Hetzner's most", set("storage.volumeGb", 10_241), "storage.volumeGb", /from 10 to 10240/],
  [
    "minio without an image",
    set("storage.objectStoreEngine", "minio"),
    "images.objectStore",
    /image of your own/,
  ],
  ["bucket in capitals", set("storage.bucket", "Shop"), "storage.bucket", /lower-case/],
  [
    "cron's schedule",
    set("storage.backup.schedule", "0 2 * * *"),
    "storage.backup.schedule",
    /calendar expression/,
  ],
  [
    "hour 25",
    set("storage.backup.schedule", "*-*-* 25:00:00"),
    "storage.backup.schedule",
    /calendar expression/,
  ],
  ...["Sat..Mon 03:00", "*-*-31/2 02:00", "*-*-* */2:00"].map(
    (schedule): Mistake => [
      `schedule ${schedule}, which systemd refuses`,
      set("storage.backup.schedule", schedule),
      "storage.backup.schedule",
      /calendar expression/,
    ],
  ),
  ...["*-02-30 02:00", "2020-01-01 02:00", "2026..2027-02-29 02:00 UTC"].map(
    (schedule): Mistake => [
      `schedule ${schedule}, which never comes`,
      set("storage.backup.schedule", schedule),
      "storage.backup.schedule",
      /would never elapse/,
    ],
  ),
  [
    "backups kept no day",
    set("storage.backup.retentionDays", 0),
    "storage.backup.retentionDays",
    /from 1 to 3650/,
  ],
  ["logs kept no day", set("storage.logRetentionDays", 0), "storage.logRetentionDays", /from 1 to 3650/],
  ["bulk backend that does not exist", set("storage.bulk", "tape"), "storage.bulk", /storageBox/],
  [
    "storage box larger than Hetzner's largest",
    all(set("storage.bulk", "storageBox"), set("storage.bulkGb", 10_001)),
    "storage.bulkGb",
    /from 1 to 10000/,
  ],
  ["size of a storage box without one", set("storage.bulkGb", 2000), "storage.bulkGb", /volumeGb instead/],
  [
    "bucket as backend without bucket",
    set("storage.bulk", "objectStore"),
    "storage.backup.offsite",
    /bucket/,
  ],
  [
    "second copy without keys",
    set("storage.backup.offsite", offsite),
    "offsiteAccessKeyId",
    /config set --secret/,
  ],
  [
    "second copy in clear text",
    all(
      set("storage.backup.offsite", { ...offsite, endpoint: "http://s3.example.com" }),
      set("offsiteAccessKeyId", { secure: "v1:a" }),
      set("offsiteSecretAccessKey", { secure: "v1:b" }),
    ),
    "storage.backup.offsite.endpoint",
    /https/,
  ],
  ...[
    "http://10.0.4.11:9000",
    "https://10.0.4.11",
    "https://localhost:9000",
    "https://127.0.0.1",
    "https://[::1]",
  ].map(
    (endpoint): Mistake => [
      `second copy on the storage node itself, ${endpoint}`,
      set("storage.backup.offsite", { ...offsite, endpoint }),
      "storage.backup.offsite.endpoint",
      /allowed a store outside of the platform/,
    ],
  ),
  ...["two\nlines", "with spaces", " AKIA", "ключ", ""].map(
    (key): Mistake => [
      `key of the second copy that is ${JSON.stringify(key)}, which rclone reads as something else`,
      all(set("storage.backup.offsite", offsite), set("offsiteSecretAccessKey", key)),
      "offsiteSecretAccessKey",
      /of one line, no spaces; copy the key alone/,
    ],
  ),
  [
    "second copy without region and keys, all at once",
    set("storage.backup.offsite", { ...offsite, region: undefined }),
    "offsiteSecretAccessKey",
    /config set --secret/,
  ],
  [
    "second copy without bucket",
    set("storage.backup.offsite", { ...offsite, bucket: undefined }),
    "storage.backup.offsite.bucket",
    /got nothing/,
  ],
  [
    "mirror that is no URL",
    set("images.registryMirror", "mirror:5000"),
    "images.registryMirror",
    /https:\/\//,
  ],
  [
    "mirror with a path",
    set("images.registryMirror", "https://m.example.com/v2"),
    "images.registryMirror",
    /path/,
  ],
  [
    "mirror that a shell would run",
    set("images.registryMirror", "https://$(reboot).example.com"),
    "images.registryMirror",
    /a host/,
  ],
  [
    "mirror with a password",
    set("images.registryMirror", "https://u:p@m.example.com"),
    "images.registryMirror",
    /user/,
  ],
  ["traefik latest", set("images.traefik", "traefik:latest"), "images.traefik", /other than latest/],
  ["budget in words", set("budgetEur", "plenty"), "budgetEur", /plain number/],
  ["negative budget", set("budgetEur", -1), "budgetEur", /from 0 up/],
  ["protect in words", set("protect", "yes"), "protect", /true or false/],
  ["short token", set("failoverToken", "abc"), "failoverToken", /64 letters and digits/],
  ["certificate that is none", set("certificate", "hello"), "certificate", /private key/],
  ["environment that is no label", set("environment", "Prod_EU"), "environment", /RFC 1123/],
  ["environment too long for host names", set("environment", "a".repeat(41)), "environment", /1 to 40/],
];

describe("parseSettings", () => {
  it("accepts the file that the table changes", () => assert.deepEqual(problemsOf(correct()), []));

  for (const [name, change, path, message] of mistakes) {
    it(`fails when ${name}`, () => {
      const problems = problemsOf(change(correct()));
      const found = problems.find((problem) => problem.path === path);
      assert.ok(found, `no problem at ${path}, only ${JSON.stringify(problems)}`);
      const { message: text } = new SettingsError("prod", [found]);
      assert.match(text, message);
      assert.notEqual(found.remedy, "");
      assert.equal(
        new Set(problems.map((problem) => problem.path)).size,
        problems.length,
        "one problem for each path",
      );
    });
  }

  for (const name of ["order", "user", "asc", "all", "replication", "_shop", "a".repeat(63)]) {
    it(`accepts the database name ${name}`, () => {
      assert.deepEqual(problemsOf(set("database.databaseName", name)(correct())), []);
    });
  }

  it("accepts a schedule that says UTC itself", () => {
    assert.deepEqual(problemsOf(set("storage.backup.schedule", "*-*-* 02:30:00 UTC")(correct())), []);
  });

  it("accepts a service name of 60 letters and a variable as long as Docker reads", () => {
    const change = all(
      set(`app.services.${"a".repeat(60)}`, { image: "a:1" }),
      set(`${web}.environment`, { KEY: "a".repeat(65_531) }),
    );
    assert.deepEqual(problemsOf(change(correct())), []);
  });

  it("fails when the stack's name is no label and nothing else names the environment", () => {
    assert.equal(problemsOf(correct(), "Prod.EU")[0]?.path, "environment");
    assert.deepEqual(problemsOf({ ...correct(), environment: "eu" }, "Prod.EU"), []);
  });

  it("reports every mistake of a file in one error, rules between keys included", () => {
    const change = all(
      set("domain", undefined),
      set("app.count", 0),
      set("location", "moon"),
      set("network.subnets", { app: "10.0.1.0/25" }),
      set("storgae", {}),
      set("storage.objectStoreEngine", "minio"),
    );
    assert.throws(
      () => parseSettings(change(correct()), "prod"),
      (error) => {
        assert.ok(error instanceof SettingsError);
        const paths = error.problems.map((problem) => problem.path).sort();
        assert.deepEqual(paths, [
          "app.count",
          "domain",
          "images.objectStore",
          "location",
          "network.subnets.app",
          "storgae",
        ]);
        assert.match(error.message, /^stack prod: 6 mistakes in the configuration\n/);
        for (const path of paths)
          assert.match(error.message, new RegExp(`^  ${path}: got .+, allowed .+; .+$`, "m"));
        return true;
      },
    );
  });

  it("does not follow up a wrong shape with complaints about its replacement", () => {
    const change = all(set("app.memoryGb", "sixteen"), set(`${web}.memoryMb`, 9000));
    assert.deepEqual(
      problemsOf(change(correct())).map((problem) => problem.path),
      ["app.memoryGb"],
    );
  });

  it("tells who has left out --path what to run, as a secret where it is one", () => {
    const values = {
      ...correct(),
      "app.count": 3,
      "adminRanges[0]": "8.8.8.8/32",
      "secrets.mail": { secure: "v1:x" },
    };
    const text = new SettingsError("prod", problemsOf(values)).message;
    assert.match(
      text,
      /^ {2}app\.count: .*config rm 'app\.count', then .* set --path 'hetzner-platform:app\.count' VALUE$/m,
    );
    assert.match(text, /^ {2}adminRanges\[0\]: .* set --path 'hetzner-platform:adminRanges\[0\]' VALUE$/m);
    assert.match(text, /^ {2}secrets\.mail: .* set --secret --path 'hetzner-platform:secrets\.mail' VALUE$/m);
    assert.equal(problemsOf(values).length, 3);
    assert.match(problemsOf({ ...correct(), "kubernetes.on": 1 })[0]?.remedy ?? "", /remove the key/);
  });

  it("says once of a key of an earlier version how it is called now", () => {
    const former = all(
      set("loadBalancers", { engine: "nginx", serverType: "cx99" }),
      set("network.subnets.data", "10.0.5.0/24"),
      // Today's default of network.subnets.database.
      set("network.subnets.app", "10.0.3.0/24"),
      (values) => ({ ...values, "loadBalancers.otherHosts": "serve" }),
    );
    const { message } = new SettingsError("prod", problemsOf(former(correct())));
    assert.deepEqual(message.split("\n").slice(1).sort(), [
      "  loadBalancers.otherHosts: got the former name of a key, allowed edge.otherHosts, as it is called now; write the same value under edge.otherHosts",
      "  loadBalancers: got the former name of a key, allowed edge, as it is called now; write the same value under edge",
      "  network.subnets.data: got the former name of a key, allowed network.subnets.database, as it is called now; write the same value under network.subnets.database",
    ]);
  });

  it("never shows what may be a password: of a variable, of an unknown key, of a URL", () => {
    const change = all(
      set(`${web}.uses`, ["database"]),
      set(`${web}.environment`, {
        DATABASE_URL: "postgresql://u:s3cret@db/app",
        KEY: "-----BEGIN\ns3cret",
        PIN: 5,
      }),
      set("images.registries", [{ host: "ghcr.io", username: "u", password: "s3cret" }]),
      set("images.registryMirror", "https://u:s3cret@mirror.example.com"),
      set("database.password", "s3cret"),
    );
    const problems = problemsOf(change(correct()));
    assert.doesNotMatch(JSON.stringify(problems), /s3cret|got 5/);
    assert.deepEqual(problems.map(({ path }) => path).sort(), [
      `${web}.environment.KEY`,
      `${web}.environment.PIN`,
      "database.password",
      "images.registries[0].password",
      "images.registries[0].passwordSecret",
      "images.registryMirror",
    ]);
    const text = new SettingsError("prod", problems).message;
    assert.match(text, /registryMirror: got "https:\/\/\.\.\.@mirror/);
    // In lists too, the keys that there are.
    assert.match(
      text,
      /registries\[0\]\.password: got an unknown key, allowed the keys host, username, passwordSecret;/,
    );
    const text1 = new SettingsError(
      "prod",
      problemsOf(set(`${web}.environment`, "PASSWORD=s3cret")(correct())),
    );
    assert.match(text1.message, /web\.environment: got text of another form/);
    const taken = set(`${web}.environment`, { DATABASE_URL: "postgresql://u:s3cret@db/app" });
    const [problem] = problemsOf(all(set(`${web}.uses`, ["database"]), taken)(correct()));
    assert.equal(problem?.path, `${web}.environment.DATABASE_URL`);
    assert.doesNotMatch(JSON.stringify(problem), /s3cret/);
  });

  it("never shows a secret", () => {
    const secrets = { failoverToken: "s3cret", certificate: "s3cret", offsiteAccessKeyId: 7 };
    assert.throws(
      () => parseSettings({ ...correct(), ...secrets }, "prod"),
      (error) =>
        error instanceof SettingsError && error.problems.length === 3 && !/s3cret|got 7/.test(error.message),
    );
  });
});

describe("parseSettings, defaults", () => {
  const settings = parseSettings(correct(), "acme/hetzner-platform/prod");

  it("is the multi-server topology when the file names only domain, admins and services", () => {
    assert.equal(settings.environment, "prod");
    assert.equal(settings.location, "nbg1");
    assert.equal(settings.image, "debian-13");
    assert.deepEqual(settings.network, {
      range: "10.0.0.0/16",
      zone: "eu-central",
      subnets: { edge: "10.0.1.0/24", app: "10.0.2.0/24", database: "10.0.3.0/24", storage: "10.0.4.0/24" },
    });
    assert.deepEqual([settings.app.count, settings.app.vcpus, settings.app.memoryGb], [2, 4, 16]);
    assert.deepEqual([settings.database.vcpus, settings.database.memoryGb], [8, 32]);
    assert.deepEqual([settings.storage.vcpus, settings.storage.memoryGb], [4, 8]);
    assert.equal(settings.storage.volumeGb, 2000);
    assert.equal(settings.edge.engine, "haproxy");
    assert.equal(settings.database.cacheEngine, "valkey");
    assert.equal(settings.storage.objectStoreEngine, "versitygw");
    assert.match(settings.images.objectStore, /^versity\/versitygw:v/);
    assert.equal(settings.budgetEur, undefined);
    assert.equal(settings.protect, true);
  });

  it("completes services", () => {
    assert.deepEqual(settings.app.services.worker, {
      image: "example/shop:1.4.2",
      replicas: 1,
      healthPath: "/health/ready",
      environment: {},
      uses: [],
      secrets: {},
      memoryMb: 512,
    });
  });

  it("takes a machine's size from its server type", () => {
    const { app } = parseSettings(set("app.serverType", "ccx33")(correct()), "prod");
    assert.deepEqual([app.vcpus, app.memoryGb, app.serverType], [8, 32, "ccx33"]);
  });

  it("keeps a size that is smaller than its server type", () => {
    const { app } = parseSettings(
      set("app", { ...Object(correct().app), serverType: "cx43", vcpus: 4 })(correct()),
      "prod",
    );
    assert.deepEqual([app.vcpus, app.memoryGb], [4, 16]);
  });

  for (const [range, subnets] of [
    ["10.8.0.0/16", ["10.8.1.0/24", "10.8.2.0/24", "10.8.3.0/24", "10.8.4.0/24"]],
    ["10.0.0.0/8", ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24", "10.0.4.0/24"]],
    ["192.168.4.0/22", ["192.168.4.128/25", "192.168.5.0/25", "192.168.5.128/25", "192.168.6.0/25"]],
    ["192.168.7.0/24", ["192.168.7.32/27", "192.168.7.64/27", "192.168.7.96/27", "192.168.7.128/27"]],
  ] as const) {
    it(`divides the range ${range} among the tiers`, () => {
      const { network } = parseSettings(set("network.range", range)(correct()), "prod");
      assert.deepEqual(Object.values(network.subnets), subnets);
    });
  }

  it("knows the network zone of the location", () => {
    const america = all(set("location", "ash"), set("app.serverType", "ccx23"));
    assert.equal(parseSettings(america(correct()), "prod").network.zone, "us-east");
  });

  it("lets the longer of two nested prefixes win, so nesting is allowed", () => {
    const nested = set("app.services.v2", { image: "example/shop:2", port: 3000, pathPrefix: "/api/v2" });
    assert.equal(parseSettings(nested(correct()), "prod").app.services.v2?.pathPrefix, "/api/v2");
  });

  it("writes admin ranges as Hetzner returns them", () => {
    const ranges = set("adminRanges", ["2001:DB8:0:0::/64", "::FFFF:0:0/96", "8.8.8.8/32"]);
    assert.deepEqual(parseSettings(ranges(correct()), "qa").adminRanges, [
      "2001:db8::/64",
      "::ffff:0:0/96",
      "8.8.8.8/32",
    ]);
  });

  it("keeps an admin range once that stands twice in the file, as Hetzner does", () => {
    const twice = set("adminRanges", ["8.8.8.8/32", "2001:db8::/64", "2001:DB8:0::/64", "8.8.8.8/32"]);
    assert.deepEqual(parseSettings(twice(correct()), "qa").adminRanges, ["8.8.8.8/32", "2001:db8::/64"]);
  });

  it("lets everybody administer a stack that may be lost", () => {
    const open = all(set("adminRanges", ["0.0.0.0/0"]), set("protect", false));
    assert.deepEqual(parseSettings(open(correct()), "qa").adminRanges, ["0.0.0.0/0"]);
  });

  it("lets services share a prefix under different hosts, and one of them have none", () => {
    const service = (host?: string) => ({ image: "example/shop:1", port: 80, pathPrefix: "/", host });
    const shared = all(
      set("app.services.admin", service("admin.example.com")),
      set("app.services.shop", service("shop.example.com")),
    );
    const { services } = parseSettings(shared(correct()), "prod").app;
    assert.deepEqual(
      Object.values(services).map(({ host }) => host),
      [undefined, undefined, "admin.example.com", "shop.example.com"],
    );
  });

  it("takes all secrets encrypted at once, as pulumi config set --secret writes them", () => {
    assert.doesNotThrow(() => parseSettings(set("secrets", { secure: "v1:abc" })(correct()), "prod"));
  });

  it("takes encrypted secrets and a complete second copy", () => {
    const complete = all(
      set("storage.backup.offsite", offsite),
      set("offsiteAccessKeyId", { secure: "v1:a" }),
      set("offsiteSecretAccessKey", { secure: "v1:b" }),
    );
    assert.deepEqual(parseSettings(complete(correct()), "prod").storage.backup.offsite, offsite);
  });
});

describe("the stack files of this project", () => {
  for (const [stack, count, volumeGb, protect] of [
    ["prod", 2, 2048, true],
    ["qa", 2, 50, false],
    ["local", 2, 2000, false],
  ] as const) {
    it(`reads ${stack}`, () => {
      const settings = loadStackFile(stack);
      assert.equal(settings.environment, stack);
      assert.equal(settings.app.count, count);
      assert.equal(settings.storage.volumeGb, volumeGb);
      assert.equal(settings.protect, protect);
      const replicas = Object.entries(settings.app.services).map(([name, service]) => [
        name,
        service.replicas,
      ]);
      assert.deepEqual(replicas, [
        ["web", 2],
        ["admin", 1],
        ["api", 2],
        ["worker", 2],
      ]);
    });
  }

  it("keeps prod and the local cloud at the seed's sizes", () => {
    for (const { app, database, storage } of [loadStackFile("prod"), loadStackFile("local")]) {
      assert.deepEqual([app.vcpus, app.memoryGb], [4, 16]);
      assert.deepEqual([database.vcpus, database.memoryGb], [8, 32]);
      assert.deepEqual([storage.vcpus, storage.memoryGb], [4, 8]);
    }
  });
});
