import { imageReferences } from "../../../src/images/ensureImages";
import { mountImage, type RunningContainer, runImage } from "./container";
import { freePort, until } from "./ports";

export interface RunningElasticsearch {
  readonly url: string;
  readonly password: string;
  readonly container: RunningContainer;
  call(path: string, options?: CallOptions): Promise<{ status: number; body: unknown }>;
  stop(): Promise<void>;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  /** `user:password`. @default the superuser */
  readonly credentials?: string | null;
}

/** Elasticsearch from its image, with users and passwords on, as the platform runs it. */
export async function startElasticsearch(password = "elastic-secret-1"): Promise<RunningElasticsearch> {
  const image = await mountImage(imageReferences.elasticsearch);
  const [port, transport] = [await freePort(), await freePort()];
  const container = runImage(image, {
    ELASTIC_PASSWORD: password,
    ES_JAVA_OPTS: "-Xms512m -Xmx512m",
    "discovery.type": "single-node",
    "network.host": "127.0.0.1",
    "http.port": String(port),
    "transport.port": String(transport),
    "xpack.security.enabled": "true",
    "xpack.security.http.ssl.enabled": "false",
    "xpack.security.transport.ssl.enabled": "false",
  });
  const url = `http://127.0.0.1:${port}`;
  const call = caller(url, `elastic:${password}`);
  const stop = async () => {
    container.signal("SIGTERM");
    await container.exited;
    await image.remove();
  };
  try {
    const died = container.exited.then((code) => Promise.reject(new Error(`exited with ${code}`)));
    await Promise.race([until("Elasticsearch's start", () => whenGreen(call), 180_000), died]);
  } catch (error) {
    await stop();
    throw new Error(`${error}\n${container.output().slice(-2000)}`);
  }
  return { url, password, container, call, stop };
}

/** While the index of users and roles is being made, even the right password is refused. */
async function whenGreen(call: RunningElasticsearch["call"]): Promise<true | undefined> {
  const { status } = await call("/_cluster/health/.security?wait_for_status=green&timeout=1s");
  return status === 200 ? true : undefined;
}

function caller(url: string, superuser: string): RunningElasticsearch["call"] {
  return async (path, { method = "GET", body, credentials = superuser } = {}) => {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (credentials !== null) headers.authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
    const answer = await fetch(`${url}${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    return { status: answer.status, body: await answer.json() };
  };
}
