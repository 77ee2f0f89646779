import { offersOf, type Role } from "./role";

/**
 * Names of the roles, each after those whose offers it needs; otherwise as they are listed. It is the order in which a
 * platform that was off comes up, and the reverse of the order in which it goes down.
 *
 * @throws with everything that `needProblems` finds
 */
export function startOrder(roles: readonly Role[]): readonly string[] {
  const problems = needProblems(roles);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const order: string[] = [];
  const visit = (name: string): void => {
    if (order.includes(name)) return;
    for (const before of neededRoles(roles, name)) if (before !== name) visit(before);
    order.push(name);
  };
  for (const { name } of roles) visit(name);
  return order;
}

/** What is wrong with what roles need of each other; empty: nothing. */
export function needProblems(roles: readonly Role[]): readonly string[] {
  return [...doubleOffers(roles), ...unmetNeeds(roles), ...cycle(roles)];
}

function doubleOffers(roles: readonly Role[]): readonly string[] {
  const offers = [...new Set(roles.flatMap(offersOf))];
  return offers.flatMap((offer) => {
    const names = roles.filter((role) => offersOf(role).includes(offer)).map(({ name }) => name);
    return names.length < 2 ? [] : [`${offer} is offered by ${names.join(" and ")}: one role can offer it`];
  });
}

function unmetNeeds(roles: readonly Role[]): readonly string[] {
  const offers = new Set(roles.flatMap(offersOf));
  return roles.flatMap(({ name, parts }) =>
    parts.flatMap(({ name: part, needs = [] }) =>
      needs
        .filter(({ offer }) => !offers.has(offer))
        .map(({ offer }) => `${part} of ${name} needs ${offer}, which no role offers`),
    ),
  );
}

/** The first circle, as its path: `a needs b needs a`. */
function cycle(roles: readonly Role[]): readonly string[] {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name].join(" needs ");
    if (done.has(name)) return undefined;
    for (const next of neededRoles(roles, name)) {
      const found = next === name ? undefined : visit(next, [...path, name]);
      if (found !== undefined) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const { name } of roles) {
    const found = visit(name, []);
    if (found !== undefined) return [`${found}: one of them has to start without the other`];
  }
  return [];
}

function neededRoles(roles: readonly Role[], name: string): readonly string[] {
  const needs = roles.find((role) => role.name === name)?.parts.flatMap((part) => part.needs ?? []) ?? [];
  const offers = new Set(needs.map(({ offer }) => offer));
  return roles.filter((role) => offersOf(role).some((offer) => offers.has(offer))).map((role) => role.name);
}
