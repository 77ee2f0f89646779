import type * as pulumi from "@pulumi/pulumi";
import { type InputProblem, plainProblem, secretProblem } from "../../machine/inputErrors";
import {
  AcmeChallenge,
  directoryAllowed,
  emailAllowed,
  isAcme,
  rootAllowed,
  wildcardAllowed,
} from "./acmeSettings";

/** An ACME server, and who asks it. */
export interface Acme {
  /** URL of its directory. @default "https://acme-v02.api.letsencrypt.org/directory" */
  readonly directory?: string;
  /** Whom the authority may write to. @default - nobody */
  readonly email?: string;
  /** PEM of the authority by which the server's own certificate is checked. @default - those of the system */
  readonly root?: string;
  /** How it sees whose the names are: an answer under each, or a TXT record in a zone at Hetzner. @default "http" */
  readonly challenge?: AcmeChallenge;
  /** Wildcards that the certificate speaks for too, with challenge "dns": `["*.example.com"]`. @default - none */
  readonly wildcards?: string[];
}

/** What is wrong with how a pair asks for its certificate. */
export function acmeProblems(args: {
  readonly acme?: Acme;
  readonly dnsToken?: pulumi.Input<string>;
}): InputProblem[] {
  return [
    ...plainProblem(
      "acme",
      args.acme,
      isAcme,
      `{ directory: ${directoryAllowed}, email: ${emailAllowed}, root: ${rootAllowed}, challenge: http or dns, wildcards: with dns ${wildcardAllowed} }`,
    ),
    ...secretProblem("dnsToken", args.dnsToken, isApiToken, "a token of the Hetzner Cloud API"),
    ...(args.acme?.challenge === AcmeChallenge.Dns && args.dnsToken === undefined
      ? [{ propertyPath: "dnsToken", reason: "got nothing, allowed a token for the zone with challenge dns" }]
      : []),
  ];
}

export function isApiToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
