import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Platform, type PlatformArgs } from "../../components/platform";
import { SettingsError } from "../../components/settings/problems";
import type { PlatformSettings } from "../../components/stack/settings";
import { clearTextPaths, isSecretValue, type RecordedResource, recordProgram } from "../support/mocks";
import { seedSettings } from "../support/settings";

const ghcr = { host: "ghcr.io", username: "shop", passwordSecret: "registryPassword" };
const { web, worker } = seedSettings.app.services;
assert.ok(web !== undefined && worker !== undefined);
const settings: PlatformSettings = {
  ...seedSettings,
  app: {
    ...seedSettings.app,
    services: {
      web: { ...web, uses: ["database"], secrets: { STRIPE_KEY: "stripeKey" } },
      worker: { ...worker, uses: ["cache"] },
    },
  },
  images: { ...seedSettings.images, registries: [ghcr] },
};

const secrets = {
  stripeKey: "planted-stripe",
  registryPassword: "planted-registry",
  unused: "planted-unused",
};
/** As it stands in Docker's configuration. */
const registryAuth = Buffer.from(`shop:${secrets.registryPassword}`).toString("base64");
const token = "planted-token".padEnd(64, "0");
const args: PlatformArgs = { settings, apiToken: token, secrets };

const digest = `sha256:${"1".repeat(64)}`;

async function record(changes: Partial<PlatformArgs> = {}) {
  let platform: Platform | undefined;
  const resources = await recordProgram(
    () => {
      platform = new Platform("prod", { ...args, ...changes });
    },
    {
      outputs: (type, name) => {
        if (type.endsWith(":RandomPassword")) return { result: `planted-${name}` };
        if (type.endsWith(":RandomBytes")) return { base64: Buffer.alloc(32, 7).toString("base64") };
        if (type.endsWith(":FloatingIp")) return { ipAddress: "198.51.100.20" };
        return type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};
      },
      call: () => ({ sha256Digest: digest }),
    },
  );
  assert.ok(platform !== undefined);
  return { platform, resources };
}

const resolved = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

/** The text that a machine's set-up gets on its standard input. */
function script(resources: readonly RecordedResource[], machine: string): string {
  const found = resources.find(({ name }) => name.endsWith(`-${machine}-setup`));
  const stdin = found?.inputs.stdin;
  assert.ok(isSecretValue(stdin), `the set-up of ${machine} is no secret`);
  return (stdin as { value: string }).value;
}

/** Path and mode of the files of a set-up that hold a text. */
function filesWith(text: string, marker: string): string[] {
  const files = [
    ...text.matchAll(/^put_file '([^']+)' '[^']+' '[^']+' '(\d+)'[^\n]*<<'(END_\w+)'\n([\s\S]*?)^\3$/gm),
  ];
  assert.ok(files.length > 5, `read ${files.length} files`);
  const holding = files.filter(([, , , , content]) => content?.includes(marker));
  const rest = files.reduce((left, [whole]) => left.replace(whole, ""), text);
  assert.ok(!rest.includes(marker), "it stands outside of every file");
  return holding.map(([, path, mode]) => `${path} ${mode}`);
}

describe("Platform", function () {
  this.timeout(30_000);

  it("S3-111: shows none of its secrets in clear: not in an input, not in user data, not in a command", async () => {
    const certificate = "-----BEGIN CERTIFICATE-----\nplanted-certificate\n";
    const { resources } = await record({ certificate });
    for (const marker of ["planted-", registryAuth]) {
      for (const resource of resources) {
        assert.deepEqual(clearTextPaths(resource.inputs, marker), [], `${marker} in ${resource.name}`);
      }
    }
  });

  it("hands a service's secret to that service's containers, in a file that root alone reads", async () => {
    const { resources } = await record();
    const app = script(resources, "app1");
    const webFiles = ["/etc/platform/web-1.secret.env 0600", "/etc/platform/web-2.secret.env 0600"];
    assert.deepEqual(filesWith(app, "planted-stripe"), webFiles);
    assert.deepEqual(filesWith(app, "planted-prod-database-postgresql-app"), webFiles);
    assert.deepEqual(filesWith(app, "planted-prod-database-cache-app"), [
      "/etc/platform/worker-1.secret.env 0600",
      "/etc/platform/worker-2.secret.env 0600",
    ]);
    assert.ok(!app.includes("planted-unused"));
    assert.ok(!app.includes("planted-prod-storage"), "no service uses the object store");
  });

  it("hands the logins of registries to every machine that pulls, and to no other", async () => {
    const { resources } = await record();
    for (const machine of ["app1", "app2", "database1", "storage1"]) {
      const login = filesWith(script(resources, machine), registryAuth);
      assert.deepEqual(login, ["/root/.docker/config.json 0600"], machine);
    }
    for (const machine of ["edge1", "edge2"]) assert.ok(!script(resources, machine).includes(registryAuth));
    const provider = resources.find(({ type }) => type === "pulumi:providers:docker");
    assert.ok(isSecretValue(provider?.inputs.registryAuth));
    assert.match(JSON.stringify(provider?.inputs.registryAuth), /ghcr\.io.*planted-registry/);
  });

  it("makes nothing of a preset whose parts come later, and says which", async () => {
    const planned = { ...settings, preset: "foobar" } as const;
    const made: string[] = [];
    const refused = recordProgram(() => {
      assert.throws(
        () => new Platform("prod", { ...args, settings: planned }),
        (error) => {
          assert.ok(error instanceof SettingsError);
          assert.match(error.message, /preset: got foobar.*these come later: .*replication of database/);
          return true;
        },
      );
    });
    for (const { type } of await refused) made.push(type);
    assert.deepEqual(made, ["hetzner-platform:index:Platform"]);
  });

  it("answers by its address without a certificate, and by the certificate's name with one", async () => {
    const acme = { ...seedSettings.edge.acme, enabled: false };
    const without = { ...args.settings, edge: { ...seedSettings.edge, acme } };
    const plain = (await record({ settings: without })).platform;
    assert.equal(await resolved(plain.url), "http://198.51.100.20");
    // One that is asked for comes when the name leads here: until then the address answers over HTTP.
    const issued = (await record()).platform;
    assert.equal(await resolved(issued.url), "https://www.example.com");
    assert.equal(await resolved(issued.endpoint), "http://198.51.100.20");
    const secure = (await record({ certificate: "pem" })).platform;
    assert.equal(await resolved(secure.url), "https://www.example.com");
    assert.equal(await resolved(secure.endpoint), "https://198.51.100.20");
  });

  it("offers what can be attached to: ids, parts, digests, and the database's address as a secret", async () => {
    const { platform } = await record();
    const ids = await resolved(platform.serverIds);
    assert.deepEqual(Object.keys(ids), [
      "prod-edge1",
      "prod-edge2",
      "prod-app1",
      "prod-app2",
      "prod-database1",
      "prod-storage1",
    ]);
    assert.equal(new Set(Object.values(ids)).size, 6);
    for (const id of [
      ...Object.values(ids),
      await resolved(platform.networkId),
      await resolved(platform.floatingIpId),
    ]) {
      assert.ok(id > 0);
    }
    assert.equal(ids["prod-app2"], (await resolved(platform.app.serverIds))[1]);
    assert.match(await resolved(platform.databaseUrl), /^postgresql:\/\/app:planted-/);
    assert.equal(await pulumi.isSecret(platform.databaseUrl), true);
    assert.deepEqual(await resolved(platform.images), {
      "traefik:v3.5.0": `traefik@${digest}`,
      "elasticsearch:8.19.21": `elasticsearch@${digest}`,
      "versity/versitygw:v1.8.0": `versity/versitygw@${digest}`,
      "example/shop:1.0.0": `example/shop@${digest}`,
    });
  });

  const offsite = { endpoint: "https://s3.example.com", bucket: "copies", region: "eu" };
  const withOffsite: PlatformSettings = {
    ...settings,
    storage: { ...settings.storage, backup: { ...settings.storage.backup, offsite } },
  };
  const credentials = { accessKeyId: "id", secretAccessKey: "planted-offsite" };
  for (const [name, changes] of [
    ["a bucket elsewhere has no keys", { settings: withOffsite }],
    ["keys come without a bucket", { offsiteCredentials: credentials }],
  ] as const) {
    it(`fails when ${name}, and shows no key`, async () => {
      await recordProgram(() => {
        assert.throws(
          () => new Platform("prod", { ...args, ...changes }),
          (error) =>
            /settings\.storage\.backup\.offsite: got .*, allowed both or neither/.test(String(error)) &&
            !/planted/.test(String(error)),
        );
      });
    });
  }

  it("copies to a bucket elsewhere with keys that are known later, in files of the storage machine alone", async () => {
    const offsiteCredentials = pulumi.secret(Promise.resolve(credentials));
    const { resources } = await record({ settings: withOffsite, offsiteCredentials });
    assert.deepEqual(filesWith(script(resources, "storage1"), "planted-offsite"), [
      "/etc/platform/backup/rclone.conf 0600",
    ]);
    for (const { inputs } of resources) assert.deepEqual(clearTextPaths(inputs, "planted-offsite"), []);
  });

  it("leaves visitors of HTTP where they are when edge.redirectToHttps is false", async () => {
    const certificate = "planted-certificate";
    const edgeScripts = async (redirectToHttps: boolean) => {
      const edge = { ...settings.edge, redirectToHttps };
      const { resources } = await record({ settings: { ...settings, edge }, certificate });
      return [script(resources, "edge1"), script(resources, "edge2")];
    };
    for (const script of await edgeScripts(true)) assert.match(script, /redirect prefix https:\/\/%\[/);
    for (const script of await edgeScripts(false))
      assert.doesNotMatch(script, /redirect prefix https:\/\/%\[/);
  });
});
