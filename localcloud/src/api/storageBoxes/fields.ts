// Body fields of storage boxes and their sub-resources.
import { z } from "zod";
import { partsOf } from "../../storageBoxes/paths";

const allowed = /^[a-zA-ZÄÖÜäöüß0-9^°!§$%/()=?+#\-.,;:~*@{}_&]*$/u;
const classes: readonly (readonly [RegExp, string])[] = [
  [/[A-ZÄÖÜ]/u, "an upper-case letter"],
  [/[a-zäöüß]/u, "a lower-case letter"],
  [/[0-9]/, "a digit"],
  [/[^a-zA-ZÄÖÜäöüß0-9]/u, "a special character"],
];

/** What is wrong with a password, or null (HC-D5). Whether it appeared in a data breach cannot be known here. */
export function passwordProblem(password: string): string | null {
  const length = [...password].length;
  if (length < 12 || length > 128) return "must have 12 to 128 characters";
  if (!allowed.test(password)) {
    return "must only have letters, digits and the characters ^ ° ! § $ % / ( ) = ? + # - . , ; : ~ * @ { } _ &";
  }
  const missing = classes.filter(([pattern]) => !pattern.test(password)).map(([, what]) => what);
  return missing.length === 0 ? null : `must have ${missing.join(", ")}`;
}

// The value itself must not be in a message.
export const passwordField = z.string().superRefine((password, context) => {
  const message = passwordProblem(password);
  if (message !== null) context.addIssue({ code: "custom", message });
});

/** Home directory of a subaccount (HC-D7). */
export const homeDirectoryField = z
  .string()
  .min(1)
  .max(999)
  .regex(/^[a-zA-Z0-9 ./_-]+$/, { message: "must only have letters, digits, spaces and . / _ -" })
  .refine((path) => !path.startsWith("/"), { message: "must not begin with a slash" })
  .refine((path) => partsOf(path) !== undefined, {
    message: "must not have a part '..' or one over 255 bytes",
  });

export const subaccountNameField = z.string().min(1).max(50);
export const descriptionField = z.string().max(1000);

export const snapshotDescriptionField = descriptionField.regex(/^[a-zA-Z0-9\-_,:<>+#!()[\]{} ]*$/, {
  message: "must only have letters, digits, spaces and the characters - _ , : < > + # ! ( ) [ ] { }",
});

const flag = z.boolean().optional();

const commonAccess = {
  reachable_externally: flag,
  samba_enabled: flag,
  ssh_enabled: flag,
  webdav_enabled: flag,
};
/** Partial: what is left out stays (HC-D4). */
export const boxAccessFields = z.object({ ...commonAccess, zfs_enabled: flag });
export const subaccountAccessFields = z.object({ ...commonAccess, readonly: flag });

/** `settings` with the flags that `changes` names. */
export function withAccess<A extends Readonly<Record<string, boolean>>>(
  settings: A,
  changes: { readonly [K in keyof A]?: boolean | undefined },
): A {
  const named = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  return { ...settings, ...named };
}

export const snapshotPlanFields = z.object({
  max_snapshots: z.int().min(1),
  minute: z.int().min(0).max(59),
  hour: z.int().min(0).max(23),
  day_of_week: z.int().min(1).max(7).nullable().default(null),
  day_of_month: z.int().min(1).max(31).nullable().default(null),
});
