import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { ensureHostPackages } from "../../../localcloud/src/linux/hostPackages";

/** Debian's docker-registry on loopback, which admits one user and holds one image. */
export interface PrivateRegistry {
  /** As image references begin. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
  readonly image: string;
  readonly digest: string;
  readonly certificateFile: string;
  /** Status of a request that carries this `auth` of Docker's configuration. */
  statusFor(auth: string): Promise<number>;
  stop(): Promise<void>;
}

const username = "shop";
const password = "planted-registry";
/** bcrypt of the password, the only form that the registry reads. */
const htpasswd = `${username}:$2y$05$abcdefghijklmnopqrstuutsn06dhxJgyQWJg.9nkoD.W7XjvXNz.\n`;

export async function startPrivateRegistry(): Promise<PrivateRegistry> {
  await ensureHostPackages(["docker-registry"]);
  const folder = await mkdtemp(join(tmpdir(), "private-registry-"));
  const certificateFile = join(folder, "cert.pem");
  const port = await freePort();
  await issueCertificate(folder);
  await writeFile(join(folder, "htpasswd"), htpasswd);
  await writeFile(join(folder, "config.yml"), configuration(folder, port));
  const server = spawn("docker-registry", ["serve", join(folder, "config.yml")], { stdio: "ignore" });
  const ca = await readFile(certificateFile);
  const ask = (method: string, path: string, auth: string, type?: string, body?: string) =>
    send({ port, ca, method, path, auth, type, body });
  const login = Buffer.from(`${username}:${password}`).toString("base64");
  await until(async () => (await ask("GET", "/v2/", login)).status === 200);
  const digest = await push((...args) => ask(args[0], args[1], login, args[2], args[3]));
  return {
    host: `localhost:${port}`,
    username,
    password,
    image: `localhost:${port}/team/app:1.0`,
    digest,
    certificateFile,
    statusFor: async (auth) => (await ask("GET", "/v2/team/app/manifests/1.0", auth)).status,
    async stop() {
      server.kill();
      if (server.exitCode === null) await once(server, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function issueCertificate(folder: string): Promise<void> {
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  await execa("openssl", ["req", "-x509", ...key, ...subject, "-days", "1", ...files]);
}

function configuration(folder: string, port: number): string {
  return `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${folder}/data}}
auth: {htpasswd: {realm: test, path: ${folder}/htpasswd}}
http:
  addr: 127.0.0.1:${port}
  tls: {certificate: ${folder}/cert.pem, key: ${folder}/key.pem}
`;
}

type Send = (
  method: string,
  path: string,
  type?: string,
  body?: string,
) => Promise<{ status: number; location: string }>;

/** An image of one empty configuration. @returns its digest */
async function push(ask: Send): Promise<string> {
  const config = "{}";
  const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const { location } = await ask("POST", "/v2/team/app/blobs/uploads/");
  const url = new URL(location, "https://localhost");
  url.searchParams.set("digest", digestOf(config));
  await ask("PUT", `${url.pathname}${url.search}`, "application/octet-stream", config);
  const type = "application/vnd.docker.distribution.manifest.v2+json";
  const mediaType = "application/vnd.docker.container.image.v1+json";
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType, size: config.length, digest: digestOf(config) },
    layers: [],
  });
  const pushed = await ask("PUT", "/v2/team/app/manifests/1.0", type, manifest);
  if (pushed.status !== 201) throw new Error(`the registry did not take the image: ${pushed.status}`);
  return digestOf(manifest);
}

function send(asked: {
  readonly port: number;
  readonly ca: Buffer;
  readonly method: string;
  readonly path: string;
  readonly auth: string;
  readonly type: string | undefined;
  readonly body: string | undefined;
}): Promise<{ status: number; location: string }> {
  const { port, ca, method, path, auth, type, body } = asked;
  const headers = {
    authorization: `Basic ${auth}`,
    accept: "application/vnd.docker.distribution.manifest.v2+json",
    ...(type === undefined ? {} : { "content-type": type }),
    "content-length": Buffer.byteLength(body ?? ""),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: "localhost", port, ca, method, path, headers, agent: false }, (response) => {
      response.resume();
      const answer = { status: response.statusCode ?? 0, location: response.headers.location ?? "" };
      response.on("end", () => resolve(answer));
    });
    sent.on("error", reject).end(body);
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no port on 127.0.0.1");
  return address.port;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error("the registry does not answer");
    await delay(50);
  }
}
