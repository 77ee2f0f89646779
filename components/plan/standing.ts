import type { Part, Standing } from "./part";
import type { Role } from "./role";

/**
 * The roles as they stand behind one another: where a part of one stands before an offer, the others offer the same
 * under the name that this part asks for. Whoever needed it finds the one in front.
 */
export function behindOneAnother(roles: readonly Role[]): readonly Role[] {
  return roles
    .flatMap((role) =>
      role.parts.flatMap(({ standsBefore }) =>
        standsBefore === undefined ? [] : [{ role: role.name, standsBefore }],
      ),
    )
    .reduce<readonly Role[]>(
      (all, { role, standsBefore }) =>
        all.map((other) =>
          other.name === role ? other : { ...other, parts: behind(other.parts, standsBefore) },
        ),
      roles,
    );
}

function behind(parts: readonly Part[], { offer, behindIt }: Standing): readonly Part[] {
  return parts.map((part) =>
    part.offers?.includes(offer)
      ? { ...part, offers: part.offers.map((one) => (one === offer ? behindIt : one)) }
      : part,
  );
}
