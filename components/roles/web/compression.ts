import { profileOf, type WebOptions } from "./options";

/** Debian's modules for brotli, which `modules-enabled` loads. */
export const brotliPackages = ["libnginx-mod-http-brotli-filter", "libnginx-mod-http-brotli-static"];

/** Texts from a size on, by what the visitor understands; files with a compressed one beside them are not compressed again. */
export function compression(options: WebOptions): string {
  const { gzipTypes, compressFrom, brotli } = profileOf(options);
  const types = `\n    ${gzipTypes.join("\n    ")}`;
  const gzip = `
  gzip on;
  gzip_static on;
  gzip_vary on;
  gzip_proxied any;
  gzip_comp_level 5;
  gzip_min_length ${compressFrom};
  gzip_types${types};`;
  if (!brotli) return gzip;
  return `${gzip}
  brotli on;
  brotli_static on;
  brotli_comp_level 4;
  brotli_min_length ${compressFrom};
  brotli_types${types};`;
}
