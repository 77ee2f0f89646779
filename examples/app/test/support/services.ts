import { chown, glob, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ensureHostPackages } from "../../../../localcloud/src/linux/hostPackages";
import {
  type RunningElasticsearch,
  startElasticsearch,
} from "../../../../localcloud/test/images/support/elasticsearch";
import { freePort, until } from "../../../../localcloud/test/images/support/ports";
import { ensureTool } from "../../../../toolchain/build";

/** The four real services that the application needs, on loopback ports and in one temporary folder. */
export interface Services {
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of the object store's files. */
  readonly objects: string;
  readonly redis: ServiceProcess;
  stop(): Promise<void>;
}

export interface ServiceProcess {
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

const accessKey = "test-key";
const secretKey = "test-secret";

export async function startServices(): Promise<Services> {
  const folder = await mkdtemp(join(tmpdir(), "services-"));
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const service of started.reverse()) await service.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [database, redis, objectStore] = [await freePort(), await freePort(), await freePort()];
    const objects = join(folder, "objects");
    started.push(await startPostgresql(folder, database));
    const redisProcess = await startRedis(folder, redis);
    started.push(redisProcess, await startObjectStore(objects, objectStore));
    const elasticsearch = await startElasticsearch();
    started.push(elasticsearch);
    const environment = {
      DATABASE_URL: `postgresql://postgres@127.0.0.1:${database}/postgres`,
      REDIS_URL: `redis://127.0.0.1:${redis}`,
      ELASTICSEARCH_URL: await applicationUrl(elasticsearch),
      S3_ENDPOINT: `http://127.0.0.1:${objectStore}`,
      S3_BUCKET: "app",
      S3_ACCESS_KEY_ID: accessKey,
      S3_SECRET_ACCESS_KEY: secretKey,
    };
    return { environment, objects, redis: redisProcess, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPostgresql(folder: string, port: number): Promise<ServiceProcess> {
  await ensureHostPackages(["postgresql"]);
  const programs: string[] = [];
  for await (const path of glob("/usr/lib/postgresql/*/bin")) programs.push(path);
  const bin = programs.sort().at(-1);
  if (bin === undefined) throw new Error("PostgreSQL is not installed below /usr/lib/postgresql");
  const data = join(folder, "postgresql");
  const uid = Number((await execa("id", ["-u", "postgres"])).stdout);
  await mkdir(data);
  await chown(data, uid, -1);
  await execa("chmod", ["0711", folder]);
  const asPostgres = ["--reuid=postgres", "--regid=postgres", "--clear-groups"];
  await execa("setpriv", [...asPostgres, `${bin}/initdb`, "-D", data, "-A", "trust", "--no-sync"]);
  const options = ["-p", String(port), "-k", data, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"];
  const service = run("setpriv", [...asPostgres, `${bin}/postgres`, "-D", data, ...options]);
  await until("PostgreSQL's start", async () => {
    await execa(`${bin}/pg_isready`, ["-h", "127.0.0.1", "-p", String(port)]);
    return true;
  });
  return service;
}

async function startRedis(folder: string, port: number): Promise<ServiceProcess> {
  await ensureHostPackages(["redis-server"]);
  const service = run("redis-server", [
    ...["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
  ]);
  await until("Redis' start", async () => {
    const { stdout } = await execa("redis-cli", ["-p", String(port), "ping"]);
    return stdout === "PONG" ? true : undefined;
  });
  return service;
}

async function startObjectStore(objects: string, port: number): Promise<ServiceProcess> {
  await mkdir(objects);
  const program = await ensureTool("versitygw");
  const service = run(program, ["--port", `127.0.0.1:${port}`, "posix", objects], {
    ROOT_ACCESS_KEY: accessKey,
    ROOT_SECRET_KEY: secretKey,
  });
  await until("the object store's start", async () => {
    await fetch(`http://127.0.0.1:${port}/`);
    return true;
  });
  return service;
}

/** A user with the rights that the platform gives the application, not the superuser. */
async function applicationUrl({ call, url }: RunningElasticsearch): Promise<string> {
  const role = { cluster: ["monitor"], indices: [{ names: ["*"], privileges: ["all"] }] };
  await call("/_security/role/application", { method: "PUT", body: role });
  const user = { password: "app-secret-1", roles: ["application"] };
  const { status } = await call("/_security/user/app", { method: "PUT", body: user });
  if (status !== 200) throw new Error(`the application's user was not made: ${status}`);
  return url.replace("//", "//app:app-secret-1@");
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): ServiceProcess {
  const child = execa(command, args, { env, reject: false, stdio: "ignore" });
  return {
    signal: (name) => void child.kill(name),
    async stop() {
      // A stopped process hears nothing else before SIGCONT.
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      await child;
    },
  };
}
