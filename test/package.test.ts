import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { cachedBundle } from "../scripts/bundle";
import { cacheDir } from "../toolchain/cacheDir";

const root = join(__dirname, "..");

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "hetzner-platform-package-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("the npm package", function () {
  this.timeout("5m");

  it("compiles and exports its components to a program that imports it", async () => {
    await inTemporaryFolder(async (folder) => {
      const tsc = ["tsc", "--project", "tsconfig.build.json", "--outDir", join(folder, "dist")];
      await execa("npx", tsc, { cwd: root });
      const script = `console.log(Object.keys(require(${JSON.stringify(join(folder, "dist/components/index.js"))})).join())`;
      const listed = await execa("node", ["-e", script], {
        cwd: root,
        env: { NODE_PATH: join(root, "node_modules") },
      });
      const exported = listed.stdout.split(",");
      for (const name of [
        "Platform",
        "Network",
        "Machine",
        "LoadBalancerPair",
        "AppNodes",
        "DatabaseNode",
        "StorageNode",
      ]) {
        assert.ok(exported.includes(name), `${name} is not exported; exported are ${listed.stdout}`);
      }
    });
  });

  it("contains the compiled components, the licence and the change log only", async () => {
    const packed = await execa("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root });
    const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
    const others = files.map((file) => file.path).filter((path) => !path.startsWith("dist/"));
    assert.deepEqual(others.sort(), ["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
  });

  it("has the local cloud as one program that needs nothing beside it", async () => {
    await inTemporaryFolder(async (folder) => {
      const bundle = await cachedBundle();
      await cp(bundle, folder, { recursive: true });
      // Away from every node_modules: what is not in the file would be missed here.
      const help = await execa(process.execPath, [join(folder, "cli.cjs"), "--help"], { cwd: folder });
      for (const command of ["up", "down", "status", "ssh", "exec", "logs", "fault"]) {
        assert.match(help.stdout, new RegExp(`^  ${command}\\b`, "m"));
      }
      assert.match(help.stdout, /^Usage: localcloud /m);
      const { bin } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
      assert.deepEqual(bin, { localcloud: "dist/localcloud/cli.cjs" });
    });
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
