import { type Mistake, set } from "../changes";

/** Mistakes in images and where they come from. */
export const imageMistakes: readonly Mistake[] = [
  [
    "mirror that is no URL",
    set("images.registryMirror", "mirror:5000"),
    "images.registryMirror",
    /https:\/\//,
  ],
  [
    "mirror with a path",
    set("images.registryMirror", "https://m.example.com/v2"),
    "images.registryMirror",
    /path/,
  ],
  [
    "mirror that a shell would run",
    set("images.registryMirror", "https://$(reboot).example.com"),
    "images.registryMirror",
    /a host/,
  ],
  [
    "mirror with a password",
    set("images.registryMirror", "https://u:p@m.example.com"),
    "images.registryMirror",
    /user/,
  ],
  ["traefik latest", set("images.traefik", "traefik:latest"), "images.traefik", /other than latest/],
];
