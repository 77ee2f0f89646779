import { isIPv4 } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { hostProblems } from "../../settings/hostNames";
import type { PlatformSettings } from "../../settings/settings";
import { type Backend, backendProblems } from "./edge";

/** What a program can hand to a pair in a form in which it never serves. */
export interface PairInputs {
  readonly settings: PlatformSettings;
  readonly apiToken: pulumi.Input<string>;
  readonly apiEndpoint?: pulumi.Input<string>;
  readonly logArchive?: string | false;
}

/** Everything that is wrong and can be known before any resource is made; empty: nothing. Secrets are not shown. */
export function pairProblems(inputs: PairInputs, backends: readonly Backend[]): string[] {
  const { apiToken, apiEndpoint, logArchive } = inputs;
  const problems = backendProblems(backends).map((problem) => `backends: ${problem}`);
  if (typeof apiToken === "string" && !/^[\x21-\x7e]+$/.test(apiToken)) {
    problems.push("apiToken: got nothing or text with spaces, allowed a token of the Hetzner Cloud API");
  }
  if (
    typeof apiEndpoint === "string" &&
    !(URL.canParse(apiEndpoint) && /^https?:\/\/\S+$/.test(apiEndpoint))
  ) {
    problems.push(
      `apiEndpoint: got ${JSON.stringify(apiEndpoint)}, allowed https://api.hetzner.cloud/v1 or the like`,
    );
  }
  if (typeof logArchive === "string" && !isIPv4(logArchive)) {
    problems.push(
      `logArchive: got ${JSON.stringify(logArchive)}, allowed a private IPv4 address, or false for none`,
    );
  }
  return [...problems, ...hostProblems(inputs.settings)];
}
