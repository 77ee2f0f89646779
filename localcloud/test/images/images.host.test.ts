import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureImages, type ImageRecord, imageReferences } from "../../src/images/ensureImages";
import { parseReference } from "../../src/images/reference";
import { type RunningRegistry, startRegistry } from "../../src/images/registry";
import { defaultStorage } from "../../src/images/storage";
import { mountImage } from "./support/container";

interface Expected {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user: string;
  readonly port?: string;
}

const expected: Readonly<Record<string, Expected>> = {
  [imageReferences.elasticsearch]: {
    entrypoint: ["/bin/tini", "--", "/usr/local/bin/docker-entrypoint.sh"],
    command: ["eswrapper"],
    user: "1000:0",
    port: "9200/tcp",
  },
  [imageReferences.traefik]: {
    entrypoint: ["/entrypoint.sh"],
    command: ["traefik"],
    user: "",
    port: "80/tcp",
  },
  [imageReferences.versitygw]: {
    entrypoint: ["/usr/local/bin/docker-entrypoint.sh"],
    user: "",
    port: "7070/tcp",
  },
  [imageReferences.sampleApp]: {
    entrypoint: ["docker-entrypoint.sh"],
    command: ["node", "--enable-source-maps", "app.js"],
    user: "node",
    port: "8080/tcp",
  },
};

interface Blob {
  readonly config?: {
    readonly digest?: string;
    readonly Entrypoint?: string[];
    readonly Cmd?: string[];
    readonly User?: string;
    readonly ExposedPorts?: Record<string, unknown>;
    readonly Healthcheck?: { readonly Test: string[] };
  };
}

async function releaseOf(reference: string): Promise<string> {
  const image = await mountImage(reference);
  try {
    return await readFile(join(image.root, "app", "release"), "utf8");
  } finally {
    await image.remove();
  }
}

describe("images", function () {
  // The first run on a machine builds Traefik, which takes ten minutes of two processors.
  this.timeout(2_400_000);
  let registry: RunningRegistry;
  let records: readonly ImageRecord[];
  const lines: string[] = [];

  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    records = await ensureImages((line) => lines.push(line), { sampleAppTags: ["1.0.1"] });
    registry = await startRegistry(defaultStorage());
  });
  after(() => registry?.stop());

  const manifest = async (reference: string) => {
    const { repository, tag } = parseReference(reference);
    const accept = [
      "application/vnd.docker.distribution.manifest.v2+json",
      "application/vnd.oci.image.manifest.v1+json",
    ];
    const base = `http://${registry.host}/v2/${repository}`;
    const answer = await fetch(`${base}/manifests/${tag}`, { headers: { accept: accept.join(", ") } });
    return { answer, base };
  };
  const config = async (reference: string) => {
    const { answer, base } = await manifest(reference);
    const { config: link } = (await answer.json()) as Blob;
    const blob = (await (await fetch(`${base}/blobs/${link?.digest}`)).json()) as Blob;
    return blob.config ?? {};
  };

  for (const [reference, wanted] of Object.entries(expected)) {
    it(`serves ${reference} by tag with the recorded digest`, async () => {
      const record = records.find((each) => each.reference === reference);
      const { answer } = await manifest(reference);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("docker-content-digest"), record?.digest);
    });

    it(`gives ${reference} the official entry point, command, user and port`, async () => {
      const found = await config(reference);
      assert.deepEqual(found.Entrypoint, wanted.entrypoint);
      if (wanted.command !== undefined) assert.deepEqual(found.Cmd, wanted.command);
      assert.equal(found.User ?? "", wanted.user);
      if (wanted.port !== undefined) assert.ok(wanted.port in (found.ExposedPorts ?? {}));
    });
  }

  it("gives the sample application a health check", async () => {
    const found = await config(imageReferences.sampleApp);
    assert.deepEqual(found.Healthcheck?.Test, ["CMD", "node", "app.js", "health"]);
  });

  it("makes a second release that differs", async () => {
    const second = records.find(({ reference }) => reference === "hetzner-platform/sample-app:1.0.1");
    const first = records.find(({ reference }) => reference === imageReferences.sampleApp);
    assert.notEqual(second?.digest, first?.digest);
    assert.equal(await releaseOf(imageReferences.sampleApp), "1.0.0");
    assert.equal(await releaseOf("hetzner-platform/sample-app:1.0.1"), "1.0.1");
  });

  it("does nothing the second time, within half a second", async () => {
    const progress: string[] = [];
    const began = process.cpuUsage();
    const again = await ensureImages((line) => progress.push(line), { sampleAppTags: ["1.0.1"] });
    // Of processor time: what else runs on the machine says nothing about it.
    const { user, system } = process.cpuUsage(began);
    assert.ok(user + system < 500_000, `took ${(user + system) / 1_000} ms of a processor`);
    assert.deepEqual(again, records);
    assert.deepEqual(progress, []);
  });
});
