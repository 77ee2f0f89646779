import { isLetsEncrypt, letsEncrypt } from "../roles/edge/issuers";
import { nameInZone } from "../settings/dns";
import { formatValue, type SettingsProblem } from "../settings/problems";
import type { Rule } from "../settings/rules";
import { allNames, mostNames, visitorNames } from "../settings/visitorNames";
import type { StackInput } from "./stackInput";

const reads = ["domain", "aliases", "app.services", "web.sites"];

/** Whose visitors go where, and whether one certificate speaks for all of them. */
export const nameRules: readonly Rule<StackInput>[] = [
  { reads, check: aliasProblems },
  { reads: [...reads, "edge.acme", "certificate"], check: numberProblems },
  { reads: [...reads, "dns"], check: zoneProblems },
  { reads: ["dns", "edge.acme", "certificate"], check: issuerProblems },
];

function aliasProblems({ settings }: StackInput): readonly SettingsProblem[] {
  const { aliases = [], domain } = settings;
  const { served } = visitorNames(settings);
  if (aliases.length > 0 && !served.includes(domain)) {
    return [
      {
        path: "aliases",
        value: formatValue(aliases),
        allowed: `nothing while no service and no site answers under domain ${domain}: each has another host`,
        remedy: "let one of them have no host, or remove the aliases",
      },
    ];
  }
  return aliases.flatMap((alias, index) =>
    served.includes(alias)
      ? [
          {
            path: `aliases[${index}]`,
            value: formatValue(alias),
            allowed: "a name that nothing else has: its visitors are sent to the domain",
            remedy: `remove it: visitors are served under ${alias} already`,
          },
        ]
      : [],
  );
}

function numberProblems({ settings, given }: StackInput): readonly SettingsProblem[] {
  const { length } = allNames(visitorNames(settings));
  if (length <= mostNames || given.certificate !== undefined || !settings.edge.acme.enabled) return [];
  return [
    {
      path: "app.services",
      value: `${length} names: the domain, hosts of services and sites, aliases`,
      allowed: `at most ${mostNames}, as one certificate by ACME has room for no more`,
      remedy: "let services share a host, divide them between two stacks, or bring a certificate along",
    },
  ];
}

function zoneProblems({ settings }: StackInput): readonly SettingsProblem[] {
  const { dns } = settings;
  const names = allNames(visitorNames(settings));
  if (dns === undefined || names.some((name) => nameInZone(name, dns.zone) !== undefined)) return [];
  return [
    {
      path: "dns.zone",
      value: formatValue(dns.zone),
      allowed: `a zone that a name of the platform is in: ${names.join(", ")}`,
      remedy: "write the name of the zone, which ends these names, or remove dns",
    },
  ];
}

/** Its CAA records would keep the pair from its certificate. */
function issuerProblems({ settings, given }: StackInput): readonly SettingsProblem[] {
  const { caa = [] } = settings.dns ?? {};
  const { enabled, directory } = settings.edge.acme;
  const asks = enabled && given.certificate === undefined && isLetsEncrypt(directory);
  if (!asks || caa.length === 0 || caa.includes(letsEncrypt)) return [];
  return [
    {
      path: "dns.caa",
      value: formatValue(caa),
      allowed: `${letsEncrypt} among them, which edge.acme asks for the certificate`,
      remedy: "add it, or choose another edge.acme.directory",
    },
  ];
}
