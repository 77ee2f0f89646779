/** Whether Docker Hub's registry answers at all; a closed network costs at most two seconds. */
export async function hubReachable(): Promise<boolean> {
  try {
    // 401 is its normal answer to a question without a token.
    const answer = await fetch("https://registry-1.docker.io/v2/", { signal: AbortSignal.timeout(2000) });
    return answer.status === 401 || answer.status === 200;
  } catch {
    return false;
  }
}
