import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import packageJson from "../../../package.json";
import {
  installPythonSdk,
  layPlugin,
  type PackageSchema,
  type Plugin,
  pluginFolder,
  schemaText,
} from "./plugin";

const root = join(pluginFolder, "..");

interface Made {
  readonly op: string;
  readonly type: string;
  readonly name: string;
  readonly parent: string;
}

describe("the components in other languages", function () {
  this.timeout("10m");
  let folder: string;
  let plugin: Plugin;
  let schema: PackageSchema;
  let sdk: Awaited<ReturnType<typeof installPythonSdk>>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hetzner-platform-plugin-"));
    plugin = await layPlugin(folder);
    const text = await schemaText(folder, plugin);
    schema = JSON.parse(text) as PackageSchema;
    sdk = await installPythonSdk(folder, text);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("have a manifest that the engine reads, with the versions that this package is tested with", async () => {
    assert.deepEqual(parse(await readFile(join(pluginFolder, "PulumiPlugin.yaml"), "utf8")), {
      runtime: "nodejs",
    });
    const manifest = JSON.parse(await readFile(join(pluginFolder, "package.json"), "utf8"));
    const { name, version, license, dependencies, devDependencies, peerDependencies } = packageJson;
    assert.deepEqual([manifest.name, manifest.version, manifest.license], [name, version, license]);
    const pinned: Readonly<Record<string, string>> = { ...devDependencies, ...dependencies };
    for (const [module, wanted] of Object.entries(manifest.dependencies))
      assert.equal(wanted, pinned[module], module);
    // The two more are for the SDK's reader of types.
    const needed = [
      ...Object.keys(dependencies),
      ...Object.keys(peerDependencies),
      "typescript",
      "@types/node",
    ];
    assert.deepEqual(Object.keys(manifest.dependencies).sort(), needed.sort());
  });

  it("are imported by nobody here as a folder: its manifest would lead to the plugin, not to index.ts", async () => {
    const pattern = 'from "[./]*/components"';
    const found = await execa("git", ["grep", "-lE", pattern, "--", "*.ts", "*.mts"], {
      cwd: root,
      reject: false,
    });
    assert.equal(found.stdout, "");
    assert.equal(found.exitCode, 1, found.stderr);
  });

  it("describe each component and each of its inputs and outputs", () => {
    assert.deepEqual([schema.name, schema.version], [packageJson.name, packageJson.version]);
    for (const [token, { isComponent, description, inputProperties, properties }] of Object.entries(
      schema.resources,
    )) {
      assert.ok(isComponent && description, token);
      for (const [name, property] of Object.entries(inputProperties)) {
        assert.ok(property.description, `${token}: input ${name} says nothing`);
      }
      assert.ok(Object.keys(properties).length > 0, token);
    }
  });

  it("are a package for Python that compiles", async () => {
    // -W error: a warning of the compiler is a mistake in a docstring of ours.
    await execa(sdk.python, ["-W", "error", "-m", "compileall", "-q", "-f", sdk.site], { env: {} });
  });

  it("make the same resources for a program in Python, under the engine", async () => {
    const made = JSON.parse((await preview("program")).stdout) as Made[];
    const under = (parent: string) =>
      made
        .filter((one) => one.parent === parent)
        .map(({ name }) => name)
        .sort();
    assert.deepEqual(under("net"), ["net-default-route", "net-network", "net-subnet-edge"]);
    const pair = ["shop-address", "shop-edge1", "shop-edge2", "shop-firewall", "shop-spread"];
    assert.deepEqual(under("shop"), pair);
    const box = ["media-box", "media-box-key", "media-box-password"];
    const passwords = ["media-backup-key", "media-objects-app", "media-objects-root"];
    assert.deepEqual(under("media"), [...box, ...passwords, "media-storage1", "media-volume"].sort());
    for (const [machine, ...more] of [["shop-edge1"], ["shop-edge2"], ["media-storage1", "volume"]]) {
      const ofMachine = ["booted", "ready", "server", "setup", ...more].map((end) => `${machine}-${end}`);
      assert.deepEqual(under(machine ?? ""), ofMachine);
    }
  });

  it("tell a program in Python everything that is wrong at once, each by its path", async () => {
    const failed = await preview("wrong", { WRONG: "1" });
    assert.notEqual(failed.exitCode, 0);
    for (const path of ["network.range", "addresses", "adminRanges[0]", "backends"]) {
      assert.ok(
        failed.stderr.includes(`${path}: got `) || failed.stderr.includes(`property ${path} `),
        failed.stderr,
      );
    }
  });

  /** In a folder of its own, which has no tsconfig.json. */
  async function preview(name: string, more: Readonly<Record<string, string>> = {}) {
    const cwd = join(folder, name);
    await mkdir(cwd);
    const env = { ...plugin.env, ...sdk.env, HCLOUD_TOKEN: "t".repeat(64), ...more };
    return execa(sdk.python, [join(__dirname, "preview.py")], { cwd, env, reject: more.WRONG === undefined });
  }
});
