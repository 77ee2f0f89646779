import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SettingsError } from "../../../components/settings/problems";
import {
  loadStackFile,
  readStackFile,
  StackFileError,
  stackNames,
} from "../../../components/stack/stackFile";

const project = `name: shop
runtime: nodejs
config:
  location: { type: string, default: hel1 }
  budgetEur: { type: integer, default: 0 }
  shop:protect: { type: boolean, default: false }
  hcloud:pollInterval: { value: 1s }
`;
const stack = `encryptionsalt: v1:abc
config:
  hcloud:token: { secure: "v1:x" }
  shop:domain: www.example.com
  shop:adminRanges: [198.51.100.7/32]
  shop:app: { services: { web: { image: "a/b:1", port: 80, pathPrefix: / } } }
`;

describe("loadStackFile", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stack-file-"));
    writeFileSync(join(directory, "Pulumi.yaml"), project);
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const write = (text: string, name = "eu") => writeFileSync(join(directory, `Pulumi.${name}.yaml`), text);

  it("merges the stack's values over the project's defaults, in the project's own namespace", () => {
    write(`${stack}  shop:budgetEur: 300\n`);
    const settings = loadStackFile("acme/shop/eu", directory);
    assert.deepEqual(
      [settings.environment, settings.location, settings.budgetEur, settings.protect],
      ["eu", "hel1", 300, false],
    );
  });

  it("reads numbers and flags that `pulumi config set` wrote as text", () => {
    write(`${stack}  shop:budgetEur: "300"\n  shop:protect: "true"\n  shop:image: "12345"\n`);
    const { budgetEur, protect, image } = loadStackFile("eu", directory);
    assert.deepEqual([budgetEur, protect, image], [300, true, "12345"]);
  });

  it("reads names and numbers of images without quotes as text, as the engine does", () => {
    write(`${stack}  shop:environment: 2026\n  shop:image: 331978001\n`);
    const { environment, image } = loadStackFile("eu", directory);
    assert.deepEqual([environment, image], ["2026", "331978001"]);
  });

  it("tells what up would refuse: an admin range of the examples, unless the API is one's own", () => {
    write(stack);
    const { refusedByUp } = readStackFile("eu", directory);
    assert.deepEqual(
      refusedByUp.map(({ path }) => path),
      ["adminRanges[0]"],
    );
    assert.match(refusedByUp[0]?.remedy ?? "", /public address/);
    write(`${stack}  hcloud:endpoint: http://198.51.100.1:8080/v1\n`);
    assert.deepEqual(readStackFile("eu", directory).refusedByUp, []);
  });

  it("fails when the stack has no file, naming those that have", () => {
    write(stack);
    write(stack, "us");
    assert.deepEqual(stackNames(directory), ["eu", "us"]);
    assert.throws(
      () => loadStackFile("prod", directory),
      (error) =>
        error instanceof StackFileError &&
        /"prod" has no Pulumi\.prod\.yaml; there are: eu, us/.test(error.message),
    );
  });

  it("fails when there is no project", () => {
    rmSync(join(directory, "Pulumi.yaml"));
    assert.throws(() => loadStackFile("eu", directory), /there is no Pulumi\.yaml/);
  });

  it("fails when a file is no YAML or no Pulumi file", () => {
    write("config: [\n");
    assert.throws(() => loadStackFile("eu", directory), /Pulumi\.eu\.yaml is no YAML/);
    write("config: 7\n");
    assert.throws(() => loadStackFile("eu", directory), /has not the form of a Pulumi file/);
  });

  it("reports an empty file as what is missing from it", () => {
    write("");
    assert.throws(
      () => loadStackFile("eu", directory),
      (error) => {
        assert.ok(error instanceof SettingsError);
        assert.deepEqual(error.problems.map(({ path }) => path).sort(), [
          "adminRanges",
          "app.services",
          "domain",
        ]);
        return true;
      },
    );
  });

  it("fails when secrets stand in clear text, together with all other mistakes, without showing them", () => {
    const token = "t".repeat(64);
    const clear = stack.replace('{ secure: "v1:x" }', token);
    write(`${clear}  shop:failoverToken: ${"f".repeat(64)}\n  shop:budgetEur: -1\n`);
    assert.throws(
      () => loadStackFile("eu", directory),
      (error) => {
        assert.ok(error instanceof SettingsError);
        assert.deepEqual(
          error.problems.map(({ path }) => path),
          ["failoverToken", "hcloud:token", "budgetEur"],
        );
        assert.doesNotMatch(error.message, /tttt|ffff/);
        return true;
      },
    );
  });

  it("reads a file with encrypted secrets of services and registries without the key", () => {
    write(`${stack}  shop:secrets: { stripeKey: { secure: "v1:x:y" }, mail: { secure: "v1:a:b" } }
  shop:images: { registries: [{ host: ghcr.io, username: shop, passwordSecret: mail }] }
`);
    assert.equal(loadStackFile("eu", directory).images.registries[0]?.host, "ghcr.io");
    write(`${stack}  shop:secrets: { secure: "v1:x:y" }\n`);
    assert.equal(loadStackFile("eu", directory).domain, "www.example.com");
  });

  it("fails when one of several secrets stands in clear text, with the command that encrypts it", () => {
    write(`${stack}  shop:secrets: { stripeKey: { secure: "v1:x:y" }, mail: planted }\n`);
    assert.throws(
      () => loadStackFile("eu", directory),
      (error) =>
        error instanceof SettingsError &&
        /^ {2}secrets\.mail: got a secret in clear text.*--secret --path shop:secrets\.mail$/m.test(
          error.message,
        ) &&
        !/planted|stripeKey/.test(error.message),
    );
  });

  it("accepts a clear token for an API of one's own", () => {
    write(`${stack.replace('{ secure: "v1:x" }', "abc")}  hcloud:endpoint: http://198.51.100.1:8080/v1\n`);
    assert.equal(loadStackFile("eu", directory).domain, "www.example.com");
  });
});
