import assert from "node:assert/strict";
import { machineBase } from "../../../../components/machine/base";
import { machinesOf } from "../../../../components/plan/plan";
import { Platform } from "../../../../components/platform";
import { planPlatform } from "../../../../components/presets";
import { parseSettings } from "../../../../components/stack/parse";
import { describePlatform } from "../../../../components/views/description";
import { recordProgram } from "../../../support/mocks";

const pinned = (name: string) => `${name}@sha256:${"a".repeat(64)}`;

const service = { image: pinned("shop"), port: 3000, pathPrefix: "/" };
/** The ERP and the search server of seed S2, behind a platform of the usual kind. */
const erp = {
  memoryGb: 8,
  subnet: "10.0.20.0/24",
  needs: ["database"],
  containers: {
    odoo: { image: pinned("odoo"), memoryMb: 4096, ports: [{ port: 8069, from: ["edge"] }] },
  },
};
const search = {
  count: 2,
  subnet: "10.0.21.0/24",
  containers: {
    qdrant: {
      image: pinned("qdrant"),
      secrets: { API_KEY: "searchKey" },
      ports: [
        { port: 6333, from: ["app", "10.0.20.0/24"] },
        { port: 6334, protocol: "udp", from: ["any"] },
      ],
    },
  },
};
const settingsWith = (roles: unknown) =>
  parseSettings(
    {
      domain: "www.example.com",
      adminRanges: ["198.51.100.1/32"],
      app: { services: { web: service } },
      secrets: { searchKey: "k" },
      roles,
    },
    "prod",
  );
const settings = settingsWith({ erp, search });
const images = {
  ...settings.images,
  traefik: pinned("traefik"),
  elasticsearch: pinned("elasticsearch"),
  objectStore: pinned("store"),
};
const plan = planPlatform(settings);

describe("roles of a stack file (S2-1, S2-6, S2-14)", () => {
  it("are machines with names and addresses of their own, known to all others", () => {
    const own = plan.machines.filter(({ role }) => role === "erp" || role === "search");
    assert.deepEqual(
      own.map(({ hostname, privateIp, isPublic }) => [hostname, privateIp, isPublic]),
      [
        ["prod-erp1", "10.0.20.11", false],
        ["prod-search1", "10.0.21.11", false],
        ["prod-search2", "10.0.21.12", false],
      ],
    );
    const [app] = machinesOf(plan, "app");
    assert.ok(app);
    const hosts = machineBase(app, plan, settings).files.find(({ path }) => path === "/etc/platform/hosts");
    assert.match(hosts?.content ?? "", /^10\.0\.20\.11 prod-erp1 erp1$/m);
  });

  it("are reached by exactly those that they name", () => {
    const rulesOf = (role: string) => {
      const [machine] = machinesOf(plan, role);
      assert.ok(machine);
      const { files } = machineBase(machine, plan, settings);
      const ruleset = files.find(({ path }) => path === "/etc/platform/firewall.nft")?.content ?? "";
      return ruleset
        .split("\n")
        .flatMap((line) => /^ +(ip saddr .* dport (?!22 ).*) accept/.exec(line)?.[1] ?? []);
    };
    assert.deepEqual(rulesOf("erp"), ["ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 8069"]);
    const all = plan.machines.map(({ privateIp }) => privateIp).join(", ");
    assert.deepEqual(rulesOf("search"), [
      "ip saddr { 10.0.2.11, 10.0.2.12 } tcp dport 6333",
      "ip saddr { 10.0.20.0/24 } tcp dport 6333",
      `ip saddr { ${all} } udp dport 6334`,
    ]);
    assert.deepEqual(
      rulesOf("database").filter((rule) => rule.includes("10.0.20.11") || rule.includes("10.0.21.11")),
      ["ip saddr { 10.0.20.11 } tcp dport 5432"],
    );
  });

  it("are described as all others are", () => {
    const described = describePlatform(settings, plan).roles.find(({ role }) => role === "erp");
    assert.deepEqual(
      described?.machines.map(({ software }) => software),
      [[`odoo (${pinned("odoo")})`]],
    );
  });

  it("become servers with their containers, stores and secrets, and nobody else gets those", async () => {
    const resources = await recordProgram(
      () => {
        new Platform("platform", {
          settings: { ...settings, images },
          apiToken: "token",
          secrets: { searchKey: "planted-search-key" },
        });
      },
      {
        outputs: (type, name) =>
          type.endsWith(":RandomPassword")
            ? { result: `SECRET-${name}` }
            : type.endsWith(":RandomBytes")
              ? { base64: Buffer.alloc(32).toString("base64") }
              : { stdout: "host-key" },
      },
    );
    const scriptOf = (machine: string) =>
      JSON.stringify(resources.find(({ name }) => name.endsWith(`-${machine}-setup`))?.inputs.stdin);
    assert.match(scriptOf("erp1"), /odoo@sha256:aaa/);
    assert.match(scriptOf("erp1"), /DATABASE_URL=postgresql:.*SECRET-platform-database-postgresql-app/);
    assert.match(scriptOf("search2"), /API_KEY=planted-search-key/);
    assert.doesNotMatch(scriptOf("search2"), /DATABASE_URL/);
    assert.doesNotMatch(scriptOf("app1"), /planted-search-key/);
    // PostgreSQL admits the machines that the role has, not only the firewall.
    assert.match(scriptOf("database1"), /10\.0\.20\.11\/32/);
  });

  for (const [what, roles, problem] of [
    [
      "a subnet outside of the network",
      { erp: { ...erp, subnet: "10.1.0.0/24" } },
      /roles\.erp\.subnet.*inside network\.range/,
    ],
    [
      "a subnet that another role has",
      { erp: { ...erp, subnet: "10.0.2.0/24" } },
      /roles\.erp\.subnet.*apart from network\.subnets\.app/,
    ],
    [
      "too small a subnet",
      { erp: { ...erp, subnet: "10.0.20.0/28", count: 9 } },
      /roles\.erp\.subnet.*room for 9/,
    ],
    ["the name of a role that is there", { storage: erp }, /roles\.storage.*taken/],
    [
      "a server type that has less than they need",
      { erp: { ...erp, serverType: "cx23" } },
      /roles\.erp\.serverType: got cx23 .*allowed a server type with at least/,
    ],
    [
      "a server type that is not sold in the location",
      { erp: { ...erp, serverType: "cpx41" } },
      /roles\.erp\.serverType: .*a server type that is sold in nbg1; this one is in ash, hil/,
    ],
    [
      "dedicated vCPUs and a type that shares them",
      { erp: { ...erp, serverType: "cx43", cpu: "dedicated" } },
      /roles\.erp\.serverType: .*8 shared vCPU.*dedicated vCPU/,
    ],
    [
      "a size that nothing has",
      { erp: { ...erp, vcpus: 200 } },
      /roles\.erp: got 200 vCPU.*allowed a size that a server type in nbg1 has/,
    ],
    [
      "a sender that nobody is",
      { erp: { ...erp, containers: { odoo: { image: "o:1", ports: [{ port: 1, from: ["web"] }] } } } },
      /roles\.erp\.containers\.odoo\.ports\[0\]\.from.*web/,
    ],
    [
      "a container whose unit would replace one of the system",
      { erp: { ...erp, containers: { docker: { image: "o:1" }, "systemd-journald": { image: "o:1" } } } },
      /containers\.docker: got docker.*\n.*containers\.systemd-journald: got systemd-journald/,
    ],
    ["nothing to run", { erp: { subnet: "10.0.20.0/24" } }, /roles\.erp\.containers: got nothing/],
    [
      "data without a volume",
      { erp: { ...erp, containers: { odoo: { image: "o:1", data: "/data" } } } },
      /containers\.odoo\.data.*without a volume; set roles\.erp\.volumeGb/,
    ],
    [
      "two programs of one name, or on one port",
      {
        erp: {
          ...erp,
          containers: { odoo: { image: "o:1", ports: [{ port: 80 }] } },
          services: { odoo: { exec: "/bin/x", ports: [{ port: 80, protocol: "udp" }, { port: 80 }] } },
        },
      },
      /services\.odoo\.ports\[1\]\.port: got 80.*containers\.odoo has this one(.|\n)*services\.odoo: got odoo/,
    ],
    [
      "a command that systemd reads in its own way, a service of root, no name of a package",
      {
        erp: {
          ...erp,
          services: {
            a: { exec: "sleep 1" },
            b: { exec: "/bin/a ; /bin/b" },
            c: { exec: "/bin/a 'b", user: "root" },
          },
          packages: ["a b"],
        },
      },
      /a\.exec(.|\n)*b\.exec(.|\n)*c\.exec(.|\n)*c\.user(.|\n)*packages\[0\]/,
    ],
    [
      "more memory than the machine has",
      { erp: { ...erp, containers: { odoo: { image: "o:1", memoryMb: 9000 } } } },
      /roles\.erp\.containers.*9000 MB/,
    ],
  ] as const)
    it(`fail with ${what}`, () => {
      assert.throws(() => settingsWith(roles), problem);
    });

  it("fail with what is missing or wrong in something that has no default, by its path", () => {
    const web = { image: "o:1", ports: [{ from: ["any"] }, { port: 0 }, { port: 80, from: ["nobody"] }] };
    assert.throws(
      () => settingsWith({ search: { ...search, containers: { web } } }),
      ({ name, message }: Error) =>
        name === "SettingsError" &&
        ["search.containers.web.ports[0].port", "search.containers.web.ports[1].port"].every((path) =>
          message.includes(`roles.${path}: got `),
        ),
    );
  });

  it("repeat no value of a variable that is wrong: it may be a password", () => {
    const office = { image: "o:1", environment: { KEY: "first line\nplanted-password" } };
    const roles = { erp: { ...erp, containers: { office } } };
    assert.throws(
      () => settingsWith(roles),
      ({ message }: Error) =>
        message.includes("roles.erp.containers.office.environment") && !message.includes("planted-password"),
    );
  });
});
