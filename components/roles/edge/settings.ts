import { z } from "zod";
import { type AccessLog, accessLogShape, LoggedRequests } from "../../settings/accessLog";
import { choice, flag, secretText, wholeNumber } from "../../settings/leaves";
import { completeSize, type SizeInput, sizeRule, sizeShape } from "../../settings/machineSize";
import type { RoleSettings } from "../../settings/roleSettings";
import { loadBalancerTypes } from "../../sizing/loadBalancers";
import type { MachineSize } from "../../sizing/resolve";
import { type AcmeSettings, acmeShape, type ChallengeInput, challengeRule } from "./acmeSettings";
import { broughtAddress } from "./addressNames";
import { defaultRetries, EdgeBalance, mostRetries, type StickyInput, stickyRule } from "./balanceSettings";
import {
  type CdnInput,
  type CdnSettings,
  cdnRule,
  cdnShape,
  isOriginSecret,
  secretAllowed,
} from "./cdnSettings";
import { type CertificateInput, certificateRule } from "./certificateRules";
import { type LimitSettings, type LimitsInput, limitsRule, limitsShape } from "./limitSettings";
import { type ManagedInput, managedRule } from "./managed";

export const EdgeEngine = { HAProxy: "haproxy", Nginx: "nginx" } as const;
export type EdgeEngine = (typeof EdgeEngine)[keyof typeof EdgeEngine];

/** Who of the pair serves visitors while both are well. */
export const EdgeMode = {
  /** One address, which the other machine takes over. */
  ActivePassive: "activePassive",
  /** An address for each machine, and each can take over the other's: DNS names both. */
  ActiveActive: "activeActive",
  /** The address is that of Hetzner's load balancer, and both machines serve behind it. */
  Managed: "managed",
} as const;
export type EdgeMode = (typeof EdgeMode)[keyof typeof EdgeMode];

/** What visitors get who ask for a name that is not the platform's, or for an address. */
export const OtherHosts = {
  /** The same as visitors of the domain: the first choice where a load balancer's address is all there is. */
  Serve: "serve",
  /** 308 to the domain. */
  Redirect: "redirect",
  /** 421, the status for "not here". */
  Refuse: "refuse",
} as const;
export type OtherHosts = (typeof OtherHosts)[keyof typeof OtherHosts];

/** The pair of load balancers. */
export interface EdgeSettings extends MachineSize {
  readonly engine: EdgeEngine;
  /** @default "activePassive" */
  readonly mode?: EdgeMode;
  /** Visitors come over IPv6 too: each address has a floating IPv6 network beside it. @default false */
  readonly ipv6?: boolean;
  /** Of Hetzner's load balancer, with `managed`. @default "lb11" */
  readonly balancerType?: string | undefined;
  /** Floating IPs that are there already, by name or number. @default - the stack makes its own */
  readonly floatingIps?: readonly string[] | undefined;
  /** @default - "refuse" with a certificate, "serve" without one */
  readonly otherHosts?: OtherHosts;
  /** Visitors of HTTP are sent to HTTPS; says nothing without a certificate. @default true */
  readonly redirectToHttps?: boolean;
  /** Certificates that the pair asks for itself, while the stack has none. */
  readonly acme: AcmeSettings;
  /** @default "roundRobin" */
  readonly balance?: EdgeBalance;
  /** How often a request is repeated on another machine. @default 1 */
  readonly retries?: number;
  /** What one client may ask for. */
  readonly limits: LimitSettings;
  /** What stands in front of the pair; nobody else is answered then. @default - nothing */
  readonly cdn?: CdnSettings | undefined;
  /** What the load balancers log. @default - all requests */
  readonly accessLog?: AccessLog;
}

const defaultSize = { vcpus: 2, memoryGb: 4 };

const schema = z
  .strictObject({
    ...sizeShape(defaultSize),
    engine: choice(Object.values(EdgeEngine), "an engine")
      .describe("What answers visitors: HAProxy or nginx")
      .default(EdgeEngine.HAProxy),
    mode: choice(Object.values(EdgeMode), "a mode")
      .describe(
        "Who serves visitors while both load balancers are well: one of them; both, each with an address that the other takes over; or both behind Hetzner's load balancer, whose address visitors use",
      )
      .meta({ fallback: "activePassive; activeActive with preset scaleUp" })
      .optional(),
    ipv6: flag()
      .describe(
        "Visitors come over IPv6 too: a floating IPv6 network for each floating IP, which moves with it, and AAAA records where the zone is the stack's",
      )
      .default(false),
    balancerType: choice(
      loadBalancerTypes.map(({ name }) => name),
      "a type of load balancer",
    )
      .describe("Type of Hetzner's load balancer, with mode managed: it says how many connections it takes")
      .meta({ fallback: "lb11, 10,000 connections" })
      .optional(),
    floatingIps: z
      .array(broughtAddress)
      .meta({
        description:
          "Floating IPs that are there already, by name or number, which the pair assigns and nobody deletes: one, or two with activeActive; with ipv6 as many networks of IPv6 may follow",
        fallback: "the stack makes its own",
      })
      .optional(),
    otherHosts: choice(Object.values(OtherHosts), "what other names get")
      .describe(
        "What visitors get who ask for an address or for a name that is not the platform's: the same, 308 to the domain, or 421",
      )
      .meta({
        fallback:
          "refuse with a certificate (of your own or by ACME); serve without one, as url is an address then",
      })
      .optional(),
    redirectToHttps: flag()
      .describe("Visitors of HTTP are sent to HTTPS; says nothing while there is no certificate")
      .default(true),
    acme: acmeShape,
    balance: choice(Object.values(EdgeBalance), "whose turn it is")
      .describe("Which machine gets the next request: each in turn, or the one that is answering the fewest")
      .default(EdgeBalance.RoundRobin),
    retries: wholeNumber(0, mostRetries, "how often")
      .describe(
        "How often a GET, HEAD or OPTIONS that got no answer, 502 or 503 is repeated on another machine",
      )
      .default(defaultRetries),
    limits: limitsShape,
    cdn: cdnShape,
    accessLog: accessLogShape(LoggedRequests.All, "What the load balancers log of requests"),
  })
  .transform((values): EdgeSettings => ({ ...values, ...completeSize(values, defaultSize) }))
  .prefault({})
  .meta({ description: "The pair of load balancers" });

const pem = "-----BEGIN CERTIFICATE-----";

function apiToken() {
  return secretText(
    (value) => /^[A-Za-z0-9]{64}$/.test(value),
    "a Hetzner Cloud API token: 64 letters and digits",
    "create a token with read and write access in the Cloud Console",
  );
}

/** Keys of the stack with secrets of the role. */
export const edgeSecrets = {
  failoverToken: apiToken()
    .meta({
      description:
        "API token with which the load balancers move the floating IP; required with protect, and another one than hcloud:token",
      fallback: "hcloud:token",
    })
    .optional(),
  certificate: secretText(
    (value) => value.includes(pem) && value.includes("PRIVATE KEY-----"),
    "PEM text with the certificate, its chain and its private key",
    "concatenate the files and set them with: pulumi config set --secret hetzner-platform:certificate < site.pem",
  )
    .meta({
      description: "PEM with certificate, chain and private key of the domain and of the hosts of services",
      fallback: "one by ACME, see `edge.acme`",
    })
    .optional(),
  dnsToken: apiToken()
    .meta({
      description:
        "API token of the project that has the zone, with which the certificate's program sets TXT records; required with edge.acme.challenge: dns",
      fallback: "none",
    })
    .optional(),
  originSecret: secretText(
    isOriginSecret,
    secretAllowed,
    "make one, for example with openssl rand -hex 32, and set it at the CDN and with: pulumi config set --secret originSecret",
  )
    .meta({
      description: "What the CDN of edge.cdn shows with each request, in the header edge.cdn.secretHeader",
      fallback: "the CDN's networks are enough",
    })
    .optional(),
};

/** What the rules of the role look at. */
export type EdgeInput = SizeInput<"edge"> &
  CertificateInput &
  LimitsInput &
  CdnInput &
  StickyInput &
  ChallengeInput &
  ManagedInput;

/** All that is known of the pair's settings. */
export const edgeSettings: RoleSettings<"edge", EdgeSettings, EdgeInput> = {
  name: "edge",
  schema,
  rules: [sizeRule("edge"), certificateRule, limitsRule, cdnRule, stickyRule, challengeRule, managedRule],
};
