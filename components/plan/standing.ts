import type { Listener, Part, Standing } from "./part";
import type { Role } from "./role";

/**
 * The roles as they stand behind one another: where a part of one stands before an offer, the others offer the same
 * under the name that this part asks for. Whoever needed it finds the one in front.
 *
 * Those in front of both may reach those behind as before: while a part comes between them or leaves, visitors do not
 * wait until all machines have changed.
 */
export function behindOneAnother(roles: readonly Role[]): readonly Role[] {
  return roles
    .flatMap((role) =>
      role.parts.flatMap(({ standsBefore }) =>
        standsBefore === undefined ? [] : [{ role: role.name, standsBefore }],
      ),
    )
    .reduce<readonly Role[]>((all, { role, standsBefore }) => {
      const front = needersOf(all, standsBefore.offer).filter((name) => name !== role);
      return all.map((other) =>
        other.name === role ? other : { ...other, parts: behind(other.parts, standsBefore, front) },
      );
    }, roles);
}

function behind(
  parts: readonly Part[],
  { offer, behindIt }: Standing,
  front: readonly string[],
): readonly Part[] {
  return parts.map((part) =>
    part.offers?.includes(offer)
      ? {
          ...part,
          offers: part.offers.map((one) => (one === offer ? behindIt : one)),
          ...(part.listens !== undefined && { listens: part.listens.map((one) => alsoFrom(one, front)) }),
        }
      : part,
  );
}

function alsoFrom(listener: Listener, front: readonly string[]): Listener {
  return listener.from.includes("needers") ? { ...listener, from: [...listener.from, ...front] } : listener;
}

function needersOf(roles: readonly Role[], offer: string): readonly string[] {
  return roles
    .filter(({ parts }) => parts.some(({ needs = [] }) => needs.some((need) => need.offer === offer)))
    .map(({ name }) => name);
}
