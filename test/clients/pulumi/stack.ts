// Stacks of the real engine with the unmodified provider, against a local cloud of which only the memory exists.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import { execa } from "execa";
import { TOKEN } from "../../../localcloud/test/api/testCloud";
import { hcloudStack } from "../../support/hcloudStack";
import type { Pem } from "./subject";

/** Opens a stack whose state lies in `folder` and whose program is set later. */
export function openStack(folder: string, stackName: string, port: number): Promise<Stack> {
  const endpoint = `http://127.0.0.1:${port}/v1`;
  return hcloudStack({ stackName, projectName: "resources", folder, endpoint, token: TOKEN });
}

/** A certificate of its own authority, made in `folder`. */
export async function selfSigned(folder: string, name: string): Promise<Pem> {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  await execa("openssl", [
    ...["req", "-x509", "-nodes", "-days", "30", ...algorithm, ...subject],
    ...["-keyout", key, "-out", certificate],
  ]);
  return { certificate: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
}
