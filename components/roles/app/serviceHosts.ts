import { isHostName } from "../../settings/hostNames";
import { text } from "../../settings/leaves";
import { formatValue, type SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";
import type { ServiceInput } from "./serviceRules";
import type { AppSettings } from "./settings";

/** Names of services that have no host of their own. */
export const serviceHostsSetting = text(isTemplate, {
  allowed:
    "a host name with {service} in it, and {domain} if need be: {service}.{domain}, qa.{service}.{domain}",
  remedy: "write lower-case letters, digits, hyphens and dots around the words in braces",
});

/** `qa.{service}.{domain}` for the service `api` of `example.com` is `qa.api.example.com`. */
export function hostOf(template: string, service: string, domain: string): string {
  return template.replaceAll("{service}", service).replaceAll("{domain}", domain);
}

function isTemplate(value: string): boolean {
  return value.includes("{service}") && isHostName(hostOf(value, "service", "example.com"));
}

/** The same section with a host for every service that visitors reach; nothing changes without a template. */
export function withServiceHosts<Section extends Pick<AppSettings, "services" | "serviceHosts">>(
  section: Section,
  domain: string,
): Section {
  const { serviceHosts, services } = section;
  if (serviceHosts === undefined) return section;
  const named = Object.entries(services).map(([name, service]) => [
    name,
    service.pathPrefix === undefined
      ? service
      : { ...service, host: service.host ?? hostOf(serviceHosts, name, domain) },
  ]);
  return { ...section, services: Object.fromEntries(named) };
}

/** What a template makes of long names may be none. */
export const serviceHostsRule: Rule<ServiceInput> = {
  reads: ["app.services", "app.serviceHosts", "domain"],
  check: ({ settings }) => hostProblems(settings.app),
};

function hostProblems({ serviceHosts, services }: AppSettings): readonly SettingsProblem[] {
  if (serviceHosts === undefined) return [];
  return Object.entries(services).flatMap(([name, { host }]) =>
    host === undefined || isHostName(host)
      ? []
      : [
          {
            path: "app.serviceHosts",
            value: `${formatValue(serviceHosts)}, which makes ${host} of service ${name}`,
            allowed: "a template that makes host names: at most 63 characters between two dots, 253 in all",
            remedy: `shorten the template or the service's name, or set app.services.${name}.host`,
          },
        ],
  );
}
