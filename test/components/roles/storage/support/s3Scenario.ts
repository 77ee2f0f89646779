import { readFileSync } from "node:fs";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";

/** What an application does with its bucket; prints what it saw as JSON. Reads the connection from stdin. */
export interface S3Connection {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

async function play(connection: S3Connection): Promise<Record<string, unknown>> {
  const { bucket: Bucket, accessKeyId, secretAccessKey, endpoint, region } = connection;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const Key = "folder/täst object.txt";
  const put = async (Body: string) =>
    (await client.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
  const get = async (VersionId?: string) =>
    (await client.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString();
  const remove = (VersionId?: string) => client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  const refusal = (attempt: Promise<unknown>) =>
    attempt.then(
      () => "accepted",
      (error: Error) => error.name,
    );

  const first = await put("one");
  const second = await put("two");
  const seen: Record<string, unknown> = {
    versionsDiffer: first !== undefined && first !== second,
    newest: await get(),
    older: await get(first),
  };
  const marker = await remove();
  seen.deleteMarker = marker.DeleteMarker;
  seen.afterDelete = await refusal(get());
  seen.olderAfterDelete = await get(first);
  const listed = await client.send(new ListObjectVersionsCommand({ Bucket }));
  seen.listed = [listed.Versions?.length, listed.DeleteMarkers?.length];
  await remove(marker.VersionId);
  seen.afterUndelete = await get();

  const large = "0123456789abcdef".repeat(512 * 1024);
  await client.send(new PutObjectCommand({ Bucket, Key: "large", Body: large }));
  const body = await client.send(new GetObjectCommand({ Bucket, Key: "large" }));
  seen.largeIsEqual = (await body.Body?.transformToString()) === large;

  seen.createBucket = await refusal(client.send(new CreateBucketCommand({ Bucket: "mine" })));
  seen.deleteBucket = await refusal(client.send(new DeleteBucketCommand({ Bucket })));
  seen.otherBucket = await refusal(client.send(new ListObjectVersionsCommand({ Bucket: "other" })));
  const stranger = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey: "wrong" },
  });
  seen.wrongSecret = await refusal(stranger.send(new GetObjectCommand({ Bucket, Key })));

  const everything = await client.send(new ListObjectVersionsCommand({ Bucket }));
  for (const { Key: key, VersionId } of everything.Versions ?? [])
    await client.send(new DeleteObjectCommand({ Bucket, Key: key, VersionId }));
  const left = await client.send(new ListObjectVersionsCommand({ Bucket }));
  seen.left = (left.Versions?.length ?? 0) + (left.DeleteMarkers?.length ?? 0);
  return seen;
}

play(JSON.parse(readFileSync(0, "utf8"))).then(
  (seen) => process.stdout.write(JSON.stringify(seen)),
  (error: Error) => {
    process.stderr.write(String(error.stack));
    process.exitCode = 1;
  },
);
