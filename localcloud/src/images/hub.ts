import { execa } from "execa";

/**
 * Whether Docker Hub's registry answers at all; a closed network costs at most two seconds. curl, because it
 * goes through the proxy that the environment names, as skopeo will.
 */
export async function hubReachable(): Promise<boolean> {
  const { stdout } = await execa(
    "curl",
    ["--silent", "--max-time", "2", "--output", "/dev/null", "--write-out", "%{http_code}"].concat(
      "https://registry-1.docker.io/v2/",
    ),
    { reject: false },
  );
  // 401 is its normal answer to a question without a token.
  return stdout === "401" || stdout === "200";
}
