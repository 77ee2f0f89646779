import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { WebNodes, type WebNodesArgs } from "../../../../components/roles/web";
import { purgeFile } from "../../../../components/roles/web/purge";
import { releaseFile } from "../../../../components/roles/web/release";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../../support/mocks";
import { shellcheck } from "../../../support/shellcheck";

const args: WebNodesArgs = {
  environment: "prod",
  location: "nbg1",
  network: { id: 9, range: "10.0.0.0/16" },
  addresses: ["10.0.5.11", "10.0.5.12"],
  serverType: "cx23",
  sshKey: "deploy",
  privateKey: pulumi.secret("planted-private-key"),
  bastion: { host: "198.51.100.11", hostKey: "ssh-ed25519 AAAA" },
  domain: "www.example.com",
  services: { web: {}, api: { pathPrefix: "/api" } },
  nodes: ["10.0.2.11:80", "10.0.2.12:80"],
  loadBalancers: ["10.0.1.11", "10.0.1.12"],
  protectedPaths: { jobs: { pathPrefix: "/jobs", users: { admin: "jobsPassword" } } },
  secrets: { jobsPassword: pulumi.secret("planted-jobs-password") },
};

const outputs = (type: string): Record<string, unknown> =>
  type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};
const record = (own: WebNodesArgs = args, preview = false) =>
  recordProgram(() => new WebNodes("web", own), { preview, outputs });

async function setupScript(own: WebNodesArgs): Promise<string> {
  const { stdin } = resourceNamed(await record(own), "command:remote:Command", "web-web1-setup").inputs;
  assert.ok(isSecretValue(stdin));
  return (stdin as { readonly value: string }).value;
}

async function problemsOf(own: Partial<WebNodesArgs>): Promise<string> {
  return record({ ...args, ...own }).then(
    () => "",
    (error: Error) => error.message,
  );
}

describe("WebNodes", function () {
  this.timeout(20_000);

  it("makes as many private servers as there are addresses, spread over physical hosts", async () => {
    for (const addresses of [["10.0.5.11"], args.addresses, ["10.0.5.11", "10.0.5.12", "10.0.5.13"]]) {
      const servers = (await record({ ...args, addresses })).filter(({ type }) => type.endsWith(":Server"));
      assert.deepEqual(
        servers.map(({ inputs }) => inputs.name),
        addresses.map((_, index) => `prod-web${index + 1}`),
      );
      for (const { inputs } of servers) {
        assert.deepEqual(inputs.publicNets, [{ ipv4Enabled: false, ipv6Enabled: false }]);
        assert.ok(Number(inputs.placementGroupId) > 0);
      }
    }
  });

  it("shows no secret in clear, and keeps no password on the machine but its hash", async () => {
    const resources = await record();
    for (const marker of ["planted-jobs-password", "planted-private-key"]) {
      for (const resource of resources)
        assert.deepEqual(clearTextPaths(resource.inputs, marker), [], `${marker} in ${resource.name}`);
    }
    const script = await setupScript(args);
    assert.ok(!script.includes("planted-jobs-password"));
    assert.match(script, /admin:\$7\$/);
  });

  it("lets the load balancers alone send requests, and knows what they say of visitors", async () => {
    const script = await setupScript(args);
    const rules = script.match(/^.* tcp dport 80 accept .*$/gm) ?? [];
    const senders = rules.flatMap((rule) => rule.match(/\d+\.\d+\.\d+\.\d+/g) ?? []);
    assert.deepEqual(senders.sort(), ["10.0.1.11", "10.0.1.12", "10.0.5.11", "10.0.5.12"]);
    assert.match(script, /set_real_ip_from 10\.0\.1\.12;/);
  });

  it("does not choke on what is unknown in a preview", async () => {
    assert.equal((await record(args, true)).filter(({ type }) => type.endsWith(":Server")).length, 2);
  });

  it("serves sites without a service behind them", async () => {
    const { services: _, nodes: __, ...alone } = args;
    const script = await setupScript({ ...alone, sites: { docs: {} } });
    assert.match(script, /root \/srv\/www\/docs\/current;/);
    assert.ok(!script.includes("upstream service"));
  });

  it("refuses everything that no machine could serve, at once, and names no secret", async () => {
    const text = await problemsOf({
      services: { web: { pathPrefix: "api/" } },
      nodes: ["10.0.2.11"],
      maxBodyMb: 0,
      cache: { pageSeconds: -1 },
      uncachedServices: ["shop"],
      sites: { docs: { pathPrefix: "/.platform/x" } },
      protectedPaths: {
        open: { pathPrefix: "/open" },
        jobs: { pathPrefix: "/jobs", users: { admin: "pasted" } },
      },
    });
    const paths = [
      "services.web.pathPrefix",
      "nodes[0]",
      "maxBodyMb",
      "cache.pageSeconds",
      "uncachedServices[0]",
      "sites.docs.pathPrefix",
      "protectedPaths.open",
      "protectedPaths.jobs.users.admin",
    ];
    for (const path of paths) assert.ok(text.includes(`\n  ${path}: `), `${path} in ${text}`);
    assert.ok(!text.includes("pasted"));
    assert.match(await problemsOf({ services: {}, sites: {} }), /services: got nothing/);
    assert.match(await problemsOf({ nodes: [] }), /nodes: got \[\]/);
  });

  it("forgets kept pages once for each release of what answers behind it, on every machine, after its set-up", async () => {
    const purges = async (own: Partial<WebNodesArgs>) =>
      (await record({ ...args, ...own })).filter(({ name }) => name.endsWith("-purge"));
    assert.deepEqual(await purges({}), []);
    const commands = await purges({ release: "1.4.3" });
    assert.deepEqual(
      commands.map(({ name, inputs }) => [name, inputs.create]),
      ["web-web1-purge", "web-web2-purge"].map((name) => [
        name,
        "/usr/local/sbin/platform-purge --release 1.4.3",
      ]),
    );
    // Only to the machine whose key is known.
    for (const { inputs } of commands)
      assert.match(JSON.stringify(inputs.connection), /"hostKey":"ssh-ed25519 AAAA host"/);
    assert.deepEqual(await purges({ release: "1.4.3", cache: { diskMb: 0 } }), []);
    assert.match(await problemsOf({ release: "1; reboot" }), /release: got "1; reboot"/);
  });

  it("a site's files come from an object store: the machines know what opens it, and nobody else does", async () => {
    const sites = { docs: { pathPrefix: "/docs", source: "objectStore", release: "v1" } } as const;
    const objectStore = {
      endpoint: "http://10.0.4.11:9000",
      ...{ region: "us-east-1", bucket: "app", accessKeyId: "app" },
      secretAccessKey: pulumi.secret("planted-store-key"),
    };
    const own = { ...args, sites, objectStore };
    for (const resource of await record(own))
      assert.deepEqual(clearTextPaths(resource.inputs, "planted-store-key"), [], resource.name);
    const script = await setupScript(own);
    assert.match(script, /'\/etc\/platform\/secrets\/site-store\.conf' 'root' 'root' '0600'/);
    assert.match(script, /platform-release fetch docs v1/);
    assert.match(await problemsOf({ sites }), /objectStore: got nothing, allowed a bucket: sites docs/);
    assert.match(
      await problemsOf({ sites: { docs: { pathPrefix: "/docs", release: "v1" } } }),
      /sites\.docs\.release: /,
    );
    assert.match(
      await problemsOf({ sites: { docs: { pathPrefix: "/docs", release: "../v1" } } }),
      /sites\.docs\.release: /,
    );
  });

  it("has commands that shellcheck finds nothing in", async () => {
    const folder = { pathPrefix: "/", spa: false };
    const stored = { ...folder, source: "objectStore" } as const;
    for (const { content } of [
      purgeFile,
      releaseFile({ docs: folder }),
      releaseFile({ docs: folder, shop: stored }),
    ])
      await shellcheck(content);
  });
});
