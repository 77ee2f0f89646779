import { repositoryOf } from "../../components/machine/images";

/** Images of services by name, as the settings of a stack name them. */
export type ServiceImages = Readonly<Record<string, string>>;

/** A service that is to run what another stack runs. */
export interface Promoted {
  readonly service: string;
  readonly from: string;
  /** With the digest that was tested: `example/shop:1.4.2@sha256:...`. */
  readonly to: string;
}

export interface Promotion {
  readonly changes: readonly Promoted[];
  /** Services that run the same bytes already. */
  readonly same: readonly string[];
  /** Why nothing may be promoted; empty: it may. */
  readonly problems: readonly string[];
}

/** Where a release has been, and where it goes. */
export interface Way {
  readonly tested: string;
  readonly target: string;
}

/**
 * The images that one stack is to run because another has run them, each pinned to the digest that ran: a tag may have
 * moved since.
 *
 * @param running digests that the tested stack runs, by the references of its settings: its output `images`
 * @param only services that are promoted @default all that both stacks have
 */
export function promotion(
  way: Way,
  services: Readonly<{ tested: ServiceImages; target: ServiceImages }>,
  running: Readonly<Record<string, string>>,
  only?: readonly string[],
): Promotion {
  const common = Object.keys(services.target).filter((name) => name in services.tested);
  const wanted = only ?? common;
  const unknown = wanted.filter((name) => !common.includes(name));
  const found = wanted
    .filter((name) => !unknown.includes(name))
    .map((service) => ({ service, ...testedImage(services.tested[service] ?? "", running) }));
  const promoted = found.flatMap(({ service, to }) =>
    to === undefined ? [] : [{ service, from: services.target[service] ?? "", to }],
  );
  return {
    changes: promoted.filter(({ from, to }) => from !== to),
    same: promoted.filter(({ from, to }) => from === to).map(({ service }) => service),
    problems: [
      ...unknown.map((name) => missing(name, way, common)),
      ...found.flatMap(({ service, reference, to }) =>
        to === undefined ? untested(service, reference, way) : [],
      ),
    ],
  };
}

/** `to` is undefined when the stack has not run what its settings name. */
function testedImage(reference: string, running: Readonly<Record<string, string>>) {
  const digest = running[reference]?.split("@")[1];
  const [tagged = ""] = reference.split("@");
  const tag = tagged.slice(repositoryOf(tagged).length);
  return { reference, to: digest === undefined ? undefined : `${repositoryOf(tagged)}${tag}@${digest}` };
}

function missing(name: string, { tested, target }: Way, common: readonly string[]): string {
  return `${name}: ${tested} and ${target} have no such service in common; there are: ${common.join(", ") || "none"}`;
}

function untested(service: string, reference: string, { tested }: Way): string {
  return `app.services.${service}.image: ${tested} has not run ${reference}: pulumi up --stack ${tested}, try it, and promote it then`;
}
