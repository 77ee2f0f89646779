import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** A container registry on loopback that knows one image and says nothing but its digest. */
export interface Registry {
  /** Reference with a tag. */
  readonly image: string;
  readonly digest: string;
  /** Certificate to trust. */
  readonly certificateFile: string;
  stop(): Promise<void>;
}

/** Starts a registry that listens when the promise resolves. */
export async function startRegistry(): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), "toolchain-registry-"));
  const certificateFile = join(folder, "cert.pem");
  const keyFile = join(folder, "key.pem");
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  await execa("openssl", ["req", "-x509", ...key, ...subject, "-days", "1", "-out", certificateFile]);
  const digest = `sha256:${"4711".repeat(16)}`;
  const options = { key: await readFile(keyFile), cert: await readFile(certificateFile) };
  const server = createServer(options, (request, response) => {
    const known = request.url === "/v2/library/thing/manifests/1.0";
    if (known) response.setHeader("Docker-Content-Digest", digest);
    response.writeHead(known ? 200 : 404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port on 127.0.0.1");
  return {
    image: `localhost:${address.port}/library/thing:1.0`,
    digest,
    certificateFile,
    async stop() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
