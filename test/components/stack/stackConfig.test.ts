import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readStackConfig, SettingsError } from "../../../components/stack/stackConfig";
import { BudgetError } from "../../../components/views/budget";

const web = { image: "a/b:1", port: 80, pathPrefix: "/" };
const correct = {
  domain: "www.example.com",
  adminRanges: JSON.stringify(["8.8.8.8/32"]),
  app: JSON.stringify({ count: 3, services: { web } }),
  // Else it would need a secret.
  protect: "false",
};
const token = "t".repeat(64);

describe("readStackConfig", () => {
  beforeEach(() => {
    const mocks: pulumi.runtime.Mocks = {
      newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
      call: ({ inputs }) => inputs,
    };
    pulumi.runtime.setMocks(mocks, "hetzner-platform", "prod");
  });
  afterEach(() => {
    pulumi.runtime.setAllConfig({});
    delete process.env.PULUMI_CONFIG_SECRET_KEYS;
  });

  const configure = (
    values: Readonly<Record<string, string>>,
    others: Readonly<Record<string, string>> = {},
  ) => {
    const own = Object.entries(values).map(([key, value]) => [`hetzner-platform:${key}`, value]);
    pulumi.runtime.setAllConfig({ ...Object.fromEntries(own), ...others });
  };

  const problems = (): readonly string[] => {
    try {
      readStackConfig();
      return [];
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      const { cause } = error;
      if (!(cause instanceof SettingsError)) throw error;
      assert.equal(error.message, cause.message);
      return cause.problems.map((problem) => problem.path);
    }
  };

  it("refuses a secret called secure, which nothing but its name is left of when the engine has decrypted it", () => {
    configure({ ...correct, secrets: JSON.stringify({ secure: "planted" }) });
    assert.deepEqual(problems(), ["secrets.secure"]);
  });

  it("reads texts, numbers, flags and objects as the engine hands them over", () => {
    configure({ ...correct, budgetEur: "500", image: "12345" });
    const { settings, secrets } = readStackConfig();
    assert.deepEqual(
      [settings.environment, settings.app.count, settings.budgetEur, settings.protect, settings.image],
      ["prod", 3, 500, false, "12345"],
    );
    assert.deepEqual(secrets, {
      failoverToken: undefined,
      certificate: undefined,
      backupKey: undefined,
      offsiteCredentials: undefined,
      named: undefined,
      ofRoles: {},
    });
  });

  it("hands secrets over as secrets", async () => {
    configure({ ...correct, failoverToken: token, offsiteAccessKeyId: "id", offsiteSecretAccessKey: "key" });
    const { secrets } = readStackConfig();
    const { failoverToken, offsiteCredentials } = secrets;
    assert.ok(failoverToken !== undefined && offsiteCredentials !== undefined);
    assert.equal(await pulumi.isSecret(failoverToken), true);
    assert.equal(await pulumi.isSecret(offsiteCredentials), true);
    const value = await new Promise((resolve) => offsiteCredentials.apply(resolve));
    assert.deepEqual(value, { accessKeyId: "id", secretAccessKey: "key" });
  });

  it("fails for a preset with parts that come later, before any resource: nothing would build them", () => {
    configure({ ...correct, preset: "scaleUp" });
    assert.deepEqual(problems(), ["preset"]);
    assert.throws(readStackConfig, /these come later: .*failover of database; take preset: multiServer/);
  });

  it("fails when a protected stack would put the project's own token on the load balancers", () => {
    const { protect: _, ...guarded } = correct;
    configure(guarded, { "hcloud:token": token });
    assert.deepEqual(problems(), ["failoverToken"]);
    configure({ ...guarded, failoverToken: "f".repeat(64) }, { "hcloud:token": token });
    assert.deepEqual(problems(), []);
    configure(correct, { "hcloud:token": token });
    assert.deepEqual(problems(), []);
    // The local cloud, where the token opens nothing of worth.
    configure(guarded, { "hcloud:endpoint": "http://198.51.100.1:8080/v1" });
    assert.deepEqual(problems(), []);
  });

  it("fails when the load balancers' own token is the project's, of the configuration or the environment", () => {
    const guarded = { ...correct, protect: "true", failoverToken: token };
    configure(guarded, { "hcloud:token": token });
    assert.deepEqual(problems(), ["failoverToken"]);
    assert.throws(() => readStackConfig(), /got the same token as hcloud:token, /);
    configure(guarded);
    process.env.HCLOUD_TOKEN = token;
    try {
      assert.deepEqual(problems(), ["failoverToken"]);
    } finally {
      delete process.env.HCLOUD_TOKEN;
    }
    assert.deepEqual(problems(), []);
  });

  it("fails when no admin range could let the first run in: its SSH comes from a public IPv4 address", () => {
    for (const ranges of [
      ["10.0.0.0/8"],
      ["127.0.0.1/32", "192.168.1.0/24"],
      ["2a01:4f8::1/128"],
      ["100.64.0.0/10"],
    ]) {
      configure({ ...correct, adminRanges: JSON.stringify(ranges) });
      assert.deepEqual(problems(), ["adminRanges"], String(ranges));
    }
    for (const ranges of [["10.0.0.0/8", "8.8.8.8/32"], ["0.0.0.0/0"], ["0.0.0.0/1"]]) {
      configure({ ...correct, adminRanges: JSON.stringify(ranges) });
      assert.deepEqual(problems(), [], String(ranges));
    }
  });

  it("fails when keys of its namespace are unknown, and leaves other namespaces alone", () => {
    configure({ ...correct, adminRange: "x", aap: "{}" }, { "hcloud:token": token, "aws:region": "x" });
    assert.deepEqual(problems(), ["adminRange", "aap"]);
  });

  it("fails with all mistakes at once, values of a wrong type included", () => {
    configure({ ...correct, budgetEur: "plenty", network: "10.0.0.0/16", location: "moon", protect: "yes" });
    assert.deepEqual([...problems()].sort(), ["budgetEur", "location", "network", "protect"]);
  });

  it("fails when secrets are not encrypted in the stack's file", () => {
    process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(["hetzner-platform:certificate"]);
    configure({ ...correct, failoverToken: token }, { "hcloud:token": token });
    assert.deepEqual(problems(), ["failoverToken", "hcloud:token"]);
    process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify([
      "hetzner-platform:failoverToken",
      "hcloud:token",
    ]);
    assert.deepEqual(problems(), []);
  });

  it("fails when an admin range is one of the examples', unless the API is one's own", () => {
    const copied = { ...correct, adminRanges: JSON.stringify(["8.8.8.8/32", "192.0.2.10/32"]) };
    configure(copied);
    assert.deepEqual(problems(), ["adminRanges[1]"]);
    configure(copied, { "hcloud:endpoint": "https://api.hetzner.cloud/v1" });
    assert.deepEqual(problems(), ["adminRanges[1]"]);
    configure(copied, { "hcloud:endpoint": "http://198.51.100.1:8080/v1" });
    assert.deepEqual(problems(), []);
  });

  it("takes text that looks like a number", () => {
    configure({ ...correct, environment: "2026", image: "331978001" });
    const { settings } = readStackConfig();
    assert.deepEqual([settings.environment, settings.image], ["2026", "331978001"]);
  });

  it("hands named secrets over as secrets, and no setting holds a value of them", async () => {
    const services = { web: { ...web, secrets: { STRIPE_KEY: "stripeKey" } } };
    const secrets = JSON.stringify({ stripeKey: "planted-stripe" });
    configure({ ...correct, app: JSON.stringify({ services }), secrets });
    process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(["hetzner-platform:secrets"]);
    const stack = readStackConfig();
    const { named } = stack.secrets;
    assert.ok(named !== undefined);
    assert.equal(await pulumi.isSecret(named), true);
    assert.deepEqual(await new Promise((resolve) => named.apply(resolve)), { stripeKey: "planted-stripe" });
    assert.ok(!JSON.stringify(stack.settings).includes("planted"));
  });

  it("fails when named secrets are not encrypted", () => {
    configure({ ...correct, secrets: JSON.stringify({ stripeKey: "x", mail: "y" }) });
    process.env.PULUMI_CONFIG_SECRET_KEYS = "[]";
    assert.deepEqual(problems(), ["secrets.stripeKey", "secrets.mail"]);
  });

  it("fails when a value of a service's environment is encrypted: it would lie readable on the machines", () => {
    configure(correct);
    process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(["hetzner-platform:app"]);
    assert.deepEqual(problems(), ["app"]);
    assert.throws(
      () => readStackConfig(),
      /--path hetzner-platform:secrets\.NAME.*app\.services\.SERVICE\.secrets/,
    );
  });

  it("never advises to write a secret in clear, where --path was left out or a key is misspelt", () => {
    const misplaced = { "secrets.stripeKey": "planted", bakcupKey: "planted" };
    configure({ ...correct, ...misplaced });
    process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(
      Object.keys(misplaced).map((key) => `hetzner-platform:${key}`),
    );
    assert.throws(
      () => readStackConfig(),
      ({ message }: Error) =>
        /secrets\.stripeKey: .* set --secret --path 'hetzner-platform:secrets\.stripeKey'/.test(message) &&
        /bakcupKey: .*did you mean backupKey\?/.test(message) &&
        !/without --secret|planted/.test(message),
    );
  });

  it("fails when the platform costs more than its budget", () => {
    configure({ ...correct, budgetEur: "100" });
    assert.throws(
      () => readStackConfig(),
      (error) =>
        pulumi.RunError.isInstance(error) &&
        error.cause instanceof BudgetError &&
        /above/.test(error.message),
    );
  });
});
