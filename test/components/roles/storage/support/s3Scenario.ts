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

type Seen = Record<string, unknown>;

const Key = "folder/täst object.txt";

async function play(connection: S3Connection): Promise<Seen> {
  const client = clientOf(connection);
  const { bucket } = connection;
  return {
    ...(await keepVersions(client, bucket)),
    largeIsEqual: await storeLarge(client, bucket),
    ...(await overstep(client, connection)),
    left: await removeEverything(client, bucket),
  };
}

function clientOf({ endpoint, region, accessKeyId, secretAccessKey }: S3Connection): S3Client {
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
}

const refusal = (attempt: Promise<unknown>) =>
  attempt.then(
    () => "accepted",
    (error: Error) => error.name,
  );

/** Writes twice, deletes, and takes the deletion back. */
async function keepVersions(client: S3Client, Bucket: string): Promise<Seen> {
  const put = async (Body: string) =>
    (await client.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
  const get = async (VersionId?: string) =>
    (await client.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString();
  const remove = (VersionId?: string) => client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  const first = await put("one");
  const second = await put("two");
  const seen: Seen = {
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
  return seen;
}

async function storeLarge(client: S3Client, Bucket: string): Promise<boolean> {
  const large = "0123456789abcdef".repeat(512 * 1024);
  await client.send(new PutObjectCommand({ Bucket, Key: "large", Body: large }));
  const body = await client.send(new GetObjectCommand({ Bucket, Key: "large" }));
  return (await body.Body?.transformToString()) === large;
}

/** What an application must not do. */
async function overstep(client: S3Client, connection: S3Connection): Promise<Seen> {
  const { bucket: Bucket } = connection;
  const stranger = clientOf({ ...connection, secretAccessKey: "wrong" });
  return {
    createBucket: await refusal(client.send(new CreateBucketCommand({ Bucket: "mine" }))),
    deleteBucket: await refusal(client.send(new DeleteBucketCommand({ Bucket }))),
    otherBucket: await refusal(client.send(new ListObjectVersionsCommand({ Bucket: "other" }))),
    wrongSecret: await refusal(stranger.send(new GetObjectCommand({ Bucket, Key }))),
  };
}

/** @returns how many versions are left */
async function removeEverything(client: S3Client, Bucket: string): Promise<number> {
  const everything = await client.send(new ListObjectVersionsCommand({ Bucket }));
  for (const { Key: key, VersionId } of everything.Versions ?? [])
    await client.send(new DeleteObjectCommand({ Bucket, Key: key, VersionId }));
  const left = await client.send(new ListObjectVersionsCommand({ Bucket }));
  return (left.Versions?.length ?? 0) + (left.DeleteMarkers?.length ?? 0);
}

play(JSON.parse(readFileSync(0, "utf8"))).then(
  (seen) => process.stdout.write(JSON.stringify(seen)),
  (error: Error) => {
    process.stderr.write(String(error.stack));
    process.exitCode = 1;
  },
);
