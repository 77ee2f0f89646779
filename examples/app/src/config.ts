import { hostname } from "node:os";
import { z } from "zod";

export const modes = ["web", "admin", "api", "worker"] as const;
export type Mode = (typeof modes)[number];

export const dependencyNames = ["postgresql", "redis", "elasticsearch", "objectStore"] as const;
export type DependencyName = (typeof dependencyNames)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

const url = (...protocols: string[]) =>
  z.string().superRefine((text, context) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    if (parsed === undefined || parsed.hostname === "") {
      // The value may hold a password, so it is never repeated.
      context.addIssue(`must be a URL such as ${protocols[0]}//host:port`);
    } else if (!protocols.includes(parsed.protocol)) {
      context.addIssue(`must begin with ${protocols.join(" or ")}, got ${parsed.protocol}`);
    }
  });

const whole = (least: number, most: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(least).max(most))
    .default(fallback);

const name = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/, {
  error: "must be 1 to 63 letters, digits, dots, dashes or underscores",
});

const readiness = z
  .string()
  .transform((text) => text.split(",").filter((part) => part !== ""))
  .pipe(z.array(z.enum(dependencyNames)));

const schema = z.object({
  APP_MODE: z.enum(modes),
  PORT: whole(1, 65_535, 8080),
  NODE_NAME: name.default(hostname().slice(0, 63)),
  REPLICA: whole(1, 1000, 1),
  RELEASE: z.string().min(1).max(128).default("dev"),
  DATABASE_URL: url("postgresql:", "postgres:"),
  REDIS_URL: url("redis:", "rediss:"),
  ELASTICSEARCH_URL: url("http:", "https:"),
  S3_ENDPOINT: url("http:", "https:"),
  S3_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be a bucket name"),
  S3_ACCESS_KEY_ID: z.string().min(1),
  S3_SECRET_ACCESS_KEY: z.string().min(1),
  S3_REGION: z.string().min(1).default("us-east-1"),
  SESSION_TTL_SECONDS: whole(1, 31_536_000, 86_400),
  DRAIN_SECONDS: whole(0, 600, 5),
  STOP_SECONDS: whole(1, 3600, 25),
  DEPENDENCY_TIMEOUT_MS: whole(50, 60_000, 1500),
  READINESS_REQUIRES: z
    .literal("none")
    .transform((): DependencyName[] => [])
    .or(readiness)
    .optional(),
  INSTALL_SECONDS: whole(0, 86_400, 600),
  WORKER_TAKEOVER_SECONDS: whole(1, 3600, 15),
  HEALTH_SOCKET: z.string().startsWith("/", "must be an absolute path").default("/tmp/sample-app.sock"),
  SLOW_REQUEST_MS: whole(0, 60_000, 1000),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
});

/**
 * Without these, no request of the mode has an answer. A page shows gaps for stores that are away and each route of the
 * api needs others, so neither is worth less than nothing without one of them.
 */
const neededByEveryRequest: Readonly<Record<Mode, readonly DependencyName[]>> = {
  web: [],
  api: [],
  admin: ["postgresql", "redis"],
  worker: ["postgresql", "redis"],
};

/** Everything the process is told from outside, checked. See the README for the meaning of each variable. */
export interface Config {
  readonly mode: Mode;
  readonly port: number;
  readonly node: string;
  readonly replica: number;
  readonly release: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly elasticsearchUrl: string;
  readonly s3: {
    readonly endpoint: string;
    readonly bucket: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly region: string;
  };
  readonly sessionTtlSeconds: number;
  /** Time between "not ready" and the first refused connection, for load balancers to notice. */
  readonly drainSeconds: number;
  /** Time from SIGTERM until the process gives up on unfinished work. */
  readonly stopSeconds: number;
  readonly dependencyTimeoutMs: number;
  readonly readinessRequires: readonly DependencyName[];
  /** Longest time for which the first start on new stores waits for all of them. */
  readonly installSeconds: number;
  readonly workerTakeoverSeconds: number;
  readonly healthSocket: string;
  readonly logLevel: string;
  /** From this many milliseconds on a request is worth a line, as every one that fails is. */
  readonly slowRequestMs: number;
}

/** @throws one error that lists every mistake, by variable, without repeating values that may be secret */
export function parseConfig(environment: Environment): Config {
  // Docker's env files can only say "empty", which means the same as "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  const mistakes = [
    ...(result.success ? [] : result.error.issues.map((issue) => describe(issue, given))),
    ...drainMistakes(given),
  ];
  if (!result.success || mistakes.length > 0) {
    throw new Error(`the environment has ${mistakes.length} mistake(s): ${mistakes.join("; ")}`);
  }
  return named(result.data);
}

/** Compared as given, so that it is reported together with mistakes in other variables. */
function drainMistakes({ DRAIN_SECONDS: drain = "5", STOP_SECONDS: stop = "25" }: Environment): string[] {
  if (Number(drain) < Number(stop) || Number.isNaN(Number(drain)) || Number.isNaN(Number(stop))) return [];
  return [`DRAIN_SECONDS: ${drain} must be less than STOP_SECONDS (${stop})`];
}

function describe(issue: z.core.$ZodIssue, given: Environment): string {
  const variable = String(issue.path[0]);
  return `${variable}: ${given[variable] === undefined ? "is missing" : issue.message}`;
}

function named(values: z.output<typeof schema>): Config {
  return {
    mode: values.APP_MODE,
    port: values.PORT,
    node: values.NODE_NAME,
    replica: values.REPLICA,
    release: values.RELEASE,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    elasticsearchUrl: values.ELASTICSEARCH_URL,
    s3: {
      endpoint: values.S3_ENDPOINT,
      bucket: values.S3_BUCKET,
      accessKeyId: values.S3_ACCESS_KEY_ID,
      secretAccessKey: values.S3_SECRET_ACCESS_KEY,
      region: values.S3_REGION,
    },
    sessionTtlSeconds: values.SESSION_TTL_SECONDS,
    drainSeconds: values.DRAIN_SECONDS,
    stopSeconds: values.STOP_SECONDS,
    dependencyTimeoutMs: values.DEPENDENCY_TIMEOUT_MS,
    readinessRequires: values.READINESS_REQUIRES ?? neededByEveryRequest[values.APP_MODE],
    installSeconds: values.INSTALL_SECONDS,
    workerTakeoverSeconds: values.WORKER_TAKEOVER_SECONDS,
    healthSocket: values.HEALTH_SOCKET,
    logLevel: values.LOG_LEVEL,
    slowRequestMs: values.SLOW_REQUEST_MS,
  };
}
