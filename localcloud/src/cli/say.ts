import { localCloudSettings } from "../settings/cloud";

export const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

export const settings = () => localCloudSettings();
