// `reset_password`: the machine room sets root's password in the running guest, as qemu-guest-agent does on
// Hetzner. The client sees the password once; stored and handed on is its hash.
import { type AnyWork, defineWork } from "../../../actions/work";
import { renderAction } from "../../calls/actionRoutes";
import { type Call, created, ownedByPath, type Reply, type Route, ref, startAction } from "../../calls/call";
import { ApiError } from "../../calls/errors";
import { newRootPassword, rootPasswordHash } from "../rootPassword";

interface ResetArgs {
  readonly server: number;
  readonly rootPasswordHash: string;
}

const resetPassword = defineWork<ResetArgs>({
  name: "reset_password",
  command: "reset_password",
  steps: (_store, { server, rootPasswordHash }) => [{ do: "setRootPassword", server, rootPasswordHash }],
});

export const rootPasswordResetWorks: readonly AnyWork[] = [resetPassword];

export const rootPasswordResetRoutes: readonly Route[] = [
  { method: "POST", path: "/servers/:id/actions/reset_password", handle: reset },
];

function reset(call: Call): Reply {
  const server = ownedByPath(call, "server");
  if (server.power === "off") {
    throw new ApiError(
      "unsupported_error",
      `server ${server.name} is off: power it on, or use the rescue system to set its password`,
    );
  }
  const password = newRootPassword();
  const args = { server: server.id, rootPasswordHash: rootPasswordHash(password) };
  const action = startAction(call, resetPassword, args, [ref("server", server.id)]);
  return created({ root_password: password, action: renderAction(action) });
}
