// Which names a zone may have.
import { parse } from "tldts";
import { labelProblem } from "../../dns/domainNames";

/** Set aside for tests (RFC 6761), which Hetzner does not take: no one can own a name below them. */
const testSuffixes: ReadonlySet<string> = new Set(["test", "example"]);

/** What is wrong with the name of a zone, or null. A zone is one label below a public suffix. */
export function zoneNameProblem(name: string): string | null {
  if (name.length > 253) return "must have at most 253 characters";
  if (name.endsWith(".")) return "must not end with a dot";
  const problem = labelProblem(name.split("."), false);
  if (problem !== null) return problem;
  const { domain, publicSuffix, isIcann } = parse(name, { allowPrivateDomains: false });
  if (publicSuffix === null || (isIcann !== true && !testSuffixes.has(publicSuffix))) {
    return "must end with a well-known public suffix, such as .de or .com";
  }
  if (domain === null) return `is a public suffix itself: put a name in front of .${name}`;
  return domain === name ? null : `subdomains are not supported: the zone is '${domain}'`;
}
