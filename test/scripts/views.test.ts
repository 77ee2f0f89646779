import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { catalogue } from "../../localcloud/src/catalogue/catalogue";

const root = dirname(dirname(__dirname));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(script: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const { HCLOUD_TOKEN: _token, HCLOUD_ENDPOINT: _endpoint, ...own } = process.env;
  return new Promise((resolve) => {
    const command = ["--import", "tsx", join(root, "scripts", script), ...args];
    execFile(process.execPath, command, { cwd: root, env: { ...own, ...env } }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1,
        stdout,
        stderr,
      });
    });
  });
}

const monthly = (net: string) => ({ price_monthly: { net, gross: net }, price_hourly: { net, gross: net } });

/** The local cloud's catalogue as `GET /pricing` and `GET /server_types` show it, with app prices raised by 10 EUR. */
function answer(path: string): object {
  const located = (net: string) => [{ location: "nbg1", ...monthly(net) }];
  const { prices, serverTypes } = catalogue;
  const address = (type: string, net: string) => ({ type, prices: located(net) });
  if (path.startsWith("/v1/server_types")) {
    const second = path.includes("page=2");
    const types = serverTypes.filter((_, index) => index >= 5 === second);
    return {
      server_types: types.map(({ name }) => ({
        name,
        locations: [{ name: "nbg1", available: name !== "ccx23" }],
      })),
      meta: { pagination: { page: second ? 2 : 1, next_page: second ? null : 2 } },
    };
  }
  const raised = (name: string, net: string) => (name === "ccx23" ? String(Number(net) + 10) : net);
  return {
    pricing: {
      currency: "EUR",
      primary_ips: [address("ipv4", prices.primaryIpv4)],
      floating_ips: [address("ipv4", prices.floatingIpv4), address("ipv6", prices.floatingIpv6)],
      image: { price_per_gb_month: { net: prices.snapshotPerGb } },
      volume: { price_per_gb_month: { net: prices.volumePerGb } },
      server_backup: { percentage: prices.backupPercentage },
      server_types: serverTypes.map(({ name, monthlyNet }) => ({
        name,
        prices: located(raised(name, monthlyNet)),
      })),
    },
  };
}

describe("npm run describe", function () {
  this.timeout(30_000);

  it("prints the tree of a stack", async () => {
    const { code, stdout, stderr } = await run("describe.ts", ["prod"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^- App Node 2 \(prod-app2\)$/m);
    assert.match(stdout, /^ {2}- 8 vCPU, 32 GB RAM \(server type ccx33, 240 GB disk\)$/m);
    assert.match(stdout, /^ {2}- worker with 2 replicas \(no port,/m);
    assert.match(
      stderr,
      /^note: pulumi up refuses this stack:\n {2}adminRanges\[0\]: got "192\.0\.2\.10\/32"/,
    );
  });

  it("prints no note for the local cloud, whose addresses are examples'", async () => {
    assert.equal((await run("describe.ts", ["local"])).stderr, "");
  });

  it("prints JSON", async () => {
    const { stdout } = await run("describe.ts", ["local", "--json"]);
    const { environment, roles } = JSON.parse(stdout);
    assert.equal(environment, "local");
    assert.deepEqual(
      roles.map((role: { machines: unknown[] }) => role.machines.length),
      [2, 2, 1, 1],
    );
  });

  it("explains itself", async () => {
    const { code, stdout } = await run("describe.ts", ["--help"]);
    assert.equal(code, 0);
    assert.match(stdout, /describe \[options\] <stack>/);
    assert.match(stdout, /npm run describe -- prod/);
  });

  for (const [what, args, message] of [
    ["no stack is named", [], /missing required argument 'stack'/],
    ["the stack has no file", ["moon"], /"moon" has no Pulumi\.moon\.yaml; there are: local, prod, qa/],
    ["an option is unknown", ["prod", "--yaml"], /unknown option '--yaml'/],
  ] as const) {
    it(`fails when ${what}`, async () => {
      const { code, stdout, stderr } = await run("describe.ts", args);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^ {4}at /m, "no stack trace");
    });
  }
});

describe("npm run estimate (S0-25)", function () {
  this.timeout(30_000);
  let directory: string;
  let server: Server;
  let endpoint: string;
  const requests: string[] = [];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "estimate-"));
    writeFileSync(join(directory, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
    server = createServer((request, response) => {
      requests.push(`${request.headers.authorization} ${request.url}`);
      const known = request.headers.authorization === "Bearer known";
      response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
      response.end(JSON.stringify(known ? answer(request.url ?? "") : { error: { code: "unauthorized" } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  after(async () => {
    rmSync(directory, { recursive: true });
    await new Promise((resolve) => server.close(resolve));
  });

  const write = (stack: string, ...lines: readonly string[]) => {
    const services = "{web: {image: 'a/b:1', port: 80, pathPrefix: /}}";
    const common = [
      "domain: a.example.com",
      "adminRanges: [198.51.100.7/32]",
      `app: {services: ${services}}`,
    ];
    const text = [...common, ...lines].map((line) => `  shop:${line}\n`).join("");
    writeFileSync(join(directory, `Pulumi.${stack}.yaml`), `config:\n${text}`);
  };

  it("prints lines, sum, date, verdict and what 100 EUR buy", async () => {
    const { code, stdout, stderr } = await run("estimate.ts", ["prod"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /│ ccx23 \(4 vCPU, 16 GB RAM\) │ app1, app2 +│ +2 │ +85\.99 │ +171\.98 │/);
    assert.match(stdout, /│ sum +│ +│ +│ +│ +451\.09 │/);
    assert.match(stdout, /prices of 2026-06-15/);
    assert.match(stdout, /within budgetEur 460\.00/);
    assert.match(stdout, /- 99\.20 EUR: CX machines with a small volume and a storage box/);
    assert.ok(!stdout.includes(String.fromCharCode(27)), "no colours");
  });

  it("exits with 1 above the budget", async () => {
    write("poor", "budgetEur: 100", "storage: {volumeGb: 2048}");
    const { code, stdout } = await run("estimate.ts", ["poor", "-d", directory]);
    assert.equal(code, 1);
    assert.match(stdout, /202\.09 EUR .*above budgetEur 100\.00; the largest lines are volume/);
  });

  it("prints JSON with the verdict", async () => {
    write("poor", "budgetEur: 100", "storage: {volumeGb: 2048}");
    const { code, stdout } = await run("estimate.ts", ["poor", "-d", directory, "--json"]);
    const { totalEur, budgetEur, withinBudget, lines } = JSON.parse(stdout);
    assert.deepEqual([code, totalEur, budgetEur, withinBudget, lines.length], [1, 202.09, 100, false, 7]);
  });

  it("asks the API when there is a token", async () => {
    const { code, stdout, stderr } = await run("estimate.ts", ["prod"], {
      HCLOUD_TOKEN: "known",
      HCLOUD_ENDPOINT: endpoint,
    });
    assert.equal(code, 1, stderr);
    assert.match(stdout, /│ ccx23 \(4 vCPU, 16 GB RAM\) │ app1, app2 +│ +2 │ +95\.99 │ +191\.98 │/);
    assert.match(stdout, /471\.09 EUR/);
    assert.match(stdout, /sold out when last seen: ccx23;/);
    const today = new Date().toISOString().slice(0, 10);
    assert.ok(stdout.includes(`prices of ${today}, source: ${endpoint}/pricing`));
    assert.deepEqual(
      requests.filter((request) => request.includes("page=2")).length,
      1,
      "all pages are read",
    );
  });

  it("fails when the API refuses the token, without showing it", async () => {
    const env = { HCLOUD_TOKEN: "s3cret", HCLOUD_ENDPOINT: endpoint };
    const { code, stdout, stderr } = await run("estimate.ts", ["prod"], env);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /answered 401: HCLOUD_TOKEN is no token of this project/);
    assert.doesNotMatch(stderr, /s3cret/);
  });

  it("fails when nothing answers, with the way out", async () => {
    const { code, stderr } = await run("estimate.ts", ["prod"], {
      HCLOUD_TOKEN: "known",
      HCLOUD_ENDPOINT: "http://127.0.0.1:9/v1",
    });
    assert.equal(code, 2);
    assert.match(stderr, /does not answer \(.+\); unset HCLOUD_TOKEN/);
  });

  it("fails when the dated prices do not know the location", async () => {
    write("america", "location: ash");
    const { code, stderr } = await run("estimate.ts", ["america", "-d", directory]);
    assert.equal(code, 2);
    assert.match(stderr, /know no ash, only EU locations; set HCLOUD_TOKEN/);
  });

  it("fails with every mistake of the configuration", async () => {
    write("wrong", "location: moon", "budgetEur: plenty", "protecct: true");
    const { code, stderr } = await run("estimate.ts", ["wrong", "-d", directory]);
    assert.equal(code, 2);
    assert.match(stderr, /^stack wrong: 3 mistakes in the configuration\n/);
    for (const path of ["location", "budgetEur", "protecct"])
      assert.match(stderr, new RegExp(`^  ${path}: got`, "m"));
  });
});
