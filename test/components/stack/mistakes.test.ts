import assert from "node:assert/strict";
import { parseSettings, SettingsError } from "../../../components/stack/stackConfig";
import { all, correct, problemsOf, set, web } from "./support/changes";

describe("parseSettings", () => {
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
