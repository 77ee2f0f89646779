import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { execa } from "execa";
import { ensurePulumiHome, type PulumiHome } from "../pulumiHome";
import { pulumiVersion } from "../recipes";

const projectRoot = join(__dirname, "..", "..");

/** Nothing may be fetched, so every connection of the vendor's programs goes to a proxy that counts and refuses. */
describe("the vendor's own ways to the built engine, without a network", function () {
  this.timeout(30 * 60_000);
  let home: PulumiHome;
  let asked = 0;
  const proxy = createServer((socket) => {
    asked += 1;
    socket.destroy();
  });
  let env: Record<string, string>;

  before(async () => {
    home = await ensurePulumiHome((line) => console.error(line));
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    env = {
      PULUMI_HOME: home.env.PULUMI_HOME ?? "",
      HTTP_PROXY: url,
      HTTPS_PROXY: url,
      NODE_USE_ENV_PROXY: "1",
      // The engine asks for a newer version beside each command, and a command may be over before it has asked.
      PULUMI_SKIP_UPDATE_CHECK: "1",
    };
  });
  after(() => proxy.close());
  beforeEach(() => {
    asked = 0;
  });

  it("`npx pulumi` of the same version runs it and downloads nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "npx-pulumi-"));
    try {
      const pack = ["pack", "--silent", `pulumi@${pulumiVersion}`, "--pack-destination", folder];
      await execa("npm", pack, { cwd: folder });
      await execa("tar", ["-xzf", `pulumi-${pulumiVersion}.tgz`], { cwd: folder });
      const options = { cwd: folder, env, all: true, reject: false } as const;
      const run = await execa(process.execPath, [join("package", "run.js"), "version"], options);
      assert.equal(run.all, `v${pulumiVersion}`);
      assert.equal(asked, 0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  // It does not heed PULUMI_HOME.
  it("`PulumiCommand.install` of the Automation API finds it as ~/.pulumi and downloads nothing", async () => {
    const user = await mkdtemp(join(tmpdir(), "pulumi-user-"));
    try {
      await symlink(home.env.PULUMI_HOME ?? "", join(user, ".pulumi"));
      const script =
        'require("@pulumi/pulumi/automation").PulumiCommand.install().then(({ command }) => console.log(command));';
      const options = { cwd: projectRoot, env: { ...env, HOME: user }, all: true, reject: false } as const;
      const run = await execa(process.execPath, ["-e", script], options);
      assert.equal(run.all, join(user, ".pulumi", relative(home.env.PULUMI_HOME ?? "", home.bin)));
      assert.equal(asked, 0);
    } finally {
      await rm(user, { recursive: true, force: true });
    }
  });

  it("`PulumiCommand.get` takes the folder above as the root of an installation", async () => {
    const root = dirname(dirname(home.bin));
    const found = await PulumiCommand.get({ root });
    assert.equal(found.command, home.bin);
    assert.equal(found.version?.toString(), pulumiVersion);
  });

  it("finds the language host beside the engine", async () => {
    const run = await execa(home.bin, ["plugin", "ls", "--json"], { env: home.env, all: true });
    assert.match(run.stdout, /"name": "hcloud"/);
  });
});
