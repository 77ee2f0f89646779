/** Access to the bucket of the second copy. */
export interface OffsiteCredentials {
  readonly accessKeyId: string;
  /** Secret. */
  readonly secretAccessKey: string;
}
