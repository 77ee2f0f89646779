/** What the application may do with its bucket: everything with objects, nothing with the bucket itself. */
const objectActions = [
  "s3:GetObject",
  "s3:PutObject",
  "s3:DeleteObject",
  "s3:GetObjectVersion",
  "s3:DeleteObjectVersion",
  "s3:AbortMultipartUpload",
  "s3:ListMultipartUploadParts",
];
const bucketActions = [
  "s3:ListBucket",
  "s3:ListBucketVersions",
  "s3:ListBucketMultipartUploads",
  "s3:GetBucketLocation",
  "s3:GetBucketVersioning",
];

interface Statement {
  readonly Effect: "Allow";
  readonly Principal?: { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/**
 * Policy in the language of S3. versitygw wants it on the bucket, with the user as principal; MinIO on the
 * user, without one.
 */
export function applicationPolicy(bucket: string, principal: string | undefined): string {
  const statement = (actions: readonly string[], resource: string): Statement => ({
    Effect: "Allow",
    ...(principal === undefined ? {} : { Principal: { AWS: [principal] } }),
    Action: actions,
    Resource: [resource],
  });
  const policy = {
    Version: "2012-10-17",
    Statement: [
      statement(objectActions, `arn:aws:s3:::${bucket}/*`),
      statement(bucketActions, `arn:aws:s3:::${bucket}`),
    ],
  };
  return `${JSON.stringify(policy, null, 2)}\n`;
}
