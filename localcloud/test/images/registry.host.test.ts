import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { Agent, get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ensureRegistryCertificate, registryProcess } from "../../src/images/ensureImages";
import { startRegistry } from "../../src/images/registry";
import { freePort, until } from "./support/ports";

function ask(url: string, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: new Agent({ ca }) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on("error", reject);
  });
}

describe("registry", function () {
  this.timeout(60_000);
  let folder: string;
  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    folder = await mkdtemp(join(tmpdir(), "registry-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("makes one certificate for its addresses and keeps it", async () => {
    const first = await ensureRegistryCertificate(["198.51.100.1", "127.0.0.1"], join(folder, "tls"));
    const text = await readFile(first.certificate, "utf8");
    await ensureRegistryCertificate(["198.51.100.1", "127.0.0.1"], join(folder, "tls"));
    assert.equal(await readFile(first.certificate, "utf8"), text);
    assert.equal(new X509Certificate(text).checkIP("198.51.100.1"), "198.51.100.1");
    assert.equal((await stat(first.key)).mode & 0o777, 0o600);
  });

  it("makes another one when the addresses change", async () => {
    const { certificate } = await ensureRegistryCertificate(["127.0.0.1"], join(folder, "tls"));
    assert.equal(new X509Certificate(await readFile(certificate)).checkIP("198.51.100.1"), undefined);
  });

  it("serves HTTPS that the certificate proves", async () => {
    const { certificate, key } = await ensureRegistryCertificate(["127.0.0.1"], join(folder, "tls"));
    const port = await freePort();
    const storage = join(folder, "storage");
    const spec = await registryProcess({ storage, address: "127.0.0.1", port, certificate, key });
    const child = execa(spec.command, spec.args, { env: spec.env, reject: false });
    try {
      const ca = await readFile(certificate, "utf8");
      const url = `https://127.0.0.1:${port}/v2/`;
      assert.equal(await until("an answer", () => ask(url, ca)), 200);
      assert.equal(await ask(`${url}library/none/manifests/1`, ca), 404);
    } finally {
      child.kill();
      await child;
    }
  });

  it("says what is wrong when it cannot start", async () => {
    await assert.rejects(startRegistry("/dev/null/nowhere"), /ENOTDIR|not a directory/);
  });

  it("stops without leaving its port open", async () => {
    const registry = await startRegistry(join(folder, "storage"));
    const url = `http://${registry.host}/v2/`;
    assert.equal((await fetch(url)).status, 200);
    await registry.stop();
    await assert.rejects(fetch(url), /fetch failed/);
  });
});
