import { imageReferences } from "../../../../localcloud/src/images/ensureImages";
import {
  type MountedImage,
  mountImage,
  type RunningContainer,
  runImage,
} from "../../../../localcloud/test/images/support/container";
import { freePort, until } from "../../../../localcloud/test/images/support/ports";
import { type Services, startServices } from "./services";

/** The application's image and its services. */
export interface Platform {
  readonly services: Services;
  readonly image: MountedImage;
  /** Starts one process of the image; it is ended with the platform. */
  start(mode: string, replica: number, extra?: Readonly<Record<string, string>>): Promise<Replica>;
  stop(): Promise<void>;
}

export interface Replica {
  readonly container: RunningContainer;
  readonly url: string;
  /** Environment that it was started with. */
  readonly environment: Readonly<Record<string, string>>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  send(method: string, path: string, body: unknown): Promise<Response>;
}

export async function startPlatform(): Promise<Platform> {
  const services = await startServices();
  const image = await mountImage(imageReferences.sampleApp);
  const replicas: Replica[] = [];
  return {
    services,
    image,
    async start(mode, replica, extra = {}) {
      const started = await startReplica(services, image, mode, replica, extra);
      replicas.push(started);
      return started;
    },
    async stop() {
      for (const { container } of replicas) container.signal("SIGKILL");
      await Promise.all(replicas.map(({ container }) => container.exited));
      await image.remove();
      await services.stop();
    },
  };
}

async function startReplica(
  services: Services,
  image: MountedImage,
  mode: string,
  replica: number,
  extra: Readonly<Record<string, string>>,
): Promise<Replica> {
  const port = await freePort();
  const environment = {
    ...services.environment,
    APP_MODE: mode,
    PORT: String(port),
    NODE_NAME: "app1",
    REPLICA: String(replica),
    HEALTH_SOCKET: `/tmp/${mode}-${replica}.sock`,
    ...extra,
  };
  const container = runImage(image, environment);
  const url = `http://127.0.0.1:${port}`;
  return {
    container,
    url,
    environment,
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(20_000) }),
    send: (method, path, body) =>
      fetch(`${url}${path}`, {
        method,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(20_000),
      }),
  };
}

/** Waits until a replica says that it can take requests. */
export async function whenReady(replica: Replica): Promise<void> {
  const ready = until("readiness", async () =>
    (await replica.get("/health/ready")).status === 200 ? true : undefined,
  );
  const died = replica.container.exited.then((code) =>
    Promise.reject(new Error(`exited with ${code}:\n${replica.container.output()}`)),
  );
  await Promise.race([ready, died]);
  died.catch(() => {});
}
