import assert from "node:assert/strict";
import { parseConfig } from "../src/config";

const valid = {
  APP_MODE: "web",
  DATABASE_URL: "postgresql://app:database-secret@10.0.1.5:5432/app",
  REDIS_URL: "redis://:redis-secret@10.0.1.5:6379",
  ELASTICSEARCH_URL: "http://app:search-secret@10.0.1.5:9200",
  S3_ENDPOINT: "http://10.0.1.6:9000",
  S3_BUCKET: "app",
  S3_ACCESS_KEY_ID: "key",
  S3_SECRET_ACCESS_KEY: "object-secret",
};

describe("sample application's configuration", () => {
  it("needs eight variables and has defaults for the rest", () => {
    const config = parseConfig(valid);
    assert.equal(config.port, 8080);
    assert.equal(config.replica, 1);
    assert.equal(config.drainSeconds, 5);
    assert.equal(config.stopSeconds, 25);
    assert.equal(config.s3.region, "us-east-1");
  });

  for (const [mode, stores] of [
    ["web", []],
    ["api", []],
    ["admin", ["postgresql", "redis"]],
    ["worker", ["postgresql", "redis"]],
  ] as const) {
    it(`calls ${mode} ready with ${stores.length === 0 ? "no store at all" : stores.join(" and ")}, unless told otherwise`, () => {
      assert.deepEqual(parseConfig({ ...valid, APP_MODE: mode }).readinessRequires, stores);
      const told = { ...valid, APP_MODE: mode, READINESS_REQUIRES: "redis" };
      assert.deepEqual(parseConfig(told).readinessRequires, ["redis"]);
      assert.deepEqual(parseConfig({ ...told, READINESS_REQUIRES: "none" }).readinessRequires, []);
    });
  }

  it("takes an empty value for none, as Docker's env files write it", () => {
    assert.equal(parseConfig({ ...valid, PORT: "", RELEASE: "" }).port, 8080);
  });

  it("ignores variables of others", () => {
    assert.doesNotThrow(() => parseConfig({ ...valid, HOME: "/", NODE_VERSION: "24" }));
  });

  const wrong: readonly [string, string, RegExp][] = [
    ["APP_MODE", "", /APP_MODE: is missing/],
    ["APP_MODE", "cron", /APP_MODE: .*"web"\|"admin"\|"api"\|"worker"/],
    ["PORT", "0", /PORT: .*1/],
    ["PORT", "65536", /PORT: .*65535/],
    ["PORT", "eighty", /PORT: must be a whole number/],
    ["PORT", "-1", /PORT: must be a whole number/],
    ["NODE_NAME", "app 1", /NODE_NAME: must be 1 to 63/],
    ["NODE_NAME", `a${"b".repeat(63)}`, /NODE_NAME: must be 1 to 63/],
    ["NODE_NAME", "-app", /NODE_NAME: must be/],
    ["REPLICA", "0", /REPLICA: /],
    ["REPLICA", "1.5", /REPLICA: must be a whole number/],
    ["DATABASE_URL", "", /DATABASE_URL: is missing/],
    ["DATABASE_URL", "10.0.1.5:5432", /DATABASE_URL: must be/],
    ["DATABASE_URL", "mysql://10.0.1.5/app", /DATABASE_URL: must begin with postgresql: or postgres:/],
    ["REDIS_URL", "http://10.0.1.5", /REDIS_URL: must begin with redis: or rediss:/],
    ["ELASTICSEARCH_URL", "elastic", /ELASTICSEARCH_URL: must be a URL/],
    ["S3_ENDPOINT", "s3://bucket", /S3_ENDPOINT: must begin with http: or https:/],
    ["S3_BUCKET", "My_Bucket", /S3_BUCKET: must be a bucket name/],
    ["S3_BUCKET", "a", /S3_BUCKET: must be a bucket name/],
    ["S3_ACCESS_KEY_ID", "", /S3_ACCESS_KEY_ID: is missing/],
    ["S3_SECRET_ACCESS_KEY", "", /S3_SECRET_ACCESS_KEY: is missing/],
    ["SESSION_TTL_SECONDS", "0", /SESSION_TTL_SECONDS: /],
    ["DRAIN_SECONDS", "25", /DRAIN_SECONDS: 25 must be less than STOP_SECONDS \(25\)/],
    ["DEPENDENCY_TIMEOUT_MS", "10", /DEPENDENCY_TIMEOUT_MS: /],
    ["READINESS_REQUIRES", "postgresql,mongodb", /READINESS_REQUIRES: /],
    ["HEALTH_SOCKET", "worker.sock", /HEALTH_SOCKET: must be an absolute path/],
    ["LOG_LEVEL", "loud", /LOG_LEVEL: /],
  ];
  for (const [variable, value, message] of wrong) {
    it(`fails for ${variable}="${value}"`, () =>
      assert.throws(() => parseConfig({ ...valid, [variable]: value }), message));
  }

  it("reports all mistakes at once", () => {
    const broken = { PORT: "x", REPLICA: "0", DRAIN_SECONDS: "9", STOP_SECONDS: "9" };
    assert.throws(
      () => parseConfig(broken),
      (error: Error) => {
        for (const name of [...Object.keys(valid), "PORT", "REPLICA", "DRAIN_SECONDS"]) {
          assert.match(error.message, new RegExp(`\\b${name}: `));
        }
        assert.match(error.message, /has 11 mistake/);
        return true;
      },
    );
  });

  it("never repeats a value that may hold a password", () => {
    const secrets = { DATABASE_URL: "mysql://app:hunter2@db/app", REDIS_URL: "hunter2" };
    assert.throws(
      () => parseConfig({ ...valid, ...secrets }),
      (error: Error) => !error.message.includes("hunter2"),
    );
  });
});
