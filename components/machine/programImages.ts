import type * as pulumi from "@pulumi/pulumi";
import { isReference } from "../setup/container";
import { type InputProblem, plainProblem } from "./inputErrors";

/** Programs that run in containers, by name. */
export type ImagePrograms = Readonly<Record<string, { readonly image: string }>>;

export const imageReferenceRule = "an image reference: example/shop@sha256:...";

/** What is wrong with images that run instead of those that the programs name. @param kind `service` */
export function imageProblems(
  kind: string,
  programs: ImagePrograms,
  images: Readonly<Record<string, pulumi.Input<string>>> = {},
): InputProblem[] {
  const names = Object.keys(programs).join(", ");
  return Object.entries(images).flatMap(([name, image]) =>
    name in programs
      ? plainProblem(`images.${name}`, image, isReference, imageReferenceRule)
      : [{ propertyPath: `images.${name}`, reason: `got an image of no ${kind}, allowed ${names}` }],
  );
}

/** What each program runs: the image that is given for it, or the one that it names. */
export function imagesOf(
  programs: ImagePrograms,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(programs).map(([name, { image }]) => [name, given[name] ?? image]),
  );
}
