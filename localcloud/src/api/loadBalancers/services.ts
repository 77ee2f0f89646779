// Services as requests carry them: what may be left out and what it then is (HC-D9), and which ports and how
// many services a load balancer can have. Pure, except for the certificates that a service names.
import { z } from "zod";
import { redirectPort } from "../../loadBalancers/ports";
import type { HealthCheck, LoadBalancerService } from "../../state/rows";
import { invalidInput } from "../calls/errors";

const portField = z.int().min(1).max(65_535);

/** One line of visible text, so that it means the same in a request and in a file. */
const textField = (maximum: number, forbidden: RegExp, message: string) =>
  z
    .string()
    .max(maximum)
    .refine((text) => !/\p{Cc}/u.test(text) && !forbidden.test(text), { message });

const checkHttpSchema = z.object({
  domain: textField(128, /[\s%\\]/, "must not contain spaces, percent or backslash symbols").nullish(),
  path: textField(256, /\s/, "must not contain spaces: use percent-encoding").min(1).optional(),
  response: textField(256, /(?!)/, "must not contain control characters").optional(),
  status_codes: z
    .array(z.string().regex(/^[0-9?*]{1,3}$/, { message: "must be a status such as 200, 2?? or 3*" }))
    .max(20)
    .optional(),
  tls: z.boolean().optional(),
});

const healthCheckSchema = z.object({
  protocol: z.enum(["tcp", "http"]).optional(),
  port: portField.optional(),
  interval: z.int().min(3).max(60).optional(),
  timeout: z.int().min(1).max(60).optional(),
  retries: z.int().min(1).max(5).optional(),
  http: checkHttpSchema.optional(),
});

/** Token characters of RFC 6265. */
const cookieNameForm = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

const httpSchema = z.object({
  cookie_name: z.string().regex(cookieNameForm, { message: "must be a cookie name" }).optional(),
  cookie_lifetime: z.int().min(30).max(86_400).optional(),
  // The description names no limits; these are a day at most, as for the cookie.
  timeout_idle: z.int().min(1).max(86_400).optional(),
  certificates: z.array(z.int().positive()).optional(),
  redirect_http: z.boolean().optional(),
  sticky_sessions: z.boolean().optional(),
});

const changes = {
  destination_port: portField.optional(),
  proxyprotocol: z.boolean().optional(),
  health_check: healthCheckSchema.optional(),
  http: httpSchema.optional(),
};

export const serviceSchema = z.object({
  protocol: z.enum(["tcp", "http", "https"]),
  listen_port: portField.optional(),
  ...changes,
});

export const serviceUpdateSchema = z.object({
  protocol: z.enum(["tcp", "http", "https"]).optional(),
  listen_port: portField,
  ...changes,
});

type Body = z.output<typeof serviceSchema>;
type Changes = Omit<z.output<typeof serviceUpdateSchema>, "listen_port">;
type Http = NonNullable<LoadBalancerService["http"]>;

const listenPorts = { tcp: undefined, http: 80, https: 443 } as const;
const destinationPorts = { tcp: undefined, http: 80, https: 80 } as const;

const defaultHttp: Http = {
  cookieName: "HCLBSTICKY",
  cookieLifetime: 300,
  timeoutIdle: 50,
  stickySessions: false,
  certificates: [],
  redirectHttp: false,
};

const defaultCheckHttp: NonNullable<HealthCheck["http"]> = {
  domain: null,
  path: "/",
  response: "",
  statusCodes: ["2??", "3??"],
  tls: false,
};

/** @param path prefix of the field names in errors, such as `services.0.` */
export function newService(body: Body, path = ""): LoadBalancerService {
  const { protocol } = body;
  const required = (field: string) => invalidInput(`${path}${field}`, "Missing data for required field.");
  const listenPort = body.listen_port ?? listenPorts[protocol];
  if (listenPort === undefined) throw required("listen_port");
  const destinationPort = body.destination_port ?? destinationPorts[protocol];
  if (destinationPort === undefined) throw required("destination_port");
  const passthrough = protocol === "https" && (body.http?.certificates ?? []).length === 0;
  const base: LoadBalancerService = {
    protocol,
    listenPort,
    destinationPort,
    proxyProtocol: false,
    healthCheck: {
      // What speaks TLS itself answers no plain HTTP.
      protocol: protocol === "tcp" || passthrough ? "tcp" : "http",
      port: destinationPort,
      interval: 15,
      timeout: 10,
      retries: 3,
      http: null,
    },
    http: null,
  };
  return changedService(base, body, path);
}

/** The service with what the body names changed and all else kept. */
export function changedService(old: LoadBalancerService, body: Changes, path = ""): LoadBalancerService {
  const protocol = body.protocol ?? old.protocol;
  return {
    protocol,
    listenPort: old.listenPort,
    destinationPort: body.destination_port ?? old.destinationPort,
    proxyProtocol: body.proxyprotocol ?? old.proxyProtocol,
    healthCheck: changedCheck(old.healthCheck, body.health_check ?? {}),
    http: protocol === "tcp" ? null : changedHttp(protocol, old.http ?? defaultHttp, body.http ?? {}, path),
  };
}

function changedCheck(old: HealthCheck, body: NonNullable<Changes["health_check"]>): HealthCheck {
  const protocol = body.protocol ?? old.protocol;
  const http = old.http ?? defaultCheckHttp;
  const given = body.http ?? {};
  return {
    protocol,
    port: body.port ?? old.port,
    interval: body.interval ?? old.interval,
    timeout: body.timeout ?? old.timeout,
    retries: body.retries ?? old.retries,
    http:
      protocol === "tcp"
        ? null
        : {
            domain: given.domain === undefined ? http.domain : given.domain,
            path: given.path ?? http.path,
            response: given.response ?? http.response,
            statusCodes: given.status_codes?.length ? given.status_codes : http.statusCodes,
            tls: given.tls ?? http.tls,
          },
  };
}

function changedHttp(
  protocol: "http" | "https",
  old: Http,
  body: NonNullable<Changes["http"]>,
  path: string,
): Http {
  const certificates = [...new Set(body.certificates ?? (protocol === "http" ? [] : old.certificates))];
  const redirectHttp = body.redirect_http ?? (protocol === "http" ? false : old.redirectHttp);
  const onlyHttps = "is only valid for protocol https";
  if (protocol === "http" && certificates.length > 0)
    throw invalidInput(`${path}http.certificates`, onlyHttps);
  if (protocol === "http" && redirectHttp) throw invalidInput(`${path}http.redirect_http`, onlyHttps);
  return {
    cookieName: body.cookie_name ?? old.cookieName,
    cookieLifetime: body.cookie_lifetime ?? old.cookieLifetime,
    timeoutIdle: body.timeout_idle ?? old.timeoutIdle,
    stickySessions: body.sticky_sessions ?? old.stickySessions,
    certificates,
    redirectHttp,
  };
}

/** Ports that a service takes: its own, and the one that redirects to it. */
export function portsOf({ listenPort, http }: LoadBalancerService): number[] {
  return http?.redirectHttp ? [listenPort, redirectPort] : [listenPort];
}
