// SSH keys. A server keeps the keys it was created with: deleting one changes no machine.
import { createHash } from "node:crypto";
import { z } from "zod";
import {
  type Call,
  created,
  listOwned,
  matchesIdOrName,
  noContent,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  requireUniqueName,
} from "../calls/call";
import { invalidInput, notUnique } from "../calls/errors";
import { labelsField } from "../calls/fields";
import { filterByName, sortByIdName } from "../calls/lists";
import {
  nameField,
  newRow,
  type OwnedOptions,
  readRoutes,
  rename,
  renameSchema,
  updateRoute,
} from "../calls/owned";

const createSchema = z.object({ name: nameField, public_key: z.string(), labels: labelsField.optional() });

const keyType =
  /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

const options: OwnedOptions<"ssh_key"> = {
  kind: "ssh_key",
  path: "/ssh_keys",
  render: (_call, { id, name, fingerprint, publicKey, labels, created: since }) => ({
    id,
    name,
    fingerprint,
    public_key: publicKey,
    labels,
    created: since,
  }),
  list: {
    sort: sortByIdName,
    filters: { ...filterByName, fingerprint: (row, value) => row.fingerprint === value },
  },
  repeatable: true,
};

export const sshKeyRoutes: readonly Route[] = [
  ...readRoutes(options),
  { method: "POST", path: "/ssh_keys", handle: create },
  updateRoute(options, { schema: renameSchema, change: rename }),
  {
    method: "DELETE",
    path: "/ssh_keys/:id",
    handle: (call) => {
      call.store.remove("ssh_key", ownedByPath(call, "ssh_key").id);
      return noContent();
    },
  },
];

function create(call: Call): Reply {
  const body = readBody(call, createSchema);
  const fingerprint = fingerprintOf(body.public_key);
  if (fingerprint === null) throw invalidInput("public_key", "must be a public key in OpenSSH form");
  requireUniqueName(call, "ssh_key", body.name);
  if (listOwned(call, "ssh_key").some((key) => key.fingerprint === fingerprint)) {
    throw notUnique("SSH key with the same fingerprint already exists", "public_key");
  }
  const row = { ...newRow(call, call.store.nextId(), body), fingerprint, publicKey: body.public_key };
  call.store.put("ssh_key", row);
  return created({ ssh_key: options.render(call, row) });
}

/** The key that a field `ssh_keys` names. */
export function publicKeyOf(call: Call, wanted: number | string): string {
  const key = listOwned(call, "ssh_key").find((candidate) => matchesIdOrName(wanted, candidate));
  if (key === undefined) throw invalidInput("ssh_keys", `SSH key '${wanted}' does not exist`);
  return key.publicKey;
}

/** MD5 of the key blob; null when the text is one line of no known key (it ends up in authorized_keys). */
export function fingerprintOf(publicKey: string): string | null {
  const text = publicKey.trim();
  const [type = "", blob = ""] = text.split(" ");
  if (/[\r\n\0]/.test(text) || !keyType.test(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob)) return null;
  const bytes = Buffer.from(blob, "base64");
  if (partsOf(bytes)?.[0]?.toString() !== type) return null;
  const digest = createHash("md5").update(bytes).digest("hex");
  return digest.match(/../g)?.join(":") ?? null;
}

/** A blob is a row of parts, each after its length: its type, then the numbers of the key. */
function partsOf(bytes: Buffer): Buffer[] | null {
  const parts: Buffer[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) return null;
    const end = offset + 4 + bytes.readUInt32BE(offset);
    if (end > bytes.length) return null;
    parts.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  return parts.length > 1 ? parts : null;
}
