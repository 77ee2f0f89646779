// Hetzner's Python client, which Ansible's collection is built on.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { makePems } from "../../localcloud/test/api/certificates/pems";
import { TOKEN } from "../../localcloud/test/api/testCloud";
import { assertDocumented } from "./documentation";
import { type Listener, listen } from "./listener";
import { hcloudPython, prepareHcloudPython } from "./prepare";
import { pythonFolder, pythonOf } from "./python";

const lineSchema = z.object({ name: z.string(), ok: z.boolean(), error: z.string().optional() });

/** Prefixes of the operations that the client must have shown. */
const kinds = [
  "actions",
  "certificates",
  "errors",
  "firewalls",
  "floating_ips",
  "images",
  "isos",
  "load_balancer_types",
  "load_balancers",
  "locations",
  "networks",
  "placement_groups",
  "primary_ips",
  "server_types",
  "servers",
  "ssh_keys",
  "storage_box_types",
  "storage_boxes",
  "volumes",
  "zones",
];

describe("clients: hcloud-python", () => {
  let listener: Listener;
  let folder: string;
  let lines: z.output<typeof lineSchema>[] = [];
  let said = "";

  before(async function () {
    this.timeout("5m");
    await prepareHcloudPython(() => undefined);
    listener = await listen();
    folder = await mkdtemp(join(tmpdir(), "localcloud-python-"));
    const { certificate, key } = await makePems("py.example.org");
    await writeFile(join(folder, "certificate.pem"), certificate);
    await writeFile(join(folder, "key.pem"), key, { mode: 0o600 });
    const python = pythonOf(await pythonFolder(hcloudPython));
    const result = await execa(python, [join(__dirname, "hcloud-python", "calls.py")], {
      env: {
        HCLOUD_ENDPOINT: listener.endpoint,
        HCLOUD_TOKEN: TOKEN,
        CERTIFICATE_FILE: join(folder, "certificate.pem"),
        KEY_FILE: join(folder, "key.pem"),
        PYTHONDONTWRITEBYTECODE: "1",
      },
      reject: false,
    });
    said = result.stderr;
    lines = result.stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => lineSchema.parse(JSON.parse(line)));
  });
  after(async () => {
    await listener?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  it("succeeds with every operation", () => {
    const failed = lines.filter(({ ok }) => !ok).map(({ name, error }) => `${name}: ${error}`);
    assert.deepEqual(failed, []);
    assert.equal(said, "");
  });

  for (const kind of kinds) {
    it(`shows ${kind}`, () => {
      assert.ok(lines.some(({ name }) => name.startsWith(`${kind}: `)));
    });
  }

  it("caused no failure inside the local cloud", () => {
    assert.deepEqual(listener.problems(), []);
  });

  it("is documented with its version and the number of its operations", async () => {
    const requirements = await readFile(hcloudPython.requirements, "utf8");
    const version = /^hcloud==(\S+)/m.exec(requirements)?.[1] ?? "";
    await assertDocumented("hcloud-python", version, lines.length);
  });
});
