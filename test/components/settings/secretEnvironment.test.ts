import assert from "node:assert/strict";
import { type SecretUser, secretEnvironment } from "../../../components/settings/secretEnvironment";

const stores = {
  database: { DATABASE_URL: "postgresql://planted" },
  cache: { REDIS_URL: "redis://planted" },
  search: { ELASTICSEARCH_URL: "http://planted" },
  objectStore: { S3_ENDPOINT: "http://planted", S3_SECRET_ACCESS_KEY: "planted" },
};
const secrets = { stripeKey: "sk_live", mailPassword: "mail" };

const user = (changes: Partial<SecretUser>): SecretUser => ({ uses: [], secrets: {}, ...changes });
const environment = (changes: Partial<SecretUser>) =>
  secretEnvironment("service web", user(changes), stores, secrets);

describe("secret environment of a program", () => {
  it("is empty for a service that names nothing", () => {
    assert.deepEqual(environment({}), {});
  });

  it("holds the credentials of the stores that the service uses, and no others", () => {
    assert.deepEqual(environment({ uses: ["cache"] }), { REDIS_URL: "redis://planted" });
    assert.deepEqual(Object.keys(environment({ uses: ["objectStore", "database"] })), [
      "DATABASE_URL",
      "S3_ENDPOINT",
      "S3_SECRET_ACCESS_KEY",
    ]);
  });

  it("holds the secrets that the service names, under its own variables", () => {
    assert.deepEqual(environment({ secrets: { STRIPE: "stripeKey" } }), { STRIPE: "sk_live" });
  });

  it("is the same text whatever the order of the configuration", () => {
    const one = environment({ uses: ["cache", "database"], secrets: { B: "stripeKey", A: "mailPassword" } });
    const other = environment({
      uses: ["database", "cache"],
      secrets: { A: "mailPassword", B: "stripeKey" },
    });
    assert.equal(JSON.stringify(one), JSON.stringify(other));
  });

  it("fails when a secret is not there, without showing what stands in its place", () => {
    assert.throws(
      () => environment({ secrets: { STRIPE: "sk_live_pasted" } }),
      (error) =>
        error instanceof Error && /service web.*STRIPE/.test(error.message) && !/pasted/.test(error.message),
    );
  });

  it("fails when a used store is not there", () => {
    assert.throws(
      () => secretEnvironment("service web", user({ uses: ["search"] }), {}, {}),
      /service web uses search: name its environment in stores/,
    );
  });
});
