import { refuse } from "../contract/errors";
import type { FaultDriver, FaultOf } from "./registry";

/** Refused: machines share the host's kernel, and Linux has one wall clock for all of them. */
export const clockDriver: FaultDriver<FaultOf<"clock-shift">> = {
  targets({ seconds }) {
    throw refuse(
      "fault.seconds",
      seconds,
      "cannot be done: all machines share the host's wall clock (time namespaces shift only the monotonic and the boot clock); install `faketime` in the machine and run the one program under it",
    );
  },
  begin: async () => undefined,
  end: async () => undefined,
};
