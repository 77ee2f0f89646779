import type { SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";
import { longestEnvironmentLine } from "../../setup/container";
import type { AppSettings, ServiceSettings } from "./settings";
import { platformVariables } from "./variables";

/** Half of what Linux gives the environment and the arguments of one program. */
export const largestEnvironment = 1024 * 1024;

/** The environment of a service: what Docker and Linux can hand to a container, and what the platform does not set itself. */
export const environmentRules: readonly Rule<{ readonly settings: { readonly app: AppSettings } }>[] = [
  { reads: ["app.services"], check: ({ settings }) => perService(settings, lengthProblems) },
  { reads: ["app.services"], check: ({ settings }) => perService(settings, ownNameProblems) },
];

function perService(
  { app }: { readonly app: AppSettings },
  check: (path: string, service: ServiceSettings) => readonly SettingsProblem[],
): readonly SettingsProblem[] {
  return Object.entries(app.services).flatMap(([name, service]) =>
    check(`app.services.${name}.environment`, service),
  );
}

function lengthProblems(path: string, { environment }: ServiceSettings): readonly SettingsProblem[] {
  const lines = Object.entries(environment).map(([key, value]) => ({
    key,
    bytes: Buffer.byteLength(`${key}=${value}`),
  }));
  const remedy = "put it into a file of the image, or into the object store";
  const tooLong = lines
    .filter(({ bytes }) => bytes > longestEnvironmentLine)
    .map(({ key, bytes }) => ({
      path: `${path}.${key}`,
      value: `${bytes} bytes with its name`,
      allowed: `at most ${longestEnvironmentLine} bytes with the name: Docker reads no longer lines`,
      remedy,
    }));
  const sum = lines.reduce((total, { bytes }) => total + bytes + 1, 0);
  if (tooLong.length > 0 || sum <= largestEnvironment) return tooLong;
  return [
    { path, value: `${sum} bytes`, allowed: `at most ${largestEnvironment} bytes for all variables`, remedy },
  ];
}

/** Variables that say which replica a container is and where its stores are; they would win without a word. */
function ownNameProblems(path: string, service: ServiceSettings): readonly SettingsProblem[] {
  const { environment } = service;
  return platformVariables(service)
    .filter((name) => Object.hasOwn(environment, name))
    .map((name) => ({
      path: `${path}.${name}`,
      value: "a value of your own",
      allowed: "a name that the platform does not set itself",
      remedy: name === "PORT" ? "set the service's port instead" : "rename the variable",
    }));
}
