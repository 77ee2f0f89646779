import { formatValue, type SettingsProblem } from "../settings/problems";
import type { Rule } from "../settings/rules";
import { allNames, mostNames, visitorNames } from "../settings/visitorNames";
import type { StackInput } from "./stackInput";

const reads = ["domain", "aliases", "app.services", "web.sites"];

/** Whose visitors go where, and whether one certificate speaks for all of them. */
export const nameRules: readonly Rule<StackInput>[] = [
  { reads, check: aliasProblems },
  { reads: [...reads, "edge.acme", "certificate"], check: numberProblems },
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
